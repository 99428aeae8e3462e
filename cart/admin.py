"""The merchant's tariffs and codes; carts and offers to look at."""

from django.contrib import admin

from cart.models import Cart, CartLine, Coupon, Offer, ShippingMethod, TaxRate
from shared.backoffice.base import (
    BackofficeModelAdmin,
    ReadOnlyModelAdmin,
    ReadOnlyTabularInline,
)


@admin.register(Coupon)
class CouponAdmin(BackofficeModelAdmin):
    list_display = ("code", "kind", "value", "minimum", "used", "max_uses", "ends_at", "active")
    list_filter = ("kind", "active")
    search_fields = ("code",)
    readonly_fields = ("used",)
    ordering = ("code",)
    fieldsets = (
        (
            None,
            {
                "fields": ("code", "kind", "value", "minimum", "active"),
                "description": "Free shipping covers the cheapest way to send within the shop's"
                " own country; Express and the like cost the difference. It needs no value.",
            },
        ),
        ("When, and how often", {"fields": ("starts_at", "ends_at", "max_uses", "used")}),
    )


@admin.register(ShippingMethod)
class ShippingMethodAdmin(BackofficeModelAdmin):
    list_display = ("title", "code", "countries", "price", "free_over", "active")
    ordering = ("position", "code")


@admin.register(TaxRate)
class TaxRateAdmin(BackofficeModelAdmin):
    list_display = ("country", "tax_class", "rate")
    list_filter = ("country",)
    ordering = ("country", "tax_class")


@admin.register(Offer)
class OfferAdmin(ReadOnlyModelAdmin):
    list_display = ("sku", "title", "options", "price", "available", "tracked", "active")
    list_filter = ("active",)
    search_fields = ("sku", "title")
    ordering = ("sku",)


class CartLineInline(ReadOnlyTabularInline):
    model = CartLine
    fields = ("sku", "quantity", "price_seen", "added_at")
    ordering = ("added_at",)


@admin.register(Cart)
class CartAdmin(ReadOnlyModelAdmin):
    list_display = ("id", "status", "customer_id", "order_id", "updated_at")
    list_filter = ("status",)
    search_fields = ("id", "customer_id", "order_id")
    ordering = ("-updated_at",)
    inlines = [CartLineInline]

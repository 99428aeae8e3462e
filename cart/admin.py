"""The merchant's tariffs and codes; carts and offers to look at."""

from typing import Any

from django import forms
from django.contrib import admin
from unfold.widgets import UnfoldAdminSelect2MultipleWidget, UnfoldAdminSelect2Widget

from cart.models import EVERYWHERE, Cart, CartLine, Coupon, Offer, ShippingMethod, TaxRate
from shared.addresses import country_codes
from shared.backoffice.base import BackofficeModelAdmin, ReadOnlyModelAdmin, ReadOnlyTabularInline
from shared.storefront.forms import country_choices


def _countries() -> list[tuple[str, str]]:
    return country_choices(country_codes())


def _destinations() -> list[tuple[str, str]]:
    return [(EVERYWHERE, "Everywhere"), *_countries()]


class CountryField(forms.ChoiceField):
    """A country by its name; its code may come in letters of any size."""

    widget = UnfoldAdminSelect2Widget

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=lambda: [("", "—"), *_countries()], **options)

    def prepare_value(self, value: Any) -> str:
        return str(value or "").upper()

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).upper()


class DestinationsField(forms.MultipleChoiceField):
    """The same of several countries, or of everywhere; shown in the order of the choices."""

    widget = UnfoldAdminSelect2MultipleWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=_destinations, **options)

    def prepare_value(self, value: Any) -> list[str]:
        chosen = {str(code).upper() for code in value or ()}
        return [code for code, _ in _destinations() if code in chosen]

    def to_python(self, value: Any) -> list[str]:
        return [code.upper() for code in super().to_python(value)]


class ShippingMethodForm(forms.ModelForm):  # type: ignore[type-arg]
    countries = DestinationsField()

    class Meta:
        model = ShippingMethod
        fields = (
            *("code", "title", "note", "countries", "price", "free_over"),
            *("position", "active"),
        )


class TaxRateForm(forms.ModelForm):  # type: ignore[type-arg]
    country = CountryField()

    class Meta:
        model = TaxRate
        fields = ("country", "tax_class", "rate")


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
    form = ShippingMethodForm
    list_display = ("title", "code", "countries", "price", "free_over", "active")
    ordering = ("position", "code")


@admin.register(TaxRate)
class TaxRateAdmin(BackofficeModelAdmin):
    form = TaxRateForm
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
    readonly_fields = ("sku",)
    ordering = ("added_at",)


@admin.register(Cart)
class CartAdmin(ReadOnlyModelAdmin):
    list_display = ("id", "status", "customer_id", "order_id", "updated_at")
    list_filter = ("status",)
    search_fields = ("id", "customer_id", "order_id")
    ordering = ("-updated_at",)
    inlines = [CartLineInline]

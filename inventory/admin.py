"""The merchant's view of stock. Units change by the adjust form only, so the ledger stays whole."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from inventory import operations
from inventory.models import Reservation, ReservationLine, StockItem, StockMovement
from shared.backoffice.base import BackofficeModelAdmin, ReadOnlyModelAdmin, ReadOnlyTabularInline
from shared.backoffice.work import Work
from shared.errors import DomainError
from shared.storefront.numbers import PlainIntegerField

COUNTED = Q(tracked=True, counted=True)


class StockItemForm(forms.ModelForm):  # type: ignore[type-arg]
    adjust_by = PlainIntegerField(
        required=False, help_text="Units found (5) or lost (-2); written to the ledger."
    )
    reason = forms.CharField(required=False, max_length=200)

    class Meta:
        model = StockItem
        fields = ("low_threshold",)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("adjust_by") and not data.get("reason"):
            self.add_error("reason", "Say why the number of units changes.")
        return data


class MovementInline(ReadOnlyTabularInline):
    model = StockMovement
    fields = ("created_at", "kind", "delta", "reason", "order_id", "actor")
    ordering = ("-created_at",)


@admin.register(StockItem)
class StockItemAdmin(BackofficeModelAdmin):
    form = StockItemForm
    work = (
        Work("low", "Running low", COUNTED & Q(on_hand__lte=F("reserved") + F("low_threshold"))),
        Work("uncounted", "Never counted", Q(tracked=True, counted=False)),
    )
    list_display = (
        *("sku", "title", "on_hand", "reserved", "available_units", "low_threshold"),
        *("tracked", "counted"),
    )
    list_filter = ("tracked", "counted")
    search_fields = ("sku", "title")
    ordering = ("sku",)
    readonly_fields = ("sku", "title", "on_hand", "reserved", "tracked", "counted")
    fields = (
        *("sku", "title", "tracked", "counted", "on_hand", "reserved"),
        *("low_threshold", "adjust_by", "reason"),
    )
    inlines = [MovementInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockItem]:
        items: QuerySet[StockItem] = super().get_queryset(request)
        return items.annotate(free=F("on_hand") - F("reserved"))

    @admin.display(description="available", ordering="free")
    def available_units(self, item: StockItem) -> int:
        return item.available

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: StockItem, form: StockItemForm, change: bool
    ) -> None:
        StockItem.objects.filter(pk=obj.pk).update(low_threshold=obj.low_threshold)
        if form.cleaned_data.get("adjust_by"):
            self._adjust(request, obj, form)

    def _adjust(self, request: HttpRequest, item: StockItem, form: StockItemForm) -> None:
        try:
            operations.adjust_stock(
                sku=item.sku,
                delta=form.cleaned_data["adjust_by"],
                reason=form.cleaned_data["reason"],
                actor=request.user.email,  # type: ignore[union-attr]
                now=timezone.now(),
            )
        except DomainError as error:
            messages.error(request, error.detail)


class ReservationLineInline(ReadOnlyTabularInline):
    model = ReservationLine
    fields = ("sku", "quantity", "took")


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyModelAdmin):
    list_display = ("order_id", "status", "expires_at", "created_at")
    list_filter = ("status",)
    search_fields = ("order_id",)
    ordering = ("-created_at",)
    inlines = [ReservationLineInline]

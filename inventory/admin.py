"""The merchant's view of stock. Units change by the adjust form only, so the ledger stays whole."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from inventory import operations
from inventory.models import Reservation, ReservationLine, StockItem, StockMovement
from shared.backoffice.base import (
    BackofficeModelAdmin,
    ChangeOnly,
    ReadOnlyModelAdmin,
    ReadOnlyTabularInline,
)
from shared.backoffice.work import Work
from shared.errors import DomainError, IdempotencyKeyReused
from shared.storefront.numbers import PlainIntegerField

COUNTED = Q(tracked=True, counted=True)


class StockItemForm(forms.ModelForm):  # type: ignore[type-arg]
    """`movement` makes a second click the same adjustment."""

    adjust_by = PlainIntegerField(
        required=False,
        min_value=-operations.MAX_UNITS,
        max_value=operations.MAX_UNITS,
        help_text="Units found (5) or lost (-2); written to the ledger.",
    )
    reason = forms.CharField(required=False, max_length=200)
    movement = forms.UUIDField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = StockItem
        fields = ("low_threshold",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["movement"] = self.data.get("movement") or str(uuid4())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("adjust_by") and not data.get("reason"):
            self.add_error("reason", "Say why the number of units changes.")
        elif data.get("adjust_by"):
            self._check(data)
        return data

    def _check(self, data: dict[str, Any]) -> None:
        """The row is locked from here to the save."""
        try:
            operations.check_adjustment(
                item=self.instance,
                delta=data["adjust_by"],
                reason=data["reason"],
                movement_id=data.get("movement") or uuid4(),
            )
        except IdempotencyKeyReused:
            self.add_error("adjust_by", "This page has changed the stock already: open it anew.")
        except DomainError as error:
            self.add_error("adjust_by", error.detail)


class MovementInline(ReadOnlyTabularInline):
    model = StockMovement
    fields = ("created_at", "kind", "delta", "reason", "order_id", "actor")
    ordering = ("-created_at",)


@admin.register(StockItem)
class StockItemAdmin(ChangeOnly, BackofficeModelAdmin):
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
    change_form_after_template = "inventory/admin/adjustment.html"
    inlines = [MovementInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockItem]:
        items: QuerySet[StockItem] = super().get_queryset(request)
        return items.annotate(free=F("on_hand") - F("reserved"))

    @admin.display(description="available", ordering="free")
    def available_units(self, item: StockItem) -> int:
        return item.available

    def save_model(
        self, request: HttpRequest, obj: StockItem, form: StockItemForm, change: bool
    ) -> None:
        StockItem.objects.filter(pk=obj.pk).update(low_threshold=obj.low_threshold)
        if form.cleaned_data.get("adjust_by"):
            operations.adjust_stock(
                sku=obj.sku,
                delta=form.cleaned_data["adjust_by"],
                reason=form.cleaned_data["reason"],
                actor=request.user.email,  # type: ignore[union-attr]
                movement_id=form.cleaned_data["movement"],
                now=timezone.now(),
            )


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

"""The merchant's view of orders. An order changes by its steps only, each a button with a form."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display

from orders import operations, queries
from orders.forms import ConfirmForm, RefundForm, ShipForm, TakeBackForm
from orders.models import (
    Discrepancy,
    Dispute,
    Order,
    OrderLine,
    OrderTransition,
    Refund,
    Return,
    Status,
)
from shared.addresses import address_lines, as_address
from shared.api.idempotency import name_effect
from shared.backoffice.base import ReadOnlyModelAdmin, ReadOnlyTabularInline
from shared.backoffice.words import Named, spoken
from shared.backoffice.work import Work
from shared.errors import DomainError

DISPUTED = Q(dispute__in=[Dispute.OPEN, Dispute.LOST])
ANNOUNCED = Return.objects.filter(order=OuterRef("pk"), received_at=None)
COLOURS = {
    Status.PLACED: "info",
    Status.AWAITING_PAYMENT: "warning",
    Status.PAID: "success",
    Status.SHIPPED: "success",
    Status.DELIVERED: "success",
    Status.CANCELLED: "danger",
    Status.REFUNDED: "danger",
}


def _label_of(address: Mapping[str, Any] | None) -> str:
    """The lines of a label and the phone number. Empty where there is no address any more."""
    if not address:
        return ""
    parts = as_address(address)
    return "\n".join(line for line in (*address_lines(parts), parts.phone) if line)


def _goods_of(row: Return) -> list[str]:
    return [f"{line['quantity']} x {line['sku']}" for line in row.lines]


# What a step's page says before the step is made, and what its form takes along of it.
Shown = tuple[Sequence[tuple[str, str]], dict[str, Any]]


def _show_nothing(order: Order) -> Shown:
    return (), {}


def _show_money(order: Order) -> Shown:
    left = operations.left_to_refund(order)
    amounts = (
        ("Paid", order.paid),
        ("Gone back", order.refunded),
        ("Taken back by the bank", order.charged_back),
        ("Left to refund", left),
    )
    return [(name, str(order.money(amount))) for name, amount in amounts], {"left": left}


def _show_returns(order: Order) -> Shown:
    waiting = order.returns.filter(received_at=None).order_by("requested_at", "pk")
    facts = [("Return", ", ".join(_goods_of(row))) for row in waiting]
    return facts, {"returns": " ".join(str(row.pk) for row in waiting)}


def _refund(*, order_id: UUID, key: str, **wish: Any) -> None:
    operations.refund_order(
        order_id=order_id, refund_id=name_effect(order_id, "refund", key), **wish
    )


def _take_back(*, order_id: UUID, returns: list[UUID], actor: str, now: datetime) -> None:
    for waiting in Return.objects.filter(order=order_id, pk__in=returns, received_at=None):
        operations.receive_return(return_id=waiting.pk, now=now)


class LineInline(ReadOnlyTabularInline):
    model = OrderLine
    fields = ("sku", "title", "options", "quantity", "unit_price", "total")
    ordering = ("position",)


class TransitionInline(ReadOnlyTabularInline):
    model = OrderTransition
    fields = ("at", "status", "who", spoken("note"))
    readonly_fields = fields
    ordering = ("at", "pk")
    verbose_name_plural = "what happened"

    def who(self, step: OrderTransition) -> str:
        return queries.name_actor(step)


class RefundInline(ReadOnlyTabularInline):
    model = Refund
    fields = ("requested_at", "amount", spoken("reason"), "refunded_at", "failed_at")
    readonly_fields = fields
    ordering = ("requested_at",)


class ReturnInline(ReadOnlyTabularInline):
    model = Return
    fields = ("requested_at", "goods", "reason", "received_at")
    readonly_fields = fields
    ordering = ("requested_at",)

    @admin.display(description="goods")
    def goods(self, row: Return) -> str:
        return "\n".join(_goods_of(row))


@admin.register(Order)
class OrderAdmin(ReadOnlyModelAdmin):
    list_display = ("number", "shown_status", "email", "total", "currency", "placed_at")
    list_filter = ("status", "dispute", "shipping_method", "placed_at")
    search_fields = ("number", "email", "tracking_number", "id")
    ordering = ("-placed_at",)
    inlines = [LineInline, TransitionInline, RefundInline, ReturnInline]
    work = (
        Work("to_ship", "Orders to ship", Q(status=Status.PAID) & ~DISPUTED),
        Work("held", "Paid and disputed", Q(status=Status.PAID) & DISPUTED, urgent=True),
        Work("announced", "Returns on their way", Q(Exists(ANNOUNCED))),
    )
    readonly_fields = (*("hold", "ship_to", "bill_to", "delivery"), spoken("cancel_reason"))
    fieldsets = (
        (None, {"fields": (("number", "status"), "hold", readonly_fields[-1])}),
        ("Delivery", {"fields": ("ship_to", "delivery", ("carrier", "tracking_number"))}),
        ("Customer", {"fields": (("email", "language"), "customer_id", "bill_to")}),
        (
            "Money",
            {
                "fields": (
                    *(("subtotal", "discount", "coupon"), ("shipping", "tax", "total")),
                    *(("paid", "refunded", "charged_back"), "currency"),
                )
            },
        ),
        ("Times", {"fields": (("placed_at", "expires_at"),)}),
    )
    actions_detail = ["ship", "deliver", "refund", "cancel", "take_back"]

    @display(description="status", label=COLOURS, ordering="status")
    def shown_status(self, order: Order) -> Named:
        return Named(order.status, order.get_status_display())

    @admin.display(description="ship to")
    def ship_to(self, order: Order) -> str:
        return _label_of(order.shipping_address)

    @admin.display(description="bill to")
    def bill_to(self, order: Order) -> str:
        return _label_of(order.billing_address) or "The same address"

    @admin.display(description="delivery")
    def delivery(self, order: Order) -> str:
        return order.shipping_title

    @admin.display(description="held back because")
    def hold(self, order: Order) -> str:
        if order.status == Status.PAID:
            return operations.hold_of(order)
        return f"Dispute: {order.get_dispute_display()}" if order.dispute else ""

    def possible_steps(self, request: HttpRequest, row: Order) -> list[str]:
        if not request.user.has_perm("orders.change_order"):
            return []
        possible = {
            "ship": row.may_transition_to(Status.SHIPPED) and not operations.hold_of(row),
            "deliver": row.may_transition_to(Status.DELIVERED),
            "refund": operations.left_to_refund(row) > 0 and row.dispute != Dispute.OPEN,
            "cancel": row.may_be_cancelled,
            "take_back": row.returns.filter(received_at=None).exists(),
        }
        return [step for step, is_possible in possible.items() if is_possible]

    @action(description="Ship", url_path="ship", icon="local_shipping")
    def ship(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        return self._step(request, object_id, "Ship", ShipForm, operations.ship_order)

    @action(description="Delivered", url_path="deliver", icon="check")
    def deliver(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        perform = operations.deliver_order
        return self._step(request, object_id, "Mark as delivered", ConfirmForm, perform)

    @action(description="Refund", url_path="refund", icon="undo")
    def refund(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        return self._step(request, object_id, "Refund", RefundForm, _refund, _show_money)

    @action(description="Cancel", url_path="cancel", icon="cancel")
    def cancel(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        cancel = partial(operations.cancel_order, reason="merchant")
        title = "Cancel the order"
        return self._step(request, object_id, title, ConfirmForm, cancel, _show_money)

    @action(description="Goods are back", url_path="take-back", icon="assignment_return")
    def take_back(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        title = "Take returns back"
        return self._step(request, object_id, title, TakeBackForm, _take_back, _show_returns)

    def _step(
        self,
        request: HttpRequest,
        order_id: UUID,
        title: str,
        form_class: type[forms.Form],
        perform: Callable[..., Any],
        show: Callable[[Order], Shown] = _show_nothing,
    ) -> HttpResponse:
        """Shows the step's form and what it rests on; performs the step when it is sent."""
        if not request.user.has_perm("orders.change_order"):
            raise PermissionDenied
        order = get_object_or_404(Order, pk=order_id)
        facts, initial = show(order)
        form = form_class(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            who = {"order_id": order.pk, "actor": request.user.get_username()}
            try:
                perform(**who, now=timezone.now(), **form.cleaned_data)
            except DomainError as error:
                messages.error(request, error.detail)
            else:
                messages.success(request, f"{title}: done.")
            return HttpResponseRedirect(reverse("admin:orders_order_change", args=[order_id]))
        context = {**self.admin_site.each_context(request), "title": f"{title}: {order.number}"}
        step = {"form": form, "order": order, "facts": facts}
        return render(request, "orders/admin/step.html", {**context, **step})


OUTCOME_COLOURS = {
    Discrepancy.Outcome.OPEN: "danger",
    Discrepancy.Outcome.REPAIRED: "success",
    Discrepancy.Outcome.GONE: "info",
}


@admin.register(Discrepancy)
class DiscrepancyAdmin(ReadOnlyModelAdmin):
    work = (
        Work("open", "Differences between services", Q(outcome=Discrepancy.Outcome.OPEN), True),
    )
    list_display = (
        *("order", spoken("kind"), "details", "shown_outcome"),
        *("first_seen", "last_seen", "times", "auto_repairs"),
    )
    list_filter = ("outcome", "kind", "first_seen")
    search_fields = ("number", "order_id")
    ordering = ("-last_seen",)
    actions = ["look_again"]

    @display(description="order", ordering="number")
    def order(self, row: Discrepancy) -> str:
        return row.number or str(row.order_id)

    @display(description="outcome", label=OUTCOME_COLOURS, ordering="outcome")
    def shown_outcome(self, row: Discrepancy) -> Named:
        return Named(row.outcome, row.get_outcome_display())

    def has_look_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.change_order")

    @admin.action(description="Look again", permissions=["look"])
    def look_again(self, request: HttpRequest, queryset: QuerySet[Discrepancy]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        operations.look_again(discrepancy_ids=ids, now=timezone.now())
        messages.success(request, "Payments and inventory were asked; the answer takes a moment.")

"""Payments and refunds to look at, and the two steps that staff may take. Whether money goes back
is the decision of orders; dj-stripe's store of webhooks is read-only too."""

from uuid import UUID

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from djstripe.models import WebhookEventTrigger
from unfold.decorators import action, display

from payments import operations
from payments.models import (
    BankDispute,
    Dispute,
    Payment,
    PaymentEvent,
    ProviderEvent,
    Refund,
    RefundStatus,
    Status,
)
from shared.backoffice.base import ReadOnlyModelAdmin, ReadOnlyTabularInline
from shared.backoffice.elsewhere import ORDERS
from shared.backoffice.steps import ask_first
from shared.backoffice.words import Named, spoken
from shared.backoffice.work import Work
from shared.errors import DomainError

COLOURS = {
    Status.PENDING: "info",
    Status.REQUIRES_PAYMENT: "warning",
    Status.REQUIRES_ACTION: "warning",
    Status.PROCESSING: "info",
    Status.SUCCEEDED: "success",
    Status.CANCELLED: "danger",
}
# What a bank holds or took cannot be sent; orders asks anew for what it leaves.
RETRYABLE = Q(status=RefundStatus.FAILED, foreign=False) & ~Q(
    payment__dispute__in=[Dispute.OPEN, Dispute.LOST]
)
REFUND_COLOURS = {
    RefundStatus.PENDING: "info",
    RefundStatus.SUCCEEDED: "success",
    RefundStatus.FAILED: "danger",
}


class EventInline(ReadOnlyTabularInline):
    model = PaymentEvent
    fields = ("at", spoken("what"), spoken("source"), "detail")
    readonly_fields = fields
    ordering = ("at", "pk")
    verbose_name_plural = "what happened"


class RefundInline(ReadOnlyTabularInline):
    model = Refund
    fields = (
        *("requested_at", "amount", spoken("reason")),
        *("foreign", "status", "error", "settled_at"),
    )
    readonly_fields = fields
    ordering = ("requested_at",)
    show_change_link = True
    hide_title = False  # the link stands in it


class DisputeInline(ReadOnlyTabularInline):
    model = BankDispute
    fields = ("id", "amount", "status")
    readonly_fields = fields
    ordering = ("id",)
    verbose_name_plural = "disputes"


def _may_change(request: HttpRequest) -> bool:
    return request.user.has_perm("payments.change_payment")


def _demand_permission(request: HttpRequest) -> None:
    if not _may_change(request):
        raise PermissionDenied


@admin.register(Payment)
class PaymentAdmin(ReadOnlyModelAdmin):
    list_display = ("number", "shown_status", "email", "amount", "refunded_amount", "created_at")
    list_filter = ("status", "dispute", "currency", "created_at")
    search_fields = ("number", "email", "order_id", "provider_intent_id")
    ordering = ("-created_at",)
    exclude = ("client_secret",)
    readonly_fields = ("order",)
    inlines = [EventInline, RefundInline, DisputeInline]
    work = (Work("disputed", "Disputes to answer", Q(dispute=Dispute.OPEN), urgent=True),)
    actions_detail = ["sync"]

    def possible_steps(self, request: HttpRequest, row: Payment) -> list[str]:
        """A payment that is settled is as the provider said last."""
        return ["sync"] if row.is_open and _may_change(request) else []

    @display(description="status", label=COLOURS, ordering="status")
    def shown_status(self, payment: Payment) -> Named:
        return Named(payment.status, payment.get_status_display())

    @display(description="order (refunds are decided there)")
    def order(self, payment: Payment) -> str:
        return format_html(
            '<a href="{}{}/change/">{}</a>', ORDERS, payment.order_id, payment.number
        )

    @action(description="Ask the provider", url_path="sync", icon="sync")
    def sync(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        _demand_permission(request)
        question = "Ask the provider how this payment stands, and take that over?"
        back = reverse("admin:payments_payment_change", args=[object_id])
        return ask_first(request, question, back, lambda: self._sync(request, object_id))

    def _sync(self, request: HttpRequest, payment_id: UUID) -> None:
        payment = get_object_or_404(Payment, pk=payment_id)
        try:
            payment = operations.advance_payment(order_id=payment.order_id, now=timezone.now())
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, f"The provider says: {payment.get_status_display()}.")


@admin.register(Refund)
class RefundAdmin(ReadOnlyModelAdmin):
    list_display = (
        *("number", "amount", spoken("reason")),
        *("shown_status", "requested_at", "settled_at"),
    )
    list_filter = ("status", "requested_at")
    search_fields = ("payment__number", "id", "provider_refund_id")
    ordering = ("-requested_at",)
    list_select_related = ("payment",)
    work = (Work("failed", "Refunds that failed", RETRYABLE, urgent=True),)
    actions_detail = ["send_again"]

    def possible_steps(self, request: HttpRequest, row: Refund) -> list[str]:
        may_be_sent = Refund.objects.filter(RETRYABLE, pk=row.pk).exists()
        return ["send_again"] if may_be_sent and _may_change(request) else []

    @display(description="order", ordering=F("payment__number"))
    def number(self, refund: Refund) -> str:
        return refund.payment.number

    @display(description="status", label=REFUND_COLOURS, ordering="status")
    def shown_status(self, refund: Refund) -> Named:
        return Named(refund.status, refund.get_status_display())

    @action(description="Send again", url_path="send-again", icon="replay")
    def send_again(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        _demand_permission(request)
        question = "Ask the provider once more to send this money, or what is left of it, back?"
        back = reverse("admin:payments_refund_change", args=[object_id])
        refund = get_object_or_404(Refund, pk=object_id)
        seen = f"{refund.get_status_display().lower()} (attempt {refund.attempt})"
        return ask_first(
            request, question, back, lambda: self._send_again(request, object_id), seen
        )

    def _send_again(self, request: HttpRequest, refund_id: UUID) -> None:
        try:
            operations.retry_refund(
                refund_id=refund_id,
                actor=request.user.email,  # type: ignore[union-attr]
                now=timezone.now(),
            )
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, "The refund sets out again.")


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyModelAdmin):
    list_display = ("id", "type", "received_at", "handled_at")
    list_filter = ("type", "received_at")
    search_fields = ("id",)
    ordering = ("-received_at",)


# dj-stripe's own admin changes things at the provider past our rules.
for model in apps.get_app_config("djstripe").get_models():
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(WebhookEventTrigger)
class WebhookAdmin(ReadOnlyModelAdmin):
    list_display = ("id", "created", "valid", "exception")
    list_filter = ("valid", "created")
    ordering = ("-created",)
    fields = ("created", "body", "valid", "exception", "traceback")

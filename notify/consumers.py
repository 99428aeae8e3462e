"""Facts that people are told about."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from notify import operations
from notify.rules import CANCEL_REASONS, describe_lines, describe_totals
from shared.contracts.base import Event
from shared.contracts.inventory import StockLow
from shared.contracts.orders import (
    OrderAwaitingPayment,
    OrderCancelled,
    OrderClaimed,
    OrderDelivered,
    OrderForgotten,
    OrderLinkRequested,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderRefundFailed,
    OrderShipped,
)
from shared.contracts.payments import PaymentFailed, RefundFailed
from shared.contracts.users import (
    DataExportRequested,
    MailRequested,
    UserChanged,
    UserDeleted,
    UserRegistered,
)
from shared.events.consuming import consumes
from shared.storefront.templatetags.storefront import when


def _when(event: Event) -> dict[str, Any]:
    return {"event_id": event.id, "version": event.aggregate_version, "now": timezone.now()}


@consumes(OrderPlaced)
def on_order_placed(fact: OrderPlaced, event: Event) -> None:
    operations.notify_order_step(
        order=fact,
        status="placed",
        topic="order_received",
        total=fact.totals.total.amount,
        context={"lines": describe_lines(fact.lines), "totals": describe_totals(fact.totals)},
        **_when(event),
    )


@consumes(OrderAwaitingPayment)
def on_order_awaiting_payment(fact: OrderAwaitingPayment, event: Event) -> None:
    expires_at = when(fact.expires_at)
    operations.notify_order_step(
        order=fact,
        status="awaiting_payment",
        topic="payment_due",
        useful_until=fact.expires_at,
        context={"amount": str(fact.amount), "expires_at": expires_at},
        **_when(event),
    )


@consumes(OrderPaid)
def on_order_paid(fact: OrderPaid, event: Event) -> None:
    operations.notify_order_step(
        order=fact,
        status="paid",
        topic="order_confirmed",
        total=fact.totals.total.amount,
        context={"lines": describe_lines(fact.lines), "totals": describe_totals(fact.totals)},
        **_when(event),
    )


@consumes(OrderCancelled)
def on_order_cancelled(fact: OrderCancelled, event: Event) -> None:
    operations.notify_order_step(
        order=fact,
        status="cancelled",
        topic="order_cancelled",
        context={
            "reason": CANCEL_REASONS.get(fact.reason, ""),
            "was_paid": fact.was_paid,
            "dispute": fact.dispute,
        },
        **_when(event),
    )


@consumes(OrderClaimed)
def on_order_claimed(fact: OrderClaimed, event: Event) -> None:
    operations.take_claim(order=fact, version=event.aggregate_version)


@consumes(OrderShipped)
def on_order_shipped(fact: OrderShipped, event: Event) -> None:
    operations.notify_order_step(
        order=fact,
        status="shipped",
        topic="order_shipped",
        context={"carrier": fact.carrier, "tracking_number": fact.tracking_number},
        **_when(event),
    )


@consumes(OrderDelivered)
def on_order_delivered(fact: OrderDelivered, event: Event) -> None:
    review = f"{settings.PUBLIC_URL}/reviews/new/?product="
    operations.notify_order_step(
        order=fact,
        status="delivered",
        topic="order_delivered",
        context={"review_urls": [f"{review}{product_id}" for product_id in fact.product_ids]},
        **_when(event),
    )


@consumes(OrderRefunded)
def on_order_refunded(fact: OrderRefunded, event: Event) -> None:
    operations.notify_refund(
        order=fact,
        amount=fact.amount.amount,
        paid=fact.paid.amount if fact.paid else None,
        context={"amount": str(fact.amount)},
        **_when(event),
    )


@consumes(OrderRefundFailed)
def on_order_refund_failed(fact: OrderRefundFailed, event: Event) -> None:
    operations.notify_order_step(
        order=fact,
        status=fact.status,
        topic="order_refund_failed",
        context={"amount": str(fact.failed)},
        **_when(event),
    )


@consumes(OrderLinkRequested)
def on_order_link_requested(fact: OrderLinkRequested, event: Event) -> None:
    operations.mail_order_link(order=fact, event_id=event.id, now=timezone.now())


@consumes(PaymentFailed)
def on_payment_failed(fact: PaymentFailed, event: Event) -> None:
    operations.notify_payment_failed(
        order_id=fact.order_id, message=fact.message, event_id=event.id, now=timezone.now()
    )


@consumes(RefundFailed)
def on_refund_failed(fact: RefundFailed, event: Event) -> None:
    operations.notify_staff_about_failed_refund(
        event_id=event.id,
        order_id=fact.order_id,
        amount=str(fact.amount),
        message=fact.message,
        now=timezone.now(),
    )


@consumes(UserRegistered)
def on_user_registered(fact: UserRegistered, event: Event) -> None:
    operations.welcome_person(
        user_id=fact.user_id,
        email=fact.email,
        name=fact.display_name,
        language=fact.language,
        **_when(event),
    )


@consumes(UserChanged)
def on_user_changed(fact: UserChanged, event: Event) -> None:
    operations.remember_person(
        user_id=fact.user_id,
        email=fact.email,
        name=fact.display_name,
        language=fact.language,
        version=event.aggregate_version,
    )


@consumes(UserDeleted)
def on_user_deleted(fact: UserDeleted, event: Event) -> None:
    operations.forget_person(user_id=fact.user_id, emails=fact.addresses, now=timezone.now())


@consumes(OrderForgotten)
def on_order_forgotten(fact: OrderForgotten, event: Event) -> None:
    operations.forget_order(order_id=fact.order_id, version=event.aggregate_version)


@consumes(MailRequested)
def on_mail_requested(fact: MailRequested, event: Event) -> None:
    operations.send_account_mail(
        event_id=event.id,
        recipient=fact.recipient,
        subject=fact.subject,
        text=fact.body_text,
        html=fact.body_html,
        user_id=fact.user_id,
        now=timezone.now(),
    )


@consumes(StockLow)
def on_stock_low(fact: StockLow, event: Event) -> None:
    operations.notify_staff_about_low_stock(
        event_id=event.id,
        sku=fact.sku,
        available=fact.available,
        threshold=fact.threshold,
        now=timezone.now(),
    )


@consumes(DataExportRequested)
def on_export_requested(fact: DataExportRequested, event: Event) -> None:
    operations.export_person(request=fact)

"""Facts that orders decides about."""

from django.utils import timezone

from orders import operations
from shared.contracts.base import Event
from shared.contracts.cart import CartCheckedOut
from shared.contracts.inventory import (
    ReservationsStated,
    StockRejected,
    StockReleased,
    StockReserved,
)
from shared.contracts.payments import (
    PaymentDisputed,
    PaymentRefunded,
    PaymentRefused,
    PaymentsStated,
    PaymentSucceeded,
    RefundFailed,
    RefundNoted,
)
from shared.contracts.users import DataExportRequested, UserChanged, UserDeleted, UserRegistered
from shared.events.consuming import consumes


@consumes(CartCheckedOut)
def on_cart_checked_out(fact: CartCheckedOut, event: Event) -> None:
    operations.place_order(checkout=fact, now=timezone.now())


@consumes(StockReserved)
def on_stock_reserved(fact: StockReserved, event: Event) -> None:
    operations.await_payment(order_id=fact.order_id, expires_at=fact.expires_at, now=timezone.now())


@consumes(StockRejected)
def on_stock_rejected(fact: StockRejected, event: Event) -> None:
    operations.end_without_stock(order_id=fact.order_id, reason="sold_out", now=timezone.now())


@consumes(StockReleased)
def on_stock_released(fact: StockReleased, event: Event) -> None:
    if fact.reason == "expired":
        operations.end_without_stock(
            order_id=fact.order_id, reason="hold_expired", now=timezone.now()
        )


@consumes(PaymentSucceeded)
def on_payment_succeeded(fact: PaymentSucceeded, event: Event) -> None:
    operations.record_payment(order_id=fact.order_id, amount=fact.amount, now=timezone.now())


@consumes(PaymentRefused)
def on_payment_refused(fact: PaymentRefused, event: Event) -> None:
    operations.end_unpayable(order_id=fact.order_id, now=timezone.now())


@consumes(RefundNoted)
def on_refund_noted(fact: RefundNoted, event: Event) -> None:
    operations.note_refund(
        order_id=fact.order_id, refund_id=fact.refund_id, amount=fact.amount, now=timezone.now()
    )


@consumes(PaymentRefunded)
def on_payment_refunded(fact: PaymentRefunded, event: Event) -> None:
    operations.record_refund(
        order_id=fact.order_id,
        refund_id=fact.refund_id,
        amount=fact.amount,
        foreign=fact.foreign,
        version=event.aggregate_version,
        now=timezone.now(),
    )


@consumes(RefundFailed)
def on_refund_failed(fact: RefundFailed, event: Event) -> None:
    operations.record_failed_refund(
        order_id=fact.order_id,
        refund_id=fact.refund_id,
        amount=fact.amount,
        version=event.aggregate_version,
        now=timezone.now(),
    )


@consumes(PaymentDisputed)
def on_payment_disputed(fact: PaymentDisputed, event: Event) -> None:
    lost = fact.amount if fact.status == "lost" else None
    operations.record_dispute(
        order_id=fact.order_id,
        status=fact.standing or fact.status,
        charged_back=fact.charged_back or lost,
        version=event.aggregate_version,
        now=timezone.now(),
    )


@consumes(PaymentsStated)
def on_payments_stated(fact: PaymentsStated, event: Event) -> None:
    operations.compare_payments(statement=fact, now=timezone.now())


@consumes(ReservationsStated)
def on_reservations_stated(fact: ReservationsStated, event: Event) -> None:
    operations.compare_reservations(statement=fact, now=timezone.now())


@consumes(UserRegistered)
def on_user_registered(fact: UserRegistered, event: Event) -> None:
    _take_account(fact, event)


@consumes(UserChanged)
def on_user_changed(fact: UserChanged, event: Event) -> None:
    _take_account(fact, event)


def _take_account(fact: UserRegistered | UserChanged, event: Event) -> None:
    # An older version of users names the account's own address only.
    own = (fact.email,) if fact.verified else ()
    operations.take_account(
        customer_id=fact.user_id,
        emails=fact.verified_emails or own,
        version=event.aggregate_version,
        told_at=event.occurred_at,
        now=timezone.now(),
    )


@consumes(UserDeleted)
def on_user_deleted(fact: UserDeleted, event: Event) -> None:
    operations.forget_customer(customer_id=fact.user_id, emails=fact.addresses, now=timezone.now())


@consumes(DataExportRequested)
def on_export_requested(fact: DataExportRequested, event: Event) -> None:
    operations.export_person(request=fact)

"""Facts that open, end and give back payments."""

from django.utils import timezone

from payments import operations
from shared.contracts.base import Event
from shared.contracts.orders import (
    OrderAwaitingPayment,
    OrderCancelled,
    OrderClaimed,
    OrderForgotten,
    RefundRequested,
    StatementRequested,
)
from shared.contracts.users import DataExportRequested, UserDeleted
from shared.events.consuming import consumes


@consumes(OrderAwaitingPayment)
def on_order_awaiting_payment(fact: OrderAwaitingPayment, event: Event) -> None:
    operations.open_payment(fact=fact, now=timezone.now())


@consumes(OrderCancelled)
def on_order_cancelled(fact: OrderCancelled, event: Event) -> None:
    operations.want_cancellation(order_id=fact.order_id, now=timezone.now())


@consumes(OrderClaimed)
def on_order_claimed(fact: OrderClaimed, event: Event) -> None:
    if fact.customer_id is not None:
        operations.take_claim(
            order_id=fact.order_id, customer_id=fact.customer_id, now=timezone.now()
        )


@consumes(RefundRequested)
def on_refund_requested(fact: RefundRequested, event: Event) -> None:
    operations.request_refund(fact=fact, now=timezone.now())


@consumes(StatementRequested)
def on_statement_requested(fact: StatementRequested, event: Event) -> None:
    operations.state_payments(order_ids=fact.order_ids, now=timezone.now())


@consumes(OrderForgotten)
def on_order_forgotten(fact: OrderForgotten, event: Event) -> None:
    operations.forget_order(order_id=fact.order_id, now=timezone.now())


@consumes(UserDeleted)
def on_user_deleted(fact: UserDeleted, event: Event) -> None:
    operations.forget_customer(customer_id=fact.user_id, emails=fact.addresses, now=timezone.now())


@consumes(DataExportRequested)
def on_export_requested(fact: DataExportRequested, event: Event) -> None:
    operations.export_person(request=fact)

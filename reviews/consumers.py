"""Facts that reviews lives by."""

from django.utils import timezone

from reviews import operations
from shared.contracts.base import Event
from shared.contracts.catalog import ProductChanged, ProductRemoved
from shared.contracts.orders import (
    OrderCancelled,
    OrderClaimed,
    OrderPaid,
    OrderRefunded,
    OrderRefundFailed,
)
from shared.contracts.users import DataExportRequested, UserChanged, UserDeleted
from shared.events.consuming import consumes


@consumes(ProductChanged)
def on_product_changed(fact: ProductChanged, event: Event) -> None:
    operations.take_product(product=fact, version=event.aggregate_version)


@consumes(ProductRemoved)
def on_product_removed(fact: ProductRemoved, event: Event) -> None:
    operations.withdraw_product(product_id=fact.product_id, version=event.aggregate_version)


@consumes(OrderPaid)
def on_order_paid(fact: OrderPaid, event: Event) -> None:
    if fact.customer_id is not None:
        operations.grant_purchase_rights(
            customer_id=fact.customer_id,
            order_id=fact.order_id,
            total=fact.totals.total.amount,
            version=event.aggregate_version,
            product_ids=[line.product_id for line in fact.lines],
        )


@consumes(OrderClaimed)
def on_order_claimed(fact: OrderClaimed, event: Event) -> None:
    """One that is paid later names the customer then."""
    if fact.customer_id is not None and fact.paid_at is not None:
        operations.grant_purchase_rights(
            customer_id=fact.customer_id,
            order_id=fact.order_id,
            total=fact.total.amount,
            version=event.aggregate_version,
            product_ids=fact.product_ids,
        )


@consumes(OrderCancelled)
def on_order_cancelled(fact: OrderCancelled, event: Event) -> None:
    operations.revoke_purchase_rights(order_id=fact.order_id, version=event.aggregate_version)


@consumes(OrderRefunded)
def on_order_refunded(fact: OrderRefunded, event: Event) -> None:
    operations.note_refund(
        order_id=fact.order_id, refunded=fact.amount.amount, version=event.aggregate_version
    )


@consumes(OrderRefundFailed)
def on_order_refund_failed(fact: OrderRefundFailed, event: Event) -> None:
    if fact.customer_id is None:
        operations.note_refund(
            order_id=fact.order_id, refunded=fact.amount.amount, version=event.aggregate_version
        )
        return
    operations.note_failed_refund(
        customer_id=fact.customer_id,
        order_id=fact.order_id,
        product_ids=fact.product_ids,
        refunded=fact.amount.amount,
        version=event.aggregate_version,
    )


@consumes(UserChanged)
def on_user_changed(fact: UserChanged, event: Event) -> None:
    operations.rename_author(
        customer_id=fact.user_id, name=fact.display_name, version=event.aggregate_version
    )


@consumes(UserDeleted)
def on_user_deleted(fact: UserDeleted, event: Event) -> None:
    operations.forget_customer(customer_id=fact.user_id, emails=fact.addresses, now=timezone.now())


@consumes(DataExportRequested)
def on_export_requested(fact: DataExportRequested, event: Event) -> None:
    operations.export_person(request=fact)

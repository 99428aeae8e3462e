"""Facts that recommend learns from."""

from django.utils import timezone

from recommend import operations
from shared.contracts.base import Event
from shared.contracts.catalog import ProductChanged, ProductRemoved
from shared.contracts.orders import OrderCancelled, OrderClaimed, OrderPaid
from shared.contracts.reviews import RatingChanged
from shared.contracts.users import DataExportRequested, UserDeleted
from shared.events.consuming import consumes


@consumes(ProductChanged)
def on_product_changed(fact: ProductChanged, event: Event) -> None:
    operations.take_product(product=fact, version=event.aggregate_version, now=event.occurred_at)


@consumes(ProductRemoved)
def on_product_removed(fact: ProductRemoved, event: Event) -> None:
    operations.withdraw_product(
        product_id=fact.product_id, version=event.aggregate_version, now=event.occurred_at
    )


@consumes(RatingChanged)
def on_rating_changed(fact: RatingChanged, event: Event) -> None:
    operations.take_rating(
        product_id=fact.product_id,
        average=fact.average,
        count=fact.count,
        version=event.aggregate_version,
    )


@consumes(OrderPaid)
def on_order_paid(fact: OrderPaid, event: Event) -> None:
    operations.record_purchase(
        order_id=fact.order_id,
        customer_id=fact.customer_id,
        product_ids=[line.product_id for line in fact.lines],
        at=event.occurred_at,
        version=event.aggregate_version,
    )


@consumes(OrderClaimed)
def on_order_claimed(fact: OrderClaimed, event: Event) -> None:
    """One that is paid later names the customer then."""
    if fact.paid_at is not None:
        operations.claim_purchase(
            order_id=fact.order_id,
            customer_id=fact.customer_id,
            product_ids=fact.product_ids,
            at=fact.paid_at,
            version=event.aggregate_version,
        )


@consumes(OrderCancelled)
def on_order_cancelled(fact: OrderCancelled, event: Event) -> None:
    operations.forget_purchase(
        order_id=fact.order_id, version=event.aggregate_version, now=event.occurred_at
    )


@consumes(UserDeleted)
def on_user_deleted(fact: UserDeleted, event: Event) -> None:
    operations.forget_customer(customer_id=fact.user_id, emails=fact.addresses, now=timezone.now())


@consumes(DataExportRequested)
def on_export_requested(fact: DataExportRequested, event: Event) -> None:
    operations.export_person(request=fact)

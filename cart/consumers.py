"""Facts that carts live by."""

from uuid import UUID

from django.utils import timezone

from cart import operations
from shared.contracts.base import Event
from shared.contracts.catalog import ProductChanged, ProductRemoved
from shared.contracts.inventory import StockChanged
from shared.contracts.orders import OrderCancelled, OrderPaid
from shared.contracts.users import DataExportRequested, UserDeleted
from shared.events.consuming import consumes


def withhold_product(event: Event, reason: str) -> None:
    operations.withhold_offers(
        product_id=UUID(event.aggregate_id), version=event.aggregate_version, reason=reason
    )


@consumes(ProductChanged, on_failure=withhold_product)
def on_product_changed(fact: ProductChanged, event: Event) -> None:
    operations.take_offers(product=fact, version=event.aggregate_version, said_at=event.occurred_at)


@consumes(ProductRemoved)
def on_product_removed(fact: ProductRemoved, event: Event) -> None:
    operations.withdraw_offers(product_id=fact.product_id, version=event.aggregate_version)


@consumes(StockChanged)
def on_stock_changed(fact: StockChanged, event: Event) -> None:
    operations.take_stock_level(
        sku=fact.sku, available=fact.available, version=event.aggregate_version
    )


@consumes(OrderPaid)
def on_order_paid(fact: OrderPaid, event: Event) -> None:
    operations.close_cart(order_id=fact.order_id, now=timezone.now())


@consumes(OrderCancelled)
def on_order_cancelled(fact: OrderCancelled, event: Event) -> None:
    operations.end_checkout(order_id=fact.order_id, reason=fact.reason, now=timezone.now())


@consumes(UserDeleted)
def on_user_deleted(fact: UserDeleted, event: Event) -> None:
    operations.forget_customer(customer_id=fact.user_id, emails=fact.addresses, now=timezone.now())


@consumes(DataExportRequested)
def on_export_requested(fact: DataExportRequested, event: Event) -> None:
    operations.export_person(request=fact)

"""Facts that inventory lives by."""

from django.conf import settings
from django.utils import timezone

from inventory import operations
from shared.contracts.base import Event
from shared.contracts.catalog import ProductChanged, StockDeclared
from shared.contracts.orders import (
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    ReturnReceived,
    StatementRequested,
)
from shared.contracts.parts import Quantity
from shared.contracts.users import DataExportRequested, UserDeleted
from shared.events.consuming import consumes


@consumes(ProductChanged)
def on_product_changed(fact: ProductChanged, event: Event) -> None:
    skus = {
        variant.sku: operations.Registration(
            title=f"{fact.title} {variant.options}".strip(), tracked=variant.tracked
        )
        for variant in fact.variants
    }
    operations.register_skus(
        product_id=fact.product_id,
        version=event.aggregate_version,
        skus=skus,
        said_at=event.occurred_at,
        now=timezone.now(),
    )


@consumes(StockDeclared)
def on_stock_declared(fact: StockDeclared, event: Event) -> None:
    operations.declare_stock(
        sku=fact.sku, quantity=fact.quantity, reason=fact.source, now=timezone.now()
    )


@consumes(OrderPlaced)
def on_order_placed(fact: OrderPlaced, event: Event) -> None:
    operations.reserve_stock(
        order_id=fact.order_id,
        lines=[Quantity(sku=line.sku, quantity=line.quantity) for line in fact.lines],
        lifetime=settings.RESERVATION_LIFETIME,
        now=timezone.now(),
    )


@consumes(OrderPaid)
def on_order_paid(fact: OrderPaid, event: Event) -> None:
    operations.commit_reservation(order_id=fact.order_id, now=timezone.now())


@consumes(OrderCancelled)
def on_order_cancelled(fact: OrderCancelled, event: Event) -> None:
    operations.release_reservation(order_id=fact.order_id, reason="cancelled", now=timezone.now())


@consumes(ReturnReceived)
def on_return_received(fact: ReturnReceived, event: Event) -> None:
    operations.receive_return(
        order_id=fact.order_id, return_id=fact.return_id, lines=fact.lines, now=timezone.now()
    )


@consumes(StatementRequested)
def on_statement_requested(fact: StatementRequested, event: Event) -> None:
    operations.state_reservations(order_ids=fact.order_ids, now=timezone.now())


@consumes(UserDeleted)
def on_user_deleted(fact: UserDeleted, event: Event) -> None:
    operations.forget_person(account_id=fact.user_id, emails=fact.addresses, now=timezone.now())


@consumes(DataExportRequested)
def on_export_requested(fact: DataExportRequested, event: Event) -> None:
    operations.export_person(request=fact)

"""Statements as payments and inventory make them, and what came of them."""

from datetime import timedelta

from orders import operations, queries
from orders.models import Order
from orders.tests.conftest import HOUR, NOW, eur
from shared.contracts.inventory import ReservationsStated, StatedReservation
from shared.contracts.parts import Quantity
from shared.contracts.payments import PaymentsStated, StatedPayment
from shared.events.ids import uuid7
from shared.events.models import OutboxMessage

MINUTE = timedelta(minutes=1)
LATER = NOW + 5 * MINUTE
TOTAL = eur("24.90")
LINES = (Quantity(sku="POT", quantity=1), Quantity(sku="TEA", quantity=2))


def payment(order, status, captured="0.00", refunds=(), **changes):
    fields = {
        "order_id": order.pk,
        "status": status,
        "amount": TOTAL,
        "captured": eur(captured),
        "refunded": eur("0.00"),
        "changed_at": NOW,
        "refunds": tuple(refunds),
    }
    return StatedPayment(**{**fields, **changes})


def reservation(order, status, **changes):
    fields = {"order_id": order.pk, "status": status, "changed_at": NOW}
    return StatedReservation(**{**fields, "expires_at": NOW + HOUR, "lines": LINES, **changes})


def state_payments(*payments, missing=(), at=LATER):
    statement = PaymentsStated(
        statement_id=uuid7(), as_of=at, payments=payments, missing=tuple(missing)
    )
    operations.compare_payments(statement=statement, now=at)


def state_reservations(*reservations, missing=(), at=LATER):
    statement = ReservationsStated(
        statement_id=uuid7(), as_of=at, reservations=reservations, missing=tuple(missing)
    )
    operations.compare_reservations(statement=statement, now=at)


def kinds():
    return sorted(queries.list_discrepancies().values_list("kind", flat=True))


def told():
    """What was published, and to whom where it was told to one service only."""
    rows = OutboxMessage.objects.order_by("id").values_list("task", "routing_key")
    return [task if task == key else f"{task} -> {key}" for task, key in rows]


def status(order):
    return Order.objects.values_list("status", flat=True).get(pk=order.pk)

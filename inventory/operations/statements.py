"""Statements: what inventory holds for orders, told so that it can be compared."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from inventory.models import Reservation
from inventory.queries import list_order_ids_to_state, list_reservations_of
from shared.contracts.inventory import ReservationsStated, StatedReservation
from shared.contracts.parts import Quantity
from shared.events.ids import uuid7
from shared.events.publishing import publish
from shared.events.statements import in_batches


def state_due_reservations(*, now: datetime) -> int:
    """States what changed of late and what has its turn today; how many reservations."""
    order_ids = list_order_ids_to_state(now)
    for batch in in_batches(order_ids):
        state_reservations(order_ids=batch, now=now)
    return len(order_ids)


@transaction.atomic
def state_reservations(*, order_ids: Iterable[UUID], now: datetime) -> None:
    """Publishes ReservationsStated about these orders."""
    reservations = list(list_reservations_of(order_ids))
    fact = ReservationsStated(
        statement_id=uuid7(),
        as_of=now,
        reservations=tuple(_state(reservation) for reservation in reservations),
        missing=tuple(sorted(set(order_ids) - {one.order_id for one in reservations})),
    )
    publish(fact, now=now)


def _state(reservation: Reservation) -> StatedReservation:
    lines = sorted(reservation.lines.all(), key=lambda line: line.sku)
    return StatedReservation(
        order_id=reservation.order_id,
        status=reservation.status,
        expires_at=reservation.expires_at,
        changed_at=reservation.updated_at,
        lines=tuple(Quantity(sku=line.sku, quantity=line.quantity) for line in lines),
    )

"""Orders compared with what payments and inventory state, repaired where that is safe.

Every auto-repair is a step that the lost fact itself would have led to, with the same guards, or
the fact published again to the one service that shows no sign of it. So it may come late, or
twice."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from prometheus_client import Counter

from orders.models import Discrepancy, Order, Status
from orders.operations.buying import (
    PaymentDiffers,
    await_payment,
    end_without_stock,
    record_payment,
    refund_cancelled,
)
from orders.operations.facts import (
    awaiting_fact,
    cancelled_fact,
    paid_fact,
    placed_fact,
    refund_fact,
)
from orders.operations.refunding import (
    note_refund,
    record_dispute,
    record_failed_refund,
    record_refund,
)
from orders.operations.transitions import lock_order
from orders.queries import get_positions, list_open_among, list_orders_to_compare
from orders.rules.reconciliation import (
    AutoRepair,
    Drift,
    Finding,
    PaymentDrift,
    Position,
    StockDrift,
    compare_payment,
    compare_stock,
    is_settled,
    may_repair,
)
from shared.contracts.base import Fact
from shared.contracts.inventory import ReservationsStated, StatedReservation
from shared.contracts.orders import StatementRequested
from shared.contracts.payments import PaymentsStated, StatedPayment
from shared.database.locks import lock_until_commit
from shared.errors import DomainError
from shared.events.ids import uuid7
from shared.events.publishing import publish
from shared.events.statements import in_batches

REPAIRED = Counter(
    "souk_order_discrepancies_repaired_total", "Auto-repairs that were made", ["kind"]
)
Outcome = Discrepancy.Outcome
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Side:
    """A service that orders are compared with."""

    service: str
    kinds: type[Drift]
    compare: Callable[[Position | None, Any], list[Finding]]


PAYMENTS = _Side("payments", PaymentDrift, compare_payment)
INVENTORY = _Side("inventory", StockDrift, compare_stock)


def ask_for_statements(*, now: datetime) -> int:
    """Asks about the orders that it is time to compare; how many."""
    order_ids = list_orders_to_compare(now)
    request_statements(order_ids=order_ids, now=now)
    return len(order_ids)


def request_statements(*, order_ids: Iterable[UUID], now: datetime) -> None:
    """Publishes StatementRequested."""
    for batch in in_batches(order_ids):
        with transaction.atomic():
            publish(StatementRequested(request_id=uuid7(), order_ids=tuple(batch)), now=now)


@transaction.atomic
def look_again(*, discrepancy_ids: Iterable[int], now: datetime) -> None:
    """Staff wants the open ones among these compared at once, and repaired anew."""
    found = Discrepancy.objects.filter(pk__in=discrepancy_ids, outcome=Outcome.OPEN)
    request_statements(order_ids=found.values_list("order_id", flat=True), now=now)
    found.update(auto_repairs=0)


@transaction.atomic
def compare_payments(*, statement: PaymentsStated, now: datetime) -> None:
    stated = {payment.order_id: payment for payment in statement.payments}
    _compare(PAYMENTS, {**dict.fromkeys(statement.missing), **stated}, statement.as_of, now)


@transaction.atomic
def compare_reservations(*, statement: ReservationsStated, now: datetime) -> None:
    stated = {reservation.order_id: reservation for reservation in statement.reservations}
    _compare(INVENTORY, {**dict.fromkeys(statement.missing), **stated}, statement.as_of, now)


def _compare(
    side: _Side,
    stated: Mapping[UUID, StatedPayment | StatedReservation | None],
    as_of: datetime,
    now: datetime,
) -> None:
    """As many queries for any number of orders, and those of the repairs."""
    # Two comparisons at once would note and repair the same.
    lock_until_commit("reconcile")
    orders = get_positions(stated)
    known = list_open_among(stated, side.kinds)
    seen: dict[tuple[UUID, str], Finding] = {}
    for order_id in sorted(stated):
        order, word = orders.get(order_id), stated[order_id]
        if is_settled(order, word, as_of):
            seen.update({(order_id, one.kind): one for one in side.compare(order, word)})
        else:
            known = {key: row for key, row in known.items() if key[0] != order_id}
    _close([row for key, row in known.items() if key not in seen], now)
    rows = _note(seen, known, orders, now)
    for key, finding in seen.items():
        if finding.repair and may_repair(rows[key].auto_repairs, rows[key].repaired_at, now):
            _auto_repair(rows[key], finding.repair, side.service, stated[key[0]], now)


def _close(rows: list[Discrepancy], now: datetime) -> None:
    for row in rows:
        row.outcome = Outcome.REPAIRED if row.repaired_at else Outcome.GONE
        row.resolved_at = now
    Discrepancy.objects.bulk_update(rows, ["outcome", "resolved_at"])


def _note(
    seen: Mapping[tuple[UUID, str], Finding],
    known: Mapping[tuple[UUID, str], Discrepancy],
    orders: Mapping[UUID, Position],
    now: datetime,
) -> dict[tuple[UUID, str], Discrepancy]:
    """The rows of what was seen, new ones and those seen again."""
    again = {key: known[key] for key in seen if key in known}
    for key, row in again.items():
        row.details, row.last_seen, row.times = seen[key].details[:500], now, row.times + 1
    Discrepancy.objects.bulk_update(again.values(), ["details", "last_seen", "times"])
    fresh = {
        (order_id, kind): Discrepancy(
            order_id=order_id,
            number=orders[order_id].number if order_id in orders else "",
            kind=kind,
            details=finding.details[:500],
            first_seen=now,
            last_seen=now,
        )
        for (order_id, kind), finding in seen.items()
        if (order_id, kind) not in known
    }
    Discrepancy.objects.bulk_create(fresh.values())
    for row in fresh.values():
        log.warning("order_discrepancy", order_id=str(row.order_id), kind=row.kind)
    return {**again, **fresh}


def _auto_repair(
    row: Discrepancy, repair: AutoRepair, service: str, stated: Any, now: datetime
) -> None:
    try:
        with transaction.atomic():
            done = _perform(repair, row.order_id, service, stated, now)
    except (DomainError, PaymentDiffers) as error:
        log.warning(
            "auto_repair_refused", order_id=str(row.order_id), repair=repair, error=str(error)
        )
        return
    if done:
        Discrepancy.objects.filter(pk=row.pk).update(
            auto_repairs=F("auto_repairs") + 1, repaired_at=now
        )
        transaction.on_commit(partial(REPAIRED.labels(row.kind).inc))


def _perform(repair: AutoRepair, order_id: UUID, service: str, stated: Any, now: datetime) -> bool:
    if repair in STEPS:
        STEPS[repair](order_id, stated, now)
        return True
    if repair == AutoRepair.PUBLISH_REFUNDS:
        return _publish_refunds(order_id, stated, now)
    return _publish_again(repair, order_id, service, now)


def _record_refunds(order_id: UUID, stated: StatedPayment, now: datetime) -> None:
    for refund in stated.refunds:
        noted: dict[str, Any] = {
            "order_id": order_id,
            "refund_id": refund.refund_id,
            "amount": refund.amount,
        }
        if refund.status == "succeeded":
            record_refund(**noted, foreign=refund.foreign, now=now)
        elif refund.status == "failed":
            record_failed_refund(**noted, now=now)
        elif refund.foreign:
            note_refund(**noted, now=now)


# What the fact that did not arrive would have done here.
STEPS: Mapping[AutoRepair, Callable[[UUID, Any, datetime], None]] = {
    AutoRepair.RECORD_PAYMENT: lambda order_id, stated, now: record_payment(
        order_id=order_id, amount=stated.captured, now=now
    ),
    AutoRepair.RECORD_REFUNDS: _record_refunds,
    AutoRepair.RECORD_DISPUTE: lambda order_id, stated, now: record_dispute(
        order_id=order_id, status=stated.dispute, charged_back=stated.charged_back, now=now
    ),
    AutoRepair.REFUND_REST: lambda order_id, _, now: refund_cancelled(order_id=order_id, now=now),
    AutoRepair.AWAIT_PAYMENT: lambda order_id, stated, now: await_payment(
        order_id=order_id, expires_at=stated.expires_at, now=now
    ),
    AutoRepair.END_SOLD_OUT: lambda order_id, _, now: end_without_stock(
        order_id=order_id, reason="sold_out", now=now
    ),
    AutoRepair.END_EXPIRED: lambda order_id, _, now: end_without_stock(
        order_id=order_id, reason="hold_expired", now=now
    ),
}
# What is published again, while the order is still where the fact took it.
SENT = frozenset({Status.PAID, Status.SHIPPED, Status.DELIVERED})
REPUBLISHED: Mapping[AutoRepair, tuple[frozenset[str], Callable[[Order], Fact]]] = {
    AutoRepair.PUBLISH_PLACED: (frozenset({Status.PLACED, Status.AWAITING_PAYMENT}), placed_fact),
    AutoRepair.PUBLISH_AWAITING: (frozenset({Status.AWAITING_PAYMENT}), awaiting_fact),
    AutoRepair.PUBLISH_PAID: (SENT, paid_fact),
    AutoRepair.PUBLISH_CANCELLED: (frozenset({Status.CANCELLED, Status.REFUNDED}), cancelled_fact),
}


def _publish_again(repair: AutoRepair, order_id: UUID, service: str, now: datetime) -> bool:
    statuses, make = REPUBLISHED[repair]
    order = lock_order(order_id)
    if order.status not in statuses:
        return False
    publish(make(order), version=order.version, now=now, to=service)
    return True


def _publish_refunds(order_id: UUID, stated: StatedPayment, now: datetime) -> bool:
    order = lock_order(order_id)
    known = [refund.refund_id for refund in stated.refunds]
    missing = order.refunds.filter(refunded_at=None, failed_at=None, foreign=False)
    for refund in missing.exclude(pk__in=known).order_by("requested_at", "pk"):
        publish(refund_fact(order, refund), version=order.version, now=now, to=PAYMENTS.service)
    return True

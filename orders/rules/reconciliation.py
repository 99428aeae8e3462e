"""What differs between an order and what payments and inventory state about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from shared.contracts.inventory import StatedReservation
from shared.contracts.payments import StatedPayment, StatedRefund
from shared.events.statements import SETTLE
from shared.money import Money


class Drift(StrEnum):
    """How an order and another service's word may differ."""


class PaymentDrift(Drift):
    PAYMENT_WITHOUT_ORDER = "payment_without_order"
    ORDER_WITHOUT_PAYMENT = "order_without_payment"
    PAID_WITHOUT_CAPTURE = "order_paid_without_payment"
    CAPTURED_NOT_MARKED = "paid_but_not_marked"
    AMOUNT_DIFFERS = "amount_differs"
    CANCELLED_BUT_PAYABLE = "cancelled_but_payable"
    PAYMENT_ENDED = "awaiting_but_payment_cancelled"
    CANCELLED_NOT_REFUNDED = "cancelled_but_captured_not_refunded"
    REFUND_NOT_SENT = "refund_not_sent"
    REFUND_NOT_MARKED = "refund_not_marked"
    REFUND_FAILED = "refund_failed"
    REFUND_DIFFERS = "refund_differs"
    FOREIGN_REFUND = "refund_made_at_provider"
    DISPUTE_NOT_MARKED = "dispute_not_marked"


class StockDrift(Drift):
    RESERVATION_WITHOUT_ORDER = "reservation_without_order"
    ORDER_WITHOUT_RESERVATION = "order_without_reservation"
    HELD_NOT_MARKED = "held_but_not_marked"
    OPEN_WITHOUT_HOLD = "open_without_hold"
    UNPAID_WITH_COMMIT = "unpaid_with_commit"
    PAID_WITHOUT_COMMIT = "paid_without_commit"
    CANCELLED_WITH_HOLD = "cancelled_with_hold"
    CANCELLED_WITH_COMMIT = "cancelled_with_commit"
    LINES_DIFFER = "lines_differ"


class AutoRepair(StrEnum):
    """What may be done about a difference, safely and twice: the step of the fact that did not
    arrive here, or the fact published again to the service where it did not arrive."""

    RECORD_PAYMENT = "record_payment"
    RECORD_REFUNDS = "record_refunds"
    RECORD_DISPUTE = "record_dispute"
    REFUND_REST = "refund_rest"
    AWAIT_PAYMENT = "await_payment"
    END_SOLD_OUT = "end_sold_out"
    END_EXPIRED = "end_expired"
    PUBLISH_PLACED = "publish_placed"
    PUBLISH_AWAITING = "publish_awaiting"
    PUBLISH_PAID = "publish_paid"
    PUBLISH_CANCELLED = "publish_cancelled"
    PUBLISH_REFUNDS = "publish_refunds"


@dataclass(frozen=True)
class Finding:
    """A difference, and its auto-repair where there is a safe one."""

    kind: Drift
    details: str
    repair: AutoRepair | None = None


@dataclass(frozen=True)
class RefundPosition:
    """`failed` is one that will not arrive; `replaced` when another was asked for since; a
    `foreign` one was made at the provider."""

    amount: Money
    done: bool
    failed: bool = False
    replaced: bool = False
    foreign: bool = False


@dataclass(frozen=True)
class Position:
    """An order as it is to be compared. `refunds` are all that were asked for."""

    number: str
    status: str
    was_cancelled: bool
    total: Money
    paid: Money
    refunds: Mapping[UUID, RefundPosition]
    lines: Mapping[str, int]
    changed_at: datetime
    dispute: str = ""
    charged_back: Decimal = Decimal(0)

    @property
    def asked_back(self) -> Decimal:
        alive = (refund for refund in self.refunds.values() if not refund.failed)
        return sum((refund.amount.amount for refund in alive), Decimal(0))

    @property
    def owed(self) -> Decimal:
        """What of the money nobody has asked for, and no bank has taken."""
        return self.paid.amount - self.charged_back - self.asked_back

    @property
    def may_ask_for_owed(self) -> bool:
        """Not for what has just failed: a person has to look at that."""
        failed = (x.amount.amount for x in self.refunds.values() if x.failed)
        return self.owed not in failed


MOST_REPAIRS = 5


def may_repair(repairs: int, repaired_at: datetime | None, now: datetime) -> bool:
    """At once, then after 2, 4, 8 and 16 minutes; after that a person has to look."""
    if repaired_at is None:
        return True
    return repairs < MOST_REPAIRS and now - repaired_at >= timedelta(minutes=2**repairs)


def is_settled(
    order: Position | None, stated: StatedPayment | StatedReservation | None, as_of: datetime
) -> bool:
    """False while facts about the latest change on either side may be on their way."""
    changes = [side.changed_at for side in (order, stated) if side is not None]
    return all(changed_at <= as_of - SETTLE for changed_at in changes)


def compare_payment(order: Position | None, payment: StatedPayment | None) -> list[Finding]:
    """What differs between the order and its payment; None where there is none."""
    if order is None:
        return _lone_payment(payment)
    if payment is None:
        return _unpaid(order)
    if payment.amount != order.total:
        text = f"The order is over {order.total}, the payment over {payment.amount}"
        return [Finding(PaymentDrift.AMOUNT_DIFFERS, text)]
    return [*_compare_capture(order, payment), *_compare_refunds(order, payment)]


def _lone_payment(payment: StatedPayment | None) -> list[Finding]:
    if payment is None or payment.status == "cancelled":
        return []
    text = f"{payment.status}, captured {payment.captured}, refunded {payment.refunded}"
    return [Finding(PaymentDrift.PAYMENT_WITHOUT_ORDER, text)]


def _unpaid(order: Position) -> list[Finding]:
    if order.paid.amount:
        text = f"The order counts {order.paid} as paid, payments has no payment"
        return [Finding(PaymentDrift.PAID_WITHOUT_CAPTURE, text)]
    if order.status == "awaiting_payment":
        text = "The order awaits its payment, payments has none"
        return [Finding(PaymentDrift.ORDER_WITHOUT_PAYMENT, text, AutoRepair.PUBLISH_AWAITING)]
    return []


def _compare_capture(order: Position, payment: StatedPayment) -> Iterator[Finding]:
    text = f"The order is {order.status}, the payment {payment.status}"
    captured = bool(payment.captured.amount)
    if captured and not order.paid.amount:
        safe = order.status in ("awaiting_payment", "cancelled")
        repair = AutoRepair.RECORD_PAYMENT if safe else None
        yield Finding(PaymentDrift.CAPTURED_NOT_MARKED, text, repair)
    elif order.paid.amount and not captured:
        yield Finding(PaymentDrift.PAID_WITHOUT_CAPTURE, text)
    elif order.status == "awaiting_payment" and payment.status == "cancelled":
        yield Finding(PaymentDrift.PAYMENT_ENDED, text)
    elif order.status == "cancelled" and not captured and _is_payable(payment):
        yield Finding(PaymentDrift.CANCELLED_BUT_PAYABLE, text, AutoRepair.PUBLISH_CANCELLED)


def _is_payable(payment: StatedPayment) -> bool:
    return payment.status not in ("cancelled", "cancelling")


def _compare_refunds(order: Position, payment: StatedPayment) -> Iterator[Finding]:
    if order.status == "cancelled" and order.owed > 0 and order.dispute != "open":
        text = f"{order.paid} was paid for the cancelled order, {order.asked_back} is asked back"
        repair = AutoRepair.REFUND_REST if order.may_ask_for_owed else None
        yield Finding(PaymentDrift.CANCELLED_NOT_REFUNDED, text, repair)
    if payment.dispute and not _agree_about_dispute(order, payment):
        text = f"The order's dispute is {order.dispute or 'none'}, the payment's {payment.dispute}"
        yield Finding(PaymentDrift.DISPUTE_NOT_MARKED, text, AutoRepair.RECORD_DISPUTE)
    stated = {refund.refund_id: refund for refund in payment.refunds}
    found: dict[PaymentDrift, list[UUID]] = {}
    for refund_id in sorted({*order.refunds, *stated}):
        ours, theirs = order.refunds.get(refund_id), stated.get(refund_id)
        if ours and ours.failed and ours.amount.amount > order.owed:
            continue  # What would have to be sent anew went back otherwise, or the bank took it.
        if kind := _refund_drift(ours, theirs):
            found.setdefault(kind, []).append(refund_id)
    for kind, ids in found.items():
        repair = REFUND_REPAIRS.get(kind)
        if kind == PaymentDrift.REFUND_FAILED and all(order.refunds[x].failed for x in ids):
            repair = None
        yield Finding(kind, ", ".join(map(str, ids)), repair)


def _agree_about_dispute(order: Position, payment: StatedPayment) -> bool:
    """An older version of payments does not say what the bank took."""
    taken = payment.charged_back
    return payment.dispute == order.dispute and (
        taken is None or taken.amount == order.charged_back
    )


REFUND_REPAIRS = {
    PaymentDrift.REFUND_NOT_SENT: AutoRepair.PUBLISH_REFUNDS,
    PaymentDrift.REFUND_NOT_MARKED: AutoRepair.RECORD_REFUNDS,
    PaymentDrift.REFUND_FAILED: AutoRepair.RECORD_REFUNDS,
    PaymentDrift.FOREIGN_REFUND: AutoRepair.RECORD_REFUNDS,
}


def _refund_drift(ours: RefundPosition | None, theirs: StatedRefund | None) -> PaymentDrift | None:
    """`theirs` is the refund at payments, None where it has no such refund."""
    if ours is None:
        return _lone_refund(theirs)
    if theirs is None:
        return None if ours.failed else _unsent(ours)
    if theirs.status == "failed":
        return None if ours.replaced else PaymentDrift.REFUND_FAILED
    # What of a failed one was left may have been sent again.
    if theirs.amount != ours.amount and not ours.failed:
        return PaymentDrift.REFUND_DIFFERS
    if theirs.status == "succeeded":
        return None if ours.done else PaymentDrift.REFUND_NOT_MARKED
    return PaymentDrift.REFUND_DIFFERS if ours.done else None


def _unsent(ours: RefundPosition) -> PaymentDrift:
    """Payments never sends what was made at the provider, so that is not told again."""
    return PaymentDrift.REFUND_DIFFERS if ours.foreign else PaymentDrift.REFUND_NOT_SENT


def _lone_refund(theirs: StatedRefund | None) -> PaymentDrift | None:
    """One that orders does not know; of those made at the provider the failed ones do not count."""
    if theirs is None or not theirs.foreign:
        return PaymentDrift.REFUND_DIFFERS
    return None if theirs.status == "failed" else PaymentDrift.FOREIGN_REFUND


# What is wrong with a reservation of that status (none: there is none) for an order of that one,
# and its auto-repair. Pairs that are not here agree.
STOCK: Mapping[tuple[str, str], tuple[StockDrift, AutoRepair | None]] = {
    ("placed", "none"): (StockDrift.ORDER_WITHOUT_RESERVATION, AutoRepair.PUBLISH_PLACED),
    ("placed", "held"): (StockDrift.HELD_NOT_MARKED, AutoRepair.AWAIT_PAYMENT),
    ("placed", "rejected"): (StockDrift.OPEN_WITHOUT_HOLD, AutoRepair.END_SOLD_OUT),
    ("placed", "released"): (StockDrift.OPEN_WITHOUT_HOLD, AutoRepair.END_EXPIRED),
    ("placed", "committed"): (StockDrift.UNPAID_WITH_COMMIT, None),
    ("placed", "restocked"): (StockDrift.OPEN_WITHOUT_HOLD, None),
    ("awaiting_payment", "none"): (StockDrift.ORDER_WITHOUT_RESERVATION, AutoRepair.PUBLISH_PLACED),
    ("awaiting_payment", "rejected"): (StockDrift.OPEN_WITHOUT_HOLD, AutoRepair.END_SOLD_OUT),
    ("awaiting_payment", "released"): (StockDrift.OPEN_WITHOUT_HOLD, AutoRepair.END_EXPIRED),
    ("awaiting_payment", "committed"): (StockDrift.UNPAID_WITH_COMMIT, None),
    ("awaiting_payment", "restocked"): (StockDrift.OPEN_WITHOUT_HOLD, None),
    ("paid", "none"): (StockDrift.ORDER_WITHOUT_RESERVATION, None),
    ("paid", "held"): (StockDrift.PAID_WITHOUT_COMMIT, AutoRepair.PUBLISH_PAID),
    ("paid", "released"): (StockDrift.PAID_WITHOUT_COMMIT, AutoRepair.PUBLISH_PAID),
    ("paid", "rejected"): (StockDrift.PAID_WITHOUT_COMMIT, AutoRepair.END_SOLD_OUT),
    ("paid", "restocked"): (StockDrift.PAID_WITHOUT_COMMIT, None),
    ("sent", "none"): (StockDrift.ORDER_WITHOUT_RESERVATION, None),
    ("sent", "held"): (StockDrift.PAID_WITHOUT_COMMIT, AutoRepair.PUBLISH_PAID),
    ("sent", "released"): (StockDrift.PAID_WITHOUT_COMMIT, AutoRepair.PUBLISH_PAID),
    ("sent", "rejected"): (StockDrift.PAID_WITHOUT_COMMIT, None),
    ("sent", "restocked"): (StockDrift.PAID_WITHOUT_COMMIT, None),
    ("cancelled", "held"): (StockDrift.CANCELLED_WITH_HOLD, AutoRepair.PUBLISH_CANCELLED),
    ("cancelled", "committed"): (StockDrift.CANCELLED_WITH_COMMIT, AutoRepair.PUBLISH_CANCELLED),
    ("refunded", "held"): (StockDrift.PAID_WITHOUT_COMMIT, None),
}


def compare_stock(order: Position | None, stated: StatedReservation | None) -> list[Finding]:
    """What differs between the order and its reservation; None where there is none."""
    if order is None:
        return _lone_reservation(stated)
    status = stated.status if stated else "none"
    if found := STOCK.get((_standing(order), status)):
        text = f"The order is {order.status}, the reservation {status}"
        return [Finding(found[0], text, found[1])]
    if stated is None or status not in ("held", "committed"):
        return []
    held = {line.sku: line.quantity for line in stated.lines}
    if held == order.lines:
        return []
    text = f"Ordered {_text_of(order.lines)}, {status} {_text_of(held)}"
    return [Finding(StockDrift.LINES_DIFFER, text)]


def _standing(order: Position) -> str:
    if order.status in ("shipped", "delivered"):
        return "sent"
    return "cancelled" if order.was_cancelled else order.status


def _lone_reservation(stated: StatedReservation | None) -> list[Finding]:
    if stated is None or stated.status not in ("held", "committed"):
        return []
    lines = _text_of({line.sku: line.quantity for line in stated.lines})
    return [Finding(StockDrift.RESERVATION_WITHOUT_ORDER, f"{stated.status} {lines}")]


def _text_of(lines: Mapping[str, int]) -> str:
    return ", ".join(f"{quantity} x {sku}" for sku, quantity in sorted(lines.items()))

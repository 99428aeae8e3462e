"""Reads of orders: what callers may see, in the shapes that the API and the pages show."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import Error
from django.db.models import Count, Max, Q, QuerySet
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from orders.models import (
    Discrepancy,
    Dispute,
    Order,
    OrderTransition,
    ProvedAddress,
    Refund,
    Status,
)
from orders.rules.reconciliation import PaymentDrift, Position, RefundPosition, StockDrift
from shared.auth.capabilities import holds_capability, may_await_order, mint_capability
from shared.auth.principal import Principal
from shared.contracts.parts import PricedLine
from shared.errors import NotFound
from shared.events.statements import SETTLE, just_settled, turn_of_day
from shared.money import Money

STAFF = ("fulfilment", "support")


class OrderNotFound(NotFound):
    code = "order_not_found"
    title = "No such order"


@dataclass(frozen=True)
class OrderView:
    """An order as its owner sees it. `money_back` says of an order that was called off where its
    money is: none (nothing was paid), disputed (the bank has to decide), sending, sent, or bank
    (the bank gave it back)."""

    id: UUID
    number: str
    status: str
    label: str
    email: str
    placed_at: datetime
    lines: tuple[PricedLine, ...]
    totals: dict[str, Money]
    timeline: list[OrderTransition]
    shipping_address: dict[str, Any]
    shipping_title: str
    carrier: str
    tracking_number: str
    cancel_reason: str
    money_back: str
    may_be_cancelled: bool
    may_be_paid: bool
    expires_at: datetime | None
    # What the owner's links to other services carry where those know a guest's order.
    link_query: str = ""


def may_see(order: Order, principal: Principal | None, token: str | None) -> bool:
    """The owner, a holder of the order's link, and staff."""
    if principal is not None and (
        order.customer_id == principal.user_id or principal.has_role(*STAFF)
    ):
        return True
    return holds_capability("order", order.id, token)


def get_order_for(order_id: UUID, principal: Principal | None, token: str | None) -> Order:
    """Raises OrderNotFound for a stranger's order too: its existence is nobody's business."""
    order = Order.objects.filter(pk=order_id).first()
    if order is None or not may_see(order, principal, token):
        raise OrderNotFound()
    return order


def actor_of(principal: Principal | None) -> str:
    """Who makes a step, as the order's audit keeps it."""
    return str(principal.user_id) if principal else "guest"


def name_actor(step: OrderTransition) -> str:
    """Who made it, as staff reads it."""
    try:
        account_id = UUID(step.actor)
    except ValueError:
        return step.actor
    proved = ProvedAddress.objects.filter(customer_id=account_id).order_by("email")
    return proved.values_list("email", flat=True).first() or step.actor


def token_for(order_id: UUID, principal: Principal | None, token: str) -> str:
    """What links to the order carry: the caller's token, or, for the owner of an order that was a
    guest's, the order's own, because other services know it as a guest's."""
    if token or principal is None:
        return token
    claimed = Order.objects.filter(pk=order_id, customer_id=principal.user_id, claimed=True)
    return mint_capability("order", order_id) if claimed.exists() else ""


def is_arriving(
    order_id: UUID, principal: Principal | None, token: str | None, now: datetime
) -> bool:
    """True for an order that was just checked out and has not reached us, for who may own it."""
    is_recent = may_await_order(order_id, principal, token, now)
    return is_recent and not Order.objects.filter(pk=order_id).exists()


def list_orders_of(customer_id: UUID) -> QuerySet[Order]:
    """Newest first, with lines, transitions and refunds: four queries for any number."""
    return with_details(Order.objects.filter(customer_id=customer_id)).order_by("-placed_at", "-id")


def with_details(orders: QuerySet[Order]) -> QuerySet[Order]:
    return orders.prefetch_related("lines", "transitions")


def view_order(order: Order) -> OrderView:
    """Two queries, none where the order came from `with_details`."""
    return OrderView(
        id=order.id,
        number=order.number,
        status=order.status,
        label=order.get_status_display(),
        email=order.email,
        placed_at=order.placed_at,
        lines=list_lines(order),
        totals=_totals(order),
        timeline=sorted(order.transitions.all(), key=attrgetter("at", "pk")),
        shipping_address=order.shipping_address,
        shipping_title=order.shipping_title,
        carrier=order.carrier,
        tracking_number=order.tracking_number,
        cancel_reason=order.cancel_reason,
        money_back=_money_back(order),
        may_be_cancelled=order.may_be_cancelled,
        may_be_paid=order.status == Status.AWAITING_PAYMENT,
        expires_at=order.expires_at,
        link_query=f"?token={mint_capability('order', order.id)}" if order.claimed else "",
    )


def list_lines(order: Order) -> tuple[PricedLine, ...]:
    """As they were priced by the checkout, in its order."""
    return tuple(
        PricedLine(
            product_id=line.product_id,
            sku=line.sku,
            title=line.title,
            quantity=line.quantity,
            unit_price=order.money(line.unit_price),
            total=order.money(line.total),
            options=line.options,
            image_url=line.image_url,
            product_slug=line.product_slug,
        )
        for line in sorted(order.lines.all(), key=attrgetter("position"))
    )


def _totals(order: Order) -> dict[str, Money]:
    names = ("subtotal", "discount", "shipping", "tax", "total", "paid", "refunded", "charged_back")
    return {name: order.money(getattr(order, name)) for name in names}


def _money_back(order: Order) -> str:
    if not order.paid:
        return "none"
    if order.refunded + order.charged_back < order.paid:
        return "disputed" if order.dispute == Dispute.OPEN else "sending"
    return "bank" if order.charged_back else "sent"


# An order that is placed, or whose hold is over, moves on within seconds; then something is lost.
PATIENCE = 3 * SETTLE
# Of the orders that are asked about at every turn: enough to find out, never a flood.
MOST_ASKED = 1000


def list_orders_to_compare(now: datetime) -> set[UUID]:
    """The orders that changed of late, those that stand still, those with an open discrepancy,
    and those that have their turn today."""
    since, until = just_settled(now)
    changed = OrderTransition.objects.filter(at__gte=since, at__lt=until)
    refunds = Refund.objects.filter(requested_at__gte=since, requested_at__lt=until)
    first = Order.objects.order_by("placed_at").values_list("placed_at", flat=True).first()
    begin, end = turn_of_day(first, now)
    turn = Order.objects.filter(placed_at__gte=begin, placed_at__lt=end)
    return {
        *changed.values_list("order_id", flat=True),
        *refunds.values_list("order_id", flat=True),
        *turn.values_list("pk", flat=True),
        *_list_stuck_orders(now),
        *_open().order_by("last_seen").values_list("order_id", flat=True)[:MOST_ASKED],
    }


def _list_stuck_orders(now: datetime) -> QuerySet[Order, UUID]:
    before = now - PATIENCE
    stuck = Order.objects.filter(
        Q(status=Status.PLACED, placed_at__lt=before)
        | Q(status=Status.AWAITING_PAYMENT, expires_at__lt=before)
    )
    return stuck.order_by("placed_at").values_list("pk", flat=True)[:MOST_ASKED]


def get_positions(order_ids: Iterable[UUID]) -> dict[UUID, Position]:
    """The orders as they are to be compared: three queries for any number."""
    orders = Order.objects.filter(pk__in=order_ids).annotate(moved_at=Max("transitions__at"))
    return {order.pk: _position(order) for order in orders.prefetch_related("lines", "refunds")}


def _position(order: Order) -> Position:
    refunds = order.refunds.all()
    moments = [order.moved_at or order.placed_at]  # type: ignore[attr-defined]
    for refund in refunds:
        moments += [x for x in (refund.requested_at, refund.refunded_at, refund.failed_at) if x]
    return Position(
        number=order.number,
        status=order.status,
        was_cancelled=order.status == Status.CANCELLED or bool(order.cancel_reason),
        total=order.money(order.total),
        paid=order.money(order.paid),
        refunds={x.pk: _refund_position(order, x) for x in refunds},
        dispute=order.dispute,
        charged_back=order.charged_back,
        lines={line.sku: line.quantity for line in order.lines.all()},
        changed_at=max(moments),
    )


def _refund_position(order: Order, refund: Refund) -> RefundPosition:
    failed_at = refund.failed_at
    return RefundPosition(
        amount=order.money(refund.amount),
        done=refund.refunded_at is not None,
        failed=failed_at is not None,
        foreign=refund.foreign,
        replaced=failed_at is not None
        and any(
            other.requested_at >= failed_at for other in order.refunds.all() if other != refund
        ),
    )


def _open() -> QuerySet[Discrepancy]:
    return Discrepancy.objects.filter(outcome=Discrepancy.Outcome.OPEN)


def list_order_ids() -> QuerySet[Order, UUID]:
    return Order.objects.order_by("pk").values_list("pk", flat=True)


def list_discrepancies() -> QuerySet[Discrepancy]:
    """The open ones, longest known first."""
    return _open().order_by("first_seen", "pk")


def list_open_among(
    order_ids: Iterable[UUID], kinds: Iterable[str]
) -> dict[tuple[UUID, str], Discrepancy]:
    """By order and kind."""
    found = _open().filter(order_id__in=order_ids, kind__in=kinds)
    return {(one.order_id, one.kind): one for one in found}


def count_discrepancies() -> Mapping[str, int]:
    """How many are open, of every kind."""
    rows = _open().values_list("kind").annotate(count=Count("pk"))
    return {**dict.fromkeys((*PaymentDrift, *StockDrift), 0), **dict(rows)}


class DiscrepancyCollector(Collector):
    """Read from the table when Prometheus asks. Nothing is exported while the database is away."""

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        text = "Orders that differ from what payments or inventory state"
        gauge = GaugeMetricFamily("souk_order_discrepancies", text, labels=["kind"])
        try:
            counts = count_discrepancies()
        except Error:
            return
        for kind, count in counts.items():
            gauge.add_metric([kind], count)
        yield gauge

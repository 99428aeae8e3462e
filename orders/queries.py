"""Reads of orders: what callers may see, in the shapes that the API and the pages show."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from orders.models import Order, OrderLine, Status
from shared.auth.capabilities import holds_capability
from shared.auth.principal import Principal
from shared.errors import NotFound
from shared.money import Money

STAFF = ("fulfilment", "support")
# How long after its checkout an order may still be on its way to us.
ARRIVAL = timedelta(minutes=30)


class OrderNotFound(NotFound):
    code = "order_not_found"
    title = "No such order"


@dataclass(frozen=True)
class LineView:
    sku: str
    title: str
    options: str
    product_id: UUID
    url: str
    image_url: str
    quantity: int
    unit_price: Money
    total: Money


@dataclass(frozen=True)
class Moment:
    """One step of the order's story."""

    status: str
    label: str
    at: datetime
    note: str


@dataclass(frozen=True)
class OrderView:
    """An order as its owner sees it."""

    id: UUID
    number: str
    status: str
    label: str
    email: str
    placed_at: datetime
    lines: list[LineView]
    totals: dict[str, Money]
    timeline: list[Moment]
    shipping_address: dict[str, Any]
    shipping_title: str
    carrier: str
    tracking_number: str
    cancel_reason: str
    may_be_cancelled: bool
    may_be_paid: bool
    expires_at: datetime | None


LABELS = {
    Status.PLACED: "Received",
    Status.AWAITING_PAYMENT: "Waiting for payment",
    Status.PAID: "Paid",
    Status.SHIPPED: "On its way",
    Status.DELIVERED: "Delivered",
    Status.CANCELLED: "Cancelled",
    Status.REFUNDED: "Refunded",
}


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


def is_arriving(
    order_id: UUID, principal: Principal | None, token: str | None, now: datetime
) -> bool:
    """True for an order that was just checked out and has not reached us: its id, chosen by the
    checkout, tells the time, and the caller is somebody who may own it."""
    if order_id.version != 7 or Order.objects.filter(pk=order_id).exists():
        return False
    chosen_at = datetime.fromtimestamp((order_id.int >> 80) / 1000, UTC)
    known = principal is not None or holds_capability("order", order_id, token)
    return known and timedelta(minutes=-1) < now - chosen_at < ARRIVAL


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
        label=LABELS[Status(order.status)],
        email=order.email,
        placed_at=order.placed_at,
        lines=[_view_line(order, x) for x in sorted(order.lines.all(), key=lambda x: x.position)],
        totals=_totals(order),
        timeline=_timeline(order),
        shipping_address=order.shipping_address,
        shipping_title=order.shipping_title,
        carrier=order.carrier,
        tracking_number=order.tracking_number,
        cancel_reason=order.cancel_reason,
        may_be_cancelled=order.may_be_cancelled,
        may_be_paid=order.status == Status.AWAITING_PAYMENT,
        expires_at=order.expires_at,
    )


def _view_line(order: Order, line: OrderLine) -> LineView:
    return LineView(
        sku=line.sku,
        title=line.title,
        options=line.options,
        product_id=line.product_id,
        url=f"/catalog/products/{line.product_slug}/" if line.product_slug else "",
        image_url=line.image_url,
        quantity=line.quantity,
        unit_price=order.money(line.unit_price),
        total=order.money(line.total),
    )


def _totals(order: Order) -> dict[str, Money]:
    names = ("subtotal", "discount", "shipping", "tax", "total", "paid", "refunded")
    return {name: order.money(getattr(order, name)) for name in names}


def _timeline(order: Order) -> list[Moment]:
    steps = sorted(order.transitions.all(), key=lambda step: (step.at, step.pk))
    return [Moment(x.status, LABELS[Status(x.status)], x.at, x.note) for x in steps]

"""The facts of an order, made of its rows."""

from dataclasses import fields
from typing import Any
from uuid import UUID

from django.db.models import Min

from orders.models import Order, Refund, Status
from orders.queries import list_lines
from shared.contracts.orders import (
    OrderAwaitingPayment,
    OrderCancelled,
    OrderClaimed,
    OrderPaid,
    OrderPlaced,
    OrderRefundFailed,
    RefundRequested,
)
from shared.contracts.parts import PricedLine, Quantity, Totals


def placed_fact(order: Order, lines: tuple[PricedLine, ...] | None = None) -> OrderPlaced:
    """`lines` where they are at hand; they are read where they are not."""
    return OrderPlaced(**base(order), **_purchase(order, lines))


def awaiting_fact(order: Order) -> OrderAwaitingPayment:
    """`expires_at` is known once the stock is held."""
    assert order.expires_at is not None
    amount = order.money(order.total)
    return OrderAwaitingPayment(**base(order), amount=amount, expires_at=order.expires_at)


def paid_fact(order: Order) -> OrderPaid:
    return OrderPaid(**base(order), **_purchase(order))


def cancelled_fact(order: Order) -> OrderCancelled:
    lines = order.lines.order_by("sku").values_list("sku", "quantity")
    return OrderCancelled(
        **base(order),
        cart_id=order.cart_id,
        reason=order.cancel_reason,
        was_paid=bool(order.paid),
        dispute=order.dispute,
        lines=tuple(Quantity(sku=sku, quantity=quantity) for sku, quantity in lines),
    )


def claimed_fact(order: Order) -> OrderClaimed:
    """Says what those need who have known the order as a guest's."""
    paid_at = order.transitions.filter(status=Status.PAID).aggregate(first=Min("at"))["first"]
    return OrderClaimed(
        **base(order),
        status=order.status,
        total=order.money(order.total),
        paid_at=paid_at,
        product_ids=product_ids(order),
    )


def refund_fact(order: Order, refund: Refund) -> RefundRequested:
    return RefundRequested(
        **base(order), refund_id=refund.id, amount=order.money(refund.amount), reason=refund.reason
    )


def failed_fact(order: Order, refund: Refund) -> OrderRefundFailed:
    return OrderRefundFailed(
        **base(order),
        failed=order.money(refund.amount),
        amount=order.money(order.refunded),
        paid=order.money(order.paid),
        status=order.status,
        product_ids=product_ids(order),
    )


def base(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "number": order.number,
        "customer_id": order.customer_id,
        "email": order.email,
    }


def product_ids(order: Order) -> tuple[UUID, ...]:
    return tuple(order.lines.order_by("position").values_list("product_id", flat=True))


def _purchase(order: Order, lines: tuple[PricedLine, ...] | None = None) -> dict[str, Any]:
    return {
        "cart_id": order.cart_id,
        "lines": lines or list_lines(order),
        "totals": Totals(**{x.name: order.money(getattr(order, x.name)) for x in fields(Totals)}),
    }

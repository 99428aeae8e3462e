"""What every step of an order shares: its lock, its audit row, its facts' common part."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from django.db.models import Min, Sum

from orders.models import Dispute, Order, OrderLine, OrderTransition, Refund, Status
from orders.queries import OrderNotFound
from orders.rules import price_due
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
from shared.database.rows import add, change, find, find_all
from shared.errors import Conflict
from shared.events.publishing import publish

SYSTEM = "system"


class WrongStatus(Conflict):
    code = "wrong_status"
    title = "The order's status does not allow that"


def lock_order(order_id: UUID) -> Order:
    order = find(Order, lock=True, pk=order_id)
    if order is None:
        raise OrderNotFound(str(order_id))
    return order


def demand(order: Order, status: Status) -> None:
    if not order.may_become(status):
        raise WrongStatus(f"An order that is {order.status} cannot become {status}")


def become(order: Order, status: Status, actor: str, now: datetime, *, note: str = "") -> None:
    demand(order, status)
    order.status = status
    save(order)
    write_audit(order, actor, note, now)


def restore(order: Order, now: datetime, *, note: str) -> None:
    """Undoes REFUNDED: the order is again what it was before."""
    before = order.transitions.exclude(status=Status.REFUNDED).order_by("-at", "-pk").first()
    assert before is not None
    order.status = before.status
    save(order)
    write_audit(order, SYSTEM, note, now)


def save(order: Order) -> None:
    saved = change(
        Order,
        {"pk": order.pk},
        bump="version",
        status=order.status,
        paid=order.paid,
        refunded=order.refunded,
        expires_at=order.expires_at,
        cancel_reason=order.cancel_reason,
        carrier=order.carrier,
        tracking_number=order.tracking_number,
    )
    assert saved is not None
    order.version = saved.version


def write_audit(order: Order, actor: str, note: str, now: datetime) -> None:
    add(OrderTransition(order=order, status=order.status, at=now, actor=actor, note=note[:300]))


def asked_back(order: Order) -> Decimal:
    """What has gone back or is on its way; a refund that failed is neither."""
    asked = order.refunds.filter(failed_at=None).aggregate(total=Sum("amount"))
    total: Decimal | None = asked["total"]
    return total or Decimal(0)


def left_to_refund(order: Order) -> Decimal:
    """What of the paid money neither was asked back nor taken by the bank; nothing where more was
    asked for, here and at the provider, than is there."""
    left: Decimal = order.paid - order.charged_back - asked_back(order)
    return max(left, Decimal(0))


def hold_of(order: Order) -> str:
    """Why the parcel of a paid order is not to leave; empty where it may."""
    if order.dispute in (Dispute.OPEN, Dispute.LOST):
        return f"The shopper's bank disputes the payment ({order.dispute})."
    if order.paid and asked_back(order) >= order.paid:
        return "All of the money has gone back, or is on its way back."
    return ""


def ask_for_refund(
    order: Order, amount: Decimal, reason: str, now: datetime, refund_id: UUID | None = None
) -> Refund:
    """Its id, if it has none, follows from the order and how often was asked before."""
    refund = Refund.objects.create(
        id=refund_id or uuid5(order.id, f"refund {order.refunds.count()}"),
        order=order,
        amount=amount,
        reason=reason[:100],
        requested_at=now,
    )
    publish(refund_fact(order, refund), version=order.version, now=now)
    return refund


def refund_rest(order: Order, reason: str, now: datetime) -> None:
    """Asks for all that is left. What a bank disputes waits for its decision."""
    remaining = left_to_refund(order)
    if remaining and order.dispute != Dispute.OPEN:
        ask_for_refund(order, remaining, reason, now)


def refund_goods(order: Order, value: Decimal, now: datetime) -> None:
    """Asks for the price of goods that are back, as far as it has not gone back otherwise."""
    goods, gone = order.subtotal - order.discount, asked_back(order) + order.charged_back
    if due := price_due(value, goods=goods, gone=gone, paid=order.paid):
        ask_for_refund(order, due, "return", now)


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
        product_ids=tuple(order.lines.order_by("position").values_list("product_id", flat=True)),
    )


def refund_fact(order: Order, refund: Refund) -> RefundRequested:
    return RefundRequested(
        **base(order),
        refund_id=refund.id,
        amount=order.money(refund.amount),
        reason=refund.reason,
    )


def failed_fact(order: Order, refund: Refund) -> OrderRefundFailed:
    return OrderRefundFailed(
        **base(order),
        failed=order.money(refund.amount),
        amount=order.money(order.refunded),
        paid=order.money(order.paid),
        status=order.status,
        product_ids=tuple(line.product_id for line in _lines(order)),
    )


def base(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "number": order.number,
        "customer_id": order.customer_id,
        "email": order.email,
    }


def _purchase(order: Order, lines: tuple[PricedLine, ...] | None = None) -> dict[str, Any]:
    return {
        "cart_id": order.cart_id,
        "lines": lines or tuple(_priced(order, line) for line in _lines(order)),
        "totals": Totals(
            **{
                name: order.money(getattr(order, name))
                for name in ("subtotal", "discount", "shipping", "tax", "total")
            }
        ),
    }


def _lines(order: Order) -> list[OrderLine]:
    return find_all(OrderLine, order=order.pk, by="position")


def _priced(order: Order, line: OrderLine) -> PricedLine:
    return PricedLine(
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

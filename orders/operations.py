"""Every write of orders. Each locks the order's row first, so its steps happen one at a time;
each does nothing when its step was made before."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from django.db import connection, transaction
from django.db.models import F, Sum

from orders.models import (
    NUMBER_SEQUENCE,
    Order,
    OrderLine,
    OrderTransition,
    Refund,
    Return,
    Status,
    format_number,
)
from orders.queries import OrderNotFound
from orders.rules import check_return, value_of_return
from shared.contracts.base import to_json
from shared.contracts.cart import CartCheckedOut
from shared.contracts.orders import (
    OrderAwaitingPayment,
    OrderCancelled,
    OrderDelivered,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
    RefundRequested,
    ReturnReceived,
)
from shared.contracts.parts import PricedLine, Quantity, Totals
from shared.errors import Conflict, InvalidInput
from shared.events.publishing import publish
from shared.money import Money

SYSTEM = "system"


class WrongStatus(Conflict):
    code = "wrong_status"
    title = "The order's status does not allow that"


class NotCancellable(WrongStatus):
    code = "not_cancellable"
    title = "This order can no longer be cancelled"


class RefundTooLarge(Conflict):
    code = "refund_too_large"
    title = "More than what is left of the payment cannot go back"


class ReturnUnknown(OrderNotFound):
    code = "return_not_found"
    title = "No such return"


class PaymentDiffers(Exception):
    """The provider took another amount than the order's: a bug or an attack, never ignored."""


@transaction.atomic
def place_order(*, checkout: CartCheckedOut, now: datetime) -> Order:
    """Makes the order of a checkout, once. Publishes OrderPlaced."""
    order, is_new = Order.objects.get_or_create(
        pk=checkout.order_id, defaults=_order_fields(checkout, now)
    )
    if not is_new:
        return order
    OrderLine.objects.bulk_create(
        OrderLine(order=order, position=position, **_line_fields(line))
        for position, line in enumerate(checkout.lines)
    )
    _write_audit(order, SYSTEM, "", now)
    publish(OrderPlaced(**_base(order), **_purchase(order)), version=order.version, now=now)
    return order


def _order_fields(checkout: CartCheckedOut, now: datetime) -> dict[str, object]:
    totals = checkout.totals
    billing = checkout.billing_address
    return {
        "number": _next_number(),
        "cart_id": checkout.cart_id,
        "customer_id": checkout.customer_id,
        "email": checkout.email,
        "currency": totals.total.currency,
        "subtotal": totals.subtotal.amount,
        "discount": totals.discount.amount,
        "shipping": totals.shipping.amount,
        "tax": totals.tax.amount,
        "total": totals.total.amount,
        "coupon": checkout.coupon,
        "shipping_method": checkout.shipping_method,
        "shipping_title": checkout.shipping_title,
        "shipping_address": to_json(checkout.shipping_address),
        "billing_address": to_json(billing) if billing else None,
        "language": checkout.language,
        "placed_at": now,
    }


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s)", [NUMBER_SEQUENCE])
        return format_number(cursor.fetchone()[0])


def _line_fields(line: PricedLine) -> dict[str, object]:
    return {
        "product_id": line.product_id,
        "product_slug": line.product_slug,
        "sku": line.sku,
        "title": line.title,
        "options": line.options,
        "image_url": line.image_url,
        "quantity": line.quantity,
        "unit_price": line.unit_price.amount,
        "total": line.total.amount,
    }


@transaction.atomic
def await_payment(*, order_id: UUID, expires_at: datetime, now: datetime) -> None:
    """The stock is held. An order that costs nothing is paid at once."""
    order = _lock(order_id)
    if order.status != Status.PLACED:
        return
    order.expires_at = expires_at
    _become(order, Status.AWAITING_PAYMENT, SYSTEM, now)
    if not order.total:
        _mark_paid(order, now)
        return
    fact = OrderAwaitingPayment(
        **_base(order), amount=order.money(order.total), expires_at=expires_at
    )
    publish(fact, version=order.version, now=now)


@transaction.atomic
def end_without_stock(*, order_id: UUID, reason: str, now: datetime) -> None:
    """There is no stock for the order (`sold_out`), or its hold ended unpaid (`hold_expired`).
    A paid order loses only to `sold_out`; its money goes back."""
    order = _lock(order_id)
    lost = {Status.PLACED, Status.AWAITING_PAYMENT}
    if reason == "sold_out":
        lost.add(Status.PAID)
    if order.status in lost:
        _cancel(order, reason, SYSTEM, now)


@transaction.atomic
def record_payment(*, order_id: UUID, amount: Money, now: datetime) -> None:
    """The money arrived. For an order that was cancelled meanwhile it is sent back.
    Raises PaymentDiffers."""
    order = _lock(order_id)
    if order.paid:
        return
    if amount != order.money(order.total):
        raise PaymentDiffers(f"{order.number}: {amount} instead of {order.total}")
    if order.status == Status.CANCELLED:
        order.paid = amount.amount
        order.save(update_fields=["paid"])
        _request_refund(order, order.total, "paid_after_cancellation", now)
    elif order.status == Status.AWAITING_PAYMENT:
        _mark_paid(order, now)
    else:
        raise WrongStatus(f"{order.number} is {order.status} and cannot be paid")


def _mark_paid(order: Order, now: datetime) -> None:
    order.paid = order.total
    _become(order, Status.PAID, SYSTEM, now)
    publish(OrderPaid(**_base(order), **_purchase(order)), version=order.version, now=now)


@transaction.atomic
def cancel_order(*, order_id: UUID, reason: str, actor: str, now: datetime) -> Order:
    """Raises NotCancellable once the parcel left. Money that was taken goes back."""
    order = _lock(order_id)
    if order.status == Status.CANCELLED:
        return order
    if not order.may_be_cancelled:
        raise NotCancellable()
    _cancel(order, reason, actor, now)
    return order


def _cancel(order: Order, reason: str, actor: str, now: datetime) -> None:
    order.cancel_reason = reason
    _become(order, Status.CANCELLED, actor, now, note=reason)
    lines = order.lines.order_by("sku").values_list("sku", "quantity")
    fact = OrderCancelled(
        **_base(order),
        cart_id=order.cart_id,
        reason=reason,
        was_paid=bool(order.paid),
        lines=tuple(Quantity(sku=sku, quantity=quantity) for sku, quantity in lines),
    )
    publish(fact, version=order.version, now=now)
    if remaining := order.paid - _asked_back(order):
        _request_refund(order, remaining, f"cancelled_{reason}", now)


@transaction.atomic
def ship_order(
    *, order_id: UUID, carrier: str, tracking_number: str, actor: str, now: datetime
) -> Order:
    """The parcel left. Raises WrongStatus unless the order is paid."""
    order = _lock(order_id)
    if order.status == Status.SHIPPED and order.tracking_number == tracking_number:
        return order
    _demand(order, Status.SHIPPED)
    order.carrier, order.tracking_number = carrier, tracking_number
    _become(order, Status.SHIPPED, actor, now, note=f"{carrier} {tracking_number}".strip())
    fact = OrderShipped(**_base(order), carrier=carrier, tracking_number=tracking_number)
    publish(fact, version=order.version, now=now)
    return order


@transaction.atomic
def deliver_order(*, order_id: UUID, actor: str, now: datetime) -> Order:
    """The parcel arrived. Raises WrongStatus unless it was shipped."""
    order = _lock(order_id)
    if order.status == Status.DELIVERED:
        return order
    _demand(order, Status.DELIVERED)
    _become(order, Status.DELIVERED, actor, now)
    products = order.lines.order_by("position").values_list("product_id", flat=True)
    fact = OrderDelivered(**_base(order), product_ids=tuple(products))
    publish(fact, version=order.version, now=now)
    return order


@transaction.atomic
def refund_order(*, order_id: UUID, amount: Decimal, reason: str, now: datetime) -> Refund:
    """A merchant sends money back, all or part. Raises RefundTooLarge and InvalidInput."""
    order = _lock(order_id)
    if amount <= 0:
        raise InvalidInput(amount=["More than nothing has to go back"])
    if amount > order.paid - _asked_back(order):
        raise RefundTooLarge()
    return _request_refund(order, amount, reason, now)


@transaction.atomic
def record_refund(*, order_id: UUID, refund_id: UUID, amount: Money, now: datetime) -> None:
    """The provider took a refund. The order is REFUNDED once all its money is back."""
    order = _lock(order_id)
    first = Refund.objects.filter(pk=refund_id, order=order, refunded_at=None).update(
        refunded_at=now
    )
    if not first:
        return
    order.refunded += amount.amount
    if order.refunded == order.paid and order.may_become(Status.REFUNDED):
        _become(order, Status.REFUNDED, SYSTEM, now, note=str(amount))
    else:
        _save(order)
    fact = OrderRefunded(**_base(order), amount=order.money(order.refunded))
    publish(fact, version=order.version, now=now)


@transaction.atomic
def request_return(
    *, order_id: UUID, return_id: UUID, lines: list[Quantity], reason: str, now: datetime
) -> Return:
    """The shopper wants to send goods back. Raises WrongStatus and TooManyReturned."""
    order = _lock(order_id)
    if order.status not in (Status.SHIPPED, Status.DELIVERED):
        raise WrongStatus("Only what was shipped can be returned")
    bought = dict(order.lines.values_list("sku", "quantity"))
    check_return(bought, [earlier.lines for earlier in order.returns.all()], lines)
    return Return.objects.create(
        id=return_id, order=order, lines=to_json(lines), reason=reason[:300], requested_at=now
    )


@transaction.atomic
def receive_return(*, return_id: UUID, now: datetime) -> Return:
    """The goods are back: they may be sold again and their price is refunded."""
    found = Return.objects.filter(pk=return_id).first()
    if found is None:
        raise ReturnUnknown()
    order = _lock(found.order_id)
    if not Return.objects.filter(pk=return_id, received_at=None).update(received_at=now):
        return found
    lines = tuple(Quantity(**line) for line in found.lines)
    publish(ReturnReceived(**_base(order), return_id=return_id, lines=lines), now=now)
    left = order.paid - _asked_back(order)
    value = min(left, value_of_return(order.subtotal, order.discount, _prices(order), lines))
    if value:
        _request_refund(order, value, "return", now)
    found.received_at = now
    return found


def _prices(order: Order) -> dict[str, Decimal]:
    return dict(order.lines.values_list("sku", "unit_price"))


@transaction.atomic
def forget_customer(*, customer_id: UUID) -> None:
    """Orders stay for the books; who ordered does not."""
    Order.objects.filter(customer_id=customer_id).update(
        customer_id=None,
        email="erased@invalid.example",
        shipping_address={"country": ""},
        billing_address=None,
    )


def _lock(order_id: UUID) -> Order:
    order = Order.objects.select_for_update().filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound(str(order_id))
    return order


def _demand(order: Order, status: Status) -> None:
    if not order.may_become(status):
        raise WrongStatus(f"An order that is {order.status} cannot become {status}")


def _become(order: Order, status: Status, actor: str, now: datetime, *, note: str = "") -> None:
    _demand(order, status)
    order.status = status
    _save(order)
    _write_audit(order, actor, note, now)


def _save(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(
        status=order.status,
        paid=order.paid,
        refunded=order.refunded,
        expires_at=order.expires_at,
        cancel_reason=order.cancel_reason,
        carrier=order.carrier,
        tracking_number=order.tracking_number,
        version=F("version") + 1,
    )
    order.version += 1


def _write_audit(order: Order, actor: str, note: str, now: datetime) -> None:
    OrderTransition.objects.create(
        order=order, status=order.status, at=now, actor=actor, note=note[:300]
    )


def _asked_back(order: Order) -> Decimal:
    return order.refunds.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def _request_refund(order: Order, amount: Decimal, reason: str, now: datetime) -> Refund:
    """Its id follows from the order and how often was asked before."""
    refund = Refund.objects.create(
        id=uuid5(order.id, f"refund {order.refunds.count()}"),
        order=order,
        amount=amount,
        reason=reason[:100],
        requested_at=now,
    )
    fact = RefundRequested(
        **_base(order), refund_id=refund.id, amount=order.money(amount), reason=refund.reason
    )
    publish(fact, version=order.version, now=now)
    return refund


def _base(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "number": order.number,
        "customer_id": order.customer_id,
        "email": order.email,
    }


def _purchase(order: Order) -> dict[str, Any]:
    return {
        "cart_id": order.cart_id,
        "lines": tuple(_priced(order, line) for line in order.lines.order_by("position")),
        "totals": Totals(
            **{
                name: order.money(getattr(order, name))
                for name in ("subtotal", "discount", "shipping", "tax", "total")
            }
        ),
    }


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

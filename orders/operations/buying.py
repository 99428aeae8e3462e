"""From a checkout to a paid order, or to its end."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from orders.models import NUMBER_SEQUENCE, Order, OrderLine, Status, format_number
from orders.operations.erasing import forget_if_ended
from orders.operations.facts import awaiting_fact, paid_fact, placed_fact
from orders.operations.finding import owner_of
from orders.operations.refunding import end_order, refund_rest
from orders.operations.transitions import (
    SYSTEM,
    WrongStatus,
    lock_order,
    transition_to,
    write_audit,
)
from shared.auth.erasure import is_erased
from shared.contracts.base import to_json
from shared.contracts.cart import CartCheckedOut
from shared.database.locks import lock_until_commit
from shared.events.publishing import publish
from shared.money import Money

NEXT_NUMBER = f"SELECT nextval('{NUMBER_SEQUENCE}')"


class NotCancellable(WrongStatus):
    code = "not_cancellable"
    title = "This order can no longer be cancelled"


class PaymentDiffers(Exception):
    """The provider took another amount than the order's: a bug or an attack, never ignored."""


@transaction.atomic(savepoint=False)
def place_order(*, checkout: CartCheckedOut, now: datetime) -> Order:
    """Makes the order of a checkout, once. Publishes OrderPlaced."""
    lock_until_commit(f"order {checkout.order_id}")
    if Order.objects.filter(pk=checkout.order_id).exists():
        return lock_order(checkout.order_id)
    order = Order.objects.create(pk=checkout.order_id, **_order_fields(checkout, now))
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=position,
            **{**vars(line), "unit_price": line.unit_price.amount, "total": line.total.amount},
        )
        for position, line in enumerate(checkout.lines)
    )
    write_audit(order, SYSTEM, "", now)
    publish(placed_fact(order, checkout.lines), version=order.version, now=now)
    return order


def _order_fields(checkout: CartCheckedOut, now: datetime) -> dict[str, Any]:
    totals = checkout.totals
    billing = checkout.billing_address
    claimed_by = None if checkout.customer_id else owner_of(checkout.email)
    return {
        "number": _next_number(),
        "cart_id": checkout.cart_id,
        "customer_id": None
        if is_erased(checkout.customer_id)
        else checkout.customer_id or claimed_by,
        "claimed": claimed_by is not None,
        "forget_when_ended": is_erased(checkout.customer_id),
        "email": checkout.email,
        "currency": totals.total.currency,
        **{name: money.amount for name, money in vars(totals).items()},
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
        cursor.execute(NEXT_NUMBER)
        return format_number(cursor.fetchone()[0])


@transaction.atomic(savepoint=False)
def await_payment(*, order_id: UUID, expires_at: datetime, now: datetime) -> None:
    """The stock is held. An order that costs nothing is paid at once."""
    order = lock_order(order_id)
    if order.status != Status.PLACED:
        return
    order.expires_at = expires_at
    transition_to(order, Status.AWAITING_PAYMENT, SYSTEM, now)
    if not order.total:
        _mark_paid(order, now)
        return
    publish(awaiting_fact(order), version=order.version, now=now)


@transaction.atomic
def end_without_stock(*, order_id: UUID, reason: str, now: datetime) -> None:
    """There is no stock for the order (`sold_out`), or its hold ended unpaid (`hold_expired`).
    A paid order loses only to `sold_out`; its money goes back."""
    order = lock_order(order_id)
    lost = {Status.PLACED, Status.AWAITING_PAYMENT}
    if reason == "sold_out":
        lost.add(Status.PAID)
    if order.status in lost:
        end_order(order, reason, SYSTEM, now)
        forget_if_ended(order, now)


@transaction.atomic
def end_unpayable(*, order_id: UUID, now: datetime) -> None:
    """The provider will never take the order's payment: its stock is for others."""
    order = lock_order(order_id)
    if order.status in (Status.PLACED, Status.AWAITING_PAYMENT):
        end_order(order, "payment_refused", SYSTEM, now)
        forget_if_ended(order, now)


@transaction.atomic(savepoint=False)
def record_payment(*, order_id: UUID, amount: Money, now: datetime) -> None:
    """The money arrived. For an order that was cancelled meanwhile it is sent back.
    Raises PaymentDiffers."""
    order = lock_order(order_id)
    if order.paid:
        return
    if amount != order.money(order.total):
        raise PaymentDiffers(f"{order.number}: {amount} instead of {order.total}")
    if order.status == Status.CANCELLED:
        order.paid = amount.amount
        order.save(update_fields=["paid"])
        refund_rest(order, "paid_after_cancellation", now)
    elif order.status == Status.AWAITING_PAYMENT:
        _mark_paid(order, now)
    else:
        raise WrongStatus(f"{order.number} is {order.status} and cannot be paid")


def _mark_paid(order: Order, now: datetime) -> None:
    order.paid = order.total
    transition_to(order, Status.PAID, SYSTEM, now)
    publish(paid_fact(order), version=order.version, now=now)


@transaction.atomic
def cancel_order(*, order_id: UUID, reason: str, actor: str, now: datetime) -> Order:
    """Raises NotCancellable once the parcel left. Money that was taken goes back."""
    order = lock_order(order_id)
    if order.status == Status.CANCELLED:
        return order
    if not order.may_be_cancelled:
        raise NotCancellable()
    end_order(order, reason, actor, now)
    forget_if_ended(order, now)
    return order


@transaction.atomic
def refund_cancelled(*, order_id: UUID, now: datetime) -> None:
    """Asks for whatever of a cancelled order's money was not asked for."""
    order = lock_order(order_id)
    if order.status == Status.CANCELLED:
        refund_rest(order, f"cancelled_{order.cancel_reason}", now)

"""What the merchant does with a paid order, and what comes back."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from orders.models import Dispute, Order, Return, Status
from orders.operations.erasing import forget_if_ended
from orders.operations.facts import base, product_ids
from orders.operations.refunding import asked_back, refund_goods
from orders.operations.transitions import WrongStatus, demand, lock_order, transition_to
from orders.queries import OrderNotFound
from orders.rules.returns import check_return, value_of_return
from shared.contracts.base import to_json
from shared.contracts.orders import OrderDelivered, OrderShipped, ReturnReceived
from shared.contracts.parts import Quantity
from shared.database.idempotency import find_repeated
from shared.errors import Conflict
from shared.events.publishing import publish
from shared.money import get_currency


class OrderOnHold(Conflict):
    code = "order_on_hold"
    title = "The parcel is not to leave"


class ReturnUnknown(OrderNotFound):
    code = "return_not_found"
    title = "No such return"


def hold_of(order: Order) -> str:
    """Why the parcel of a paid order is not to leave; empty where it may."""
    if order.dispute in (Dispute.OPEN, Dispute.LOST):
        return f"The shopper's bank disputes the payment ({order.dispute})."
    if order.paid and asked_back(order) >= order.paid:
        return "All of the money has gone back, or is on its way back."
    return ""


@transaction.atomic
def ship_order(
    *, order_id: UUID, carrier: str, tracking_number: str, actor: str, now: datetime
) -> Order:
    """The parcel left. Raises WrongStatus unless the order is paid, and OrderOnHold."""
    order = lock_order(order_id)
    if order.status == Status.SHIPPED and order.tracking_number == tracking_number:
        return order
    demand(order, Status.SHIPPED)
    if reason := hold_of(order):
        raise OrderOnHold(reason)
    order.carrier, order.tracking_number = carrier, tracking_number
    transition_to(order, Status.SHIPPED, actor, now, note=f"{carrier} {tracking_number}".strip())
    fact = OrderShipped(**base(order), carrier=carrier, tracking_number=tracking_number)
    publish(fact, version=order.version, now=now)
    return order


@transaction.atomic
def deliver_order(*, order_id: UUID, actor: str, now: datetime) -> Order:
    """The parcel arrived. Raises WrongStatus unless it was shipped."""
    order = lock_order(order_id)
    if order.status == Status.DELIVERED:
        return order
    demand(order, Status.DELIVERED)
    transition_to(order, Status.DELIVERED, actor, now)
    fact = OrderDelivered(**base(order), product_ids=product_ids(order))
    publish(fact, version=order.version, now=now)
    forget_if_ended(order, now)
    return order


@transaction.atomic
def request_return(
    *, order_id: UUID, return_id: UUID, lines: list[Quantity], reason: str, now: datetime
) -> Return:
    """The shopper wants to send goods back; once for a `return_id`. Raises WrongStatus,
    TooManyReturned, and IdempotencyKeyReused for an id that is another return's."""
    order = lock_order(order_id)
    asked = {"order_id": order_id, "lines": to_json(lines), "reason": reason[:300]}
    if earlier := find_repeated(Return.objects.filter(pk=return_id), **asked):
        return earlier
    if not _has_left(order):
        raise WrongStatus("Only what was shipped can be returned")
    bought = dict(order.lines.values_list("sku", "quantity"))
    check_return(bought, [other.lines for other in order.returns.all()], lines)
    return Return.objects.create(id=return_id, requested_at=now, **asked)


@transaction.atomic
def receive_return(*, return_id: UUID, now: datetime) -> Return:
    """The goods are back: they may be sold again and their price is refunded, as far as it was
    not before: a merchant's own refund counts against the goods first, then against the shipping.
    While a bank disputes the payment it waits for the decision."""
    found = Return.objects.filter(pk=return_id).first()
    if found is None:
        raise ReturnUnknown()
    order = lock_order(found.order_id)
    if not Return.objects.filter(pk=return_id, received_at=None).update(received_at=now):
        return found
    lines = tuple(Quantity(**line) for line in found.lines)
    publish(ReturnReceived(**base(order), return_id=return_id, lines=lines), now=now)
    value = _value_of(order, found, lines)
    if order.dispute == Dispute.OPEN:
        Return.objects.filter(pk=return_id).update(owed=value)
    else:
        refund_goods(order, value, now)
    forget_if_ended(order, now)
    found.received_at = now
    return found


def _has_left(order: Order) -> bool:
    """Whether its parcel went out, also where the money has gone back since."""
    if order.status != Status.REFUNDED:
        return order.status in (Status.SHIPPED, Status.DELIVERED)
    return order.transitions.filter(status=Status.SHIPPED).exists()


def _value_of(order: Order, received: Return, lines: tuple[Quantity, ...]) -> Decimal:
    others = order.returns.filter(received_at__isnull=False).exclude(pk=received.pk)
    return value_of_return(
        order.subtotal,
        order.discount,
        dict(order.lines.values_list("sku", "unit_price")),
        [Quantity(**line) for other in others for line in other.lines],
        lines,
        get_currency(order.currency).step,
    )

"""What every step of an order shares: its lock, its status and its audit row."""

from datetime import datetime
from uuid import UUID

from orders.models import Order, Status
from orders.queries import OrderNotFound
from shared.errors import Conflict

SYSTEM = "system"


class WrongStatus(Conflict):
    code = "wrong_status"
    title = "The order's status does not allow that"


def lock_order(order_id: UUID) -> Order:
    """Raises OrderNotFound."""
    order = Order.objects.select_for_update().filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound(str(order_id))
    return order


def demand(order: Order, status: Status) -> None:
    if not order.may_transition_to(status):
        raise WrongStatus(f"An order that is {order.status} cannot become {status}")


def transition_to(
    order: Order, status: Status, actor: str, now: datetime, *, note: str = ""
) -> None:
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
    """Of a locked order what a step may change, as its next version."""
    order.version += 1
    order.save(
        update_fields=[
            *("status", "paid", "refunded", "expires_at", "cancel_reason"),
            *("carrier", "tracking_number", "version"),
        ]
    )


def write_audit(order: Order, actor: str, note: str, now: datetime) -> None:
    order.transitions.create(status=order.status, at=now, actor=actor, note=note[:300])

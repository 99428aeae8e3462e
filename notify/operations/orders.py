"""What shoppers hear about their orders."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from notify.clients.live import order_channel, publish_live
from notify.models import OrderWatch
from notify.operations.deliveries import Notice, queue_notice
from notify.queries import describe_watch, get_name
from notify.rules import PAID_OR_OVER
from shared.auth.capabilities import mint_capability
from shared.auth.erasure import ERASED_EMAIL, is_erased
from shared.contracts.orders import OrderClaimed, OrderFact
from shared.errors import Conflict


class OrderUnknown(Conflict):
    """The order's own facts have not arrived yet; the event is tried again."""

    code = "order_unknown"
    title = "Nothing is known of this order yet"


@transaction.atomic(savepoint=False)
def notify_order_step(
    *,
    order: OrderFact,
    status: str,
    topic: str,
    event_id: UUID,
    version: int,
    now: datetime,
    context: Mapping[str, Any],
    total: Decimal | None = None,
    useful_until: datetime | None = None,
) -> None:
    """Updates the open order page and tells the shopper. What a later fact has overtaken is kept
    back: a request to pay after the payment, money back that is the shop's again."""
    watch = _watch(order, status, version, total)
    transaction.on_commit(lambda: _announce(watch), robust=True)
    if order.email == ERASED_EMAIL:
        return
    notice = Notice(
        topic=topic,
        event_id=event_id,
        email=order.email,
        user_id=order.customer_id,
        order_id=order.order_id,
        url=_path(topic, order.order_id),
        context={**_links(watch), "number": order.number, **context},
        useful_until=useful_until,
        outdated=_is_outdated(topic, status, watch),
    )
    queue_notice(notice=notice, now=now)


def _is_outdated(topic: str, status: str, watch: OrderWatch) -> bool:
    """Whether a later fact, which came first, says something else."""
    if topic in ("order_received", "payment_due"):
        return watch.status in PAID_OR_OVER
    if topic == "order_refund_failed":
        return watch.status == "refunded"
    return status == "refunded" != watch.status


def _watch(order: OrderFact, status: str, version: int, total: Decimal | None) -> OrderWatch:
    """Our read model of the order, moved on unless a later fact did so before. Its lock lets facts
    about one order take turns. One that says no status (a part of the money went back) leaves it
    to older ones that are still to come, and the version that orders them."""
    email = "" if order.email == ERASED_EMAIL else order.email
    said: dict[str, Any] = {"customer_id": order.customer_id, "email": email}
    if status:
        said |= {"status": status, "version": version}
    watch, is_new = OrderWatch.objects.select_for_update().get_or_create(
        order_id=order.order_id, defaults={"number": order.number, "total": total, **said}
    )
    if is_new:
        return watch
    changes = said if version >= watch.version else {}
    if total is not None:
        changes["total"] = total
    for name, value in changes.items():
        setattr(watch, name, value)
    watch.save(update_fields=changes)
    return watch


@transaction.atomic
def take_claim(*, order: OrderClaimed, version: int) -> None:
    """A guest's order is an account's from now on, and so is its live page."""
    if is_erased(order.customer_id):
        order = replace(order, customer_id=None)
    _watch(order, order.status, version, order.total.amount)


def _announce(watch: OrderWatch) -> None:
    publish_live(order_channel(watch.order_id), describe_watch(watch))


def _path(topic: str, order_id: UUID) -> str:
    service = "payments" if topic in ("payment_due", "payment_failed") else "orders"
    return f"/{service}/{order_id}/"


def _links(watch: OrderWatch) -> dict[str, str]:
    """A guest's links carry the order's capability; an account signs in."""
    token = "" if watch.customer_id else f"?token={mint_capability('order', watch.order_id)}"
    return {
        "name": get_name(watch.customer_id),
        "number": watch.number,
        "order_url": f"{settings.PUBLIC_URL}/orders/{watch.order_id}/{token}",
        "pay_url": f"{settings.PUBLIC_URL}/payments/{watch.order_id}/{token}",
    }


@transaction.atomic(savepoint=False)
def mail_order_link(*, order: OrderFact, event_id: UUID, now: datetime) -> None:
    """To whoever reads the order's address: the link carries the order's capability."""
    token = mint_capability("order", order.order_id)
    context = {
        "name": get_name(order.customer_id),
        "number": order.number,
        "order_url": f"{settings.PUBLIC_URL}/orders/{order.order_id}/?token={token}",
    }
    notice = Notice(
        topic="order_link",
        event_id=event_id,
        email=order.email,
        order_id=order.order_id,
        context=context,
    )
    queue_notice(notice=notice, now=now)


@transaction.atomic(savepoint=False)
def notify_payment_failed(*, order_id: UUID, message: str, event_id: UUID, now: datetime) -> None:
    """Asks the shopper to try again. Raises OrderUnknown before the order's own facts came."""
    watch = OrderWatch.objects.filter(pk=order_id).first()
    if watch is None:
        raise OrderUnknown()
    transaction.on_commit(lambda: _announce(watch), robust=True)
    notice = Notice(
        topic="payment_failed",
        event_id=event_id,
        email=watch.email,
        user_id=watch.customer_id,
        order_id=order_id,
        url=_path("payment_failed", order_id),
        context={**_links(watch), "message": message},
        outdated=watch.status in PAID_OR_OVER,
    )
    queue_notice(notice=notice, now=now)


@transaction.atomic(savepoint=False)
def notify_refund(
    *, order: OrderFact, amount: Decimal, paid: Decimal | None = None, **step: Any
) -> None:
    """A part that went back leaves the order where it is; all that was `paid` ends it. Where the
    fact does not say how much that was, our copy of the order may."""
    if paid is None:
        known = OrderWatch.objects.filter(pk=order.order_id)
        paid = known.values_list("total", flat=True).first()
    whole = paid is None or amount >= paid
    notify_order_step(
        order=order, status="refunded" if whole else "", topic="order_refunded", **step
    )

"""How orders forget people. An order stays for the books. While it is open it keeps what delivery
needs and becomes a guest's, whose mails bring the links; once it has ended, it names nobody."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from orders.models import Order, OrderTransition, Refund, Return, Status
from orders.operations.finding import forget_claims
from shared.auth.erasure import ERASED_EMAIL, by_address, forget_account, scrub_failed_events
from shared.auth.models import ErasedAccount
from shared.contracts.orders import OrderForgotten
from shared.events.publishing import publish

ENDED = (Status.DELIVERED, Status.CANCELLED, Status.REFUNDED)
# How long to wait for an end that nobody may ever tell: of a parcel that has left, of goods that
# were to come back, of a refund that has failed.
PATIENCE = timedelta(days=30)
BATCH = 500


@transaction.atomic
def forget_customer(*, customer_id: UUID, emails: Collection[str], now: datetime) -> None:
    """Ended orders name nobody any more; open ones do so until they end."""
    known = forget_account(account_id=customer_id, emails=emails, now=now)
    forget_claims(customer_id=customer_id, now=now)
    theirs = by_address("actor", [str(customer_id), *known])
    OrderTransition.objects.filter(theirs).update(actor="erased")
    _make_guests(Order.objects.filter(customer_id=customer_id))
    forget_ended(now=now)


@transaction.atomic
def forget_ended(*, now: datetime) -> None:
    """Takes the person out of orders that have ended since the person was erased. Also of orders
    whose checkout and erasure came at the same moment."""
    _make_guests(Order.objects.filter(customer_id__in=ErasedAccount.objects.values("pk")))
    ended = list(_ended(now).select_for_update().order_by("pk")[:BATCH])
    for order in ended:
        _forget(order, now)


def forget_if_ended(order: Order, now: datetime) -> None:
    """The last thing that a step of a locked order does: with the order's end its person goes."""
    if order.forget_when_ended and _ended(now).filter(pk=order.pk).exists():
        _forget(order, now)


def _make_guests(orders: QuerySet[Order]) -> None:
    orders.update(customer_id=None, forget_when_ended=True)


def _ended(now: datetime) -> QuerySet[Order]:
    """Nothing is to be sent, taken back or paid back any more."""
    of_order, long_ago = {"order": OuterRef("pk")}, now - PATIENCE
    left = OrderTransition.objects.filter(**of_order, status=Status.SHIPPED, at__lte=long_ago)
    coming_back = Return.objects.filter(**of_order, received_at=None, requested_at__gt=long_ago)
    going_back = Refund.objects.filter(**of_order, refunded_at=None)
    going_back = going_back.exclude(failed_at__lte=long_ago)
    return Order.objects.filter(
        Q(status__in=ENDED) | Q(Exists(left), status=Status.SHIPPED),
        ~Exists(coming_back),
        ~Exists(going_back),
        forget_when_ended=True,
    )


def _forget(order: Order, now: datetime) -> None:
    """The country stays: the tax of the books depends on it."""
    Order.objects.filter(pk=order.pk).update(
        email=ERASED_EMAIL,
        shipping_address={"country": order.shipping_address.get("country", "")},
        billing_address=None,
        tracking_number="",
        forget_when_ended=False,
        version=order.version + 1,
    )
    order.transitions.update(note="")
    order.transitions.filter(actor__iexact=order.email).update(actor="erased")
    order.returns.update(reason="")
    scrub_failed_events(order.pk)
    order.refresh_from_db()
    publish(OrderForgotten(order_id=order.pk), version=order.version, now=now)

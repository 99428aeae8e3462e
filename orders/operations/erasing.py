"""How orders forget people. An order stays for the books. While it is open it keeps what delivery
needs and becomes a guest's, whose mails bring the links; once it has ended, it names nobody."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from orders.models import Order, OrderTransition, Refund, Return, Status
from orders.operations.finding import forget_claims
from shared.auth.erasure import ERASED_EMAIL, forget_account
from shared.auth.models import ErasedAccount
from shared.contracts.orders import OrderForgotten
from shared.events.publishing import publish

ENDED = (Status.DELIVERED, Status.CANCELLED, Status.REFUNDED)
BATCH = 500


@transaction.atomic
def forget_customer(*, customer_id: UUID, email: str, now: datetime) -> None:
    """Ended orders name nobody any more; open ones do so until they end."""
    forget_account(account_id=customer_id, email=email, now=now)
    forget_claims(customer_id=customer_id)
    if email:
        OrderTransition.objects.filter(actor__iexact=email).update(actor="erased")
    _make_guests(Order.objects.filter(customer_id=customer_id))
    forget_ended(now=now)


@transaction.atomic
def forget_ended(*, now: datetime) -> None:
    """Takes the person out of orders that have ended since the person was erased. Also of orders
    whose checkout and erasure came at the same moment."""
    _make_guests(Order.objects.filter(customer_id__in=ErasedAccount.objects.values("pk")))
    ended = list(_ended().select_for_update().order_by("pk")[:BATCH])
    for order in ended:
        _forget(order, now)


def _make_guests(orders: QuerySet[Order]) -> None:
    orders.update(customer_id=None, forget_when_ended=True)


def _ended() -> QuerySet[Order]:
    """Nothing is to be sent, taken back or paid back any more."""
    coming_back = Return.objects.filter(order=OuterRef("pk"), received_at=None)
    going_back = Refund.objects.filter(order=OuterRef("pk"), refunded_at=None, failed_at=None)
    return Order.objects.filter(
        ~Exists(coming_back), ~Exists(going_back), forget_when_ended=True, status__in=ENDED
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
    publish(OrderForgotten(order_id=order.pk), version=order.version + 1, now=now)

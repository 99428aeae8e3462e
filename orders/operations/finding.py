"""Guests' orders, found again: by the account that has proved the address, and by a mailed link."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from orders.models import KnownAccount, Order
from orders.operations.story import base
from shared.auth.erasure import ERASED_EMAIL, is_erased
from shared.contracts.orders import OrderLinkRequested
from shared.database.copies import take_newer
from shared.events.publishing import publish

# Whoever asks again sooner has a mail on its way.
PAUSE = timedelta(minutes=10)
LOOK_BACK = timedelta(hours=1)


@transaction.atomic
def take_account(*, customer_id: UUID, email: str, verified: bool, version: int) -> None:
    """Takes over users' word about an account. Guests' orders of a proved address become its own,
    but for those of people who were erased."""
    if is_erased(customer_id):
        return
    taken = take_newer(
        KnownAccount, customer_id=customer_id, email=email, verified=verified, version=version
    )
    if taken and verified:
        claim_orders(customer_id=customer_id, email=email)


def claim_orders(*, customer_id: UUID, email: str) -> int:
    """How many guests' orders the account got."""
    guests = Order.objects.filter(customer_id=None, email__iexact=email, forget_when_ended=False)
    return guests.update(customer_id=customer_id, claimed=True)


@transaction.atomic
def claim_missed(*, now: datetime) -> int:
    """Orders that were placed in the moment in which their address was proved; how many."""
    guests = Order.objects.filter(
        customer_id=None, forget_when_ended=False, placed_at__gte=now - LOOK_BACK
    )
    emails = guests.exclude(email=ERASED_EMAIL).values_list("email", flat=True).distinct()
    owners = {email: owner_of(email) for email in emails.order_by("email")}
    return sum(
        claim_orders(customer_id=owner, email=email) for email, owner in owners.items() if owner
    )


def owner_of(email: str) -> UUID | None:
    """The account that has proved the address."""
    accounts = KnownAccount.objects.filter(email__iexact=email, verified=True, removed=False)
    return accounts.values_list("customer_id", flat=True).first()


def forget_claims(*, customer_id: UUID) -> None:
    """The account was erased: it claims nothing any more, whatever is still said of it."""
    take_newer(
        KnownAccount, customer_id=customer_id, email="", verified=False, removed=True, version=0
    )


@transaction.atomic
def mail_link(*, number: str, email: str, now: datetime) -> None:
    """Has a link to the order mailed to its address, at most once in PAUSE. Says nothing of whether
    there is such an order. Publishes OrderLinkRequested."""
    found = Order.objects.filter(number=number.strip().upper(), email__iexact=email)
    due = found.filter(Q(link_asked_at=None) | Q(link_asked_at__lte=now - PAUSE))
    order = due.exclude(email=ERASED_EMAIL).select_for_update().first()
    if order is None:
        return
    Order.objects.filter(pk=order.pk).update(link_asked_at=now)
    publish(OrderLinkRequested(**base(order)), version=order.version, now=now)

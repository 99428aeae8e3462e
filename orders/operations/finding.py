"""Guests' orders, found again: by the account that has proved the address, and by a mailed link."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from orders.models import KnownAccount, Order, ProvedAddress
from orders.operations.facts import base, claimed_fact
from shared.auth.erasure import ERASED_EMAIL, is_erased
from shared.contracts.orders import OrderLinkRequested
from shared.database.read_models import upsert_newer
from shared.events.publishing import publish

# Whoever asks again sooner has a mail on its way.
PAUSE = timedelta(minutes=10)
LOOK_BACK = timedelta(hours=1)


@transaction.atomic
def take_account(
    *, customer_id: UUID, emails: Iterable[str], version: int, told_at: datetime, now: datetime
) -> None:
    """Takes over users' word about an account: `emails` are all that it has proved. Guests' orders
    of them become its own, but for those of people who were erased."""
    if is_erased(customer_id):
        return
    if upsert_newer(KnownAccount, customer_id=customer_id, version=version):
        proved = {email.lower() for email in emails}
        _move_addresses(customer_id, proved, told_at, now)


def _move_addresses(customer_id: UUID, proved: set[str], told_at: datetime, now: datetime) -> None:
    """In their order, so that of two accounts that change addresses one waits for the other."""
    own = ProvedAddress.objects.filter(customer_id=customer_id)
    for email in sorted(proved.union(own.values_list("email", flat=True))):
        if email not in proved:
            own.filter(email=email).delete()
        elif _take_address(customer_id, email, told_at):
            claim_orders(customer_id=customer_id, email=email, now=now)


def _take_address(customer_id: UUID, email: str, told_at: datetime) -> bool:
    """From whoever had it, unless users has said later that it is another's: False then."""
    address = ProvedAddress(email=email, customer_id=customer_id, told_at=told_at)
    ProvedAddress.objects.bulk_create([address], ignore_conflicts=True)
    earlier = ProvedAddress.objects.filter(email=email, told_at__lte=told_at)
    return bool(earlier.update(customer_id=customer_id, told_at=told_at))


def claim_orders(*, customer_id: UUID, email: str, now: datetime) -> int:
    """How many guests' orders the account got. Publishes OrderClaimed for each."""
    guests = Order.objects.filter(customer_id=None, email__iexact=email, forget_when_ended=False)
    orders = list(guests.select_for_update().order_by("pk"))
    for order in orders:
        _claim(order, customer_id, now)
    return len(orders)


def _claim(order: Order, customer_id: UUID, now: datetime) -> None:
    order.customer_id, order.claimed, order.version = customer_id, True, order.version + 1
    order.save(update_fields=["customer_id", "claimed", "version"])
    publish(claimed_fact(order), version=order.version, now=now)


@transaction.atomic
def claim_missed(*, now: datetime) -> int:
    """Orders that were placed in the moment in which their address was proved; how many."""
    guests = Order.objects.filter(
        customer_id=None, forget_when_ended=False, placed_at__gte=now - LOOK_BACK
    )
    emails = guests.exclude(email=ERASED_EMAIL).values_list("email", flat=True).distinct()
    owners = {email: owner_of(email) for email in emails.order_by("email")}
    return sum(
        claim_orders(customer_id=owner, email=email, now=now)
        for email, owner in owners.items()
        if owner
    )


def owner_of(email: str) -> UUID | None:
    """The account that has proved the address."""
    proved = ProvedAddress.objects.filter(email=email.lower())
    return proved.values_list("customer_id", flat=True).first()


def forget_claims(*, customer_id: UUID, now: datetime) -> None:
    """The account was erased: it claims nothing any more, whatever is still said of it."""
    upsert_newer(KnownAccount, customer_id=customer_id, removed=True, version=0)
    _move_addresses(customer_id, set(), now, now)


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

"""The people we write to, what they want to hear, and how they are forgotten."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from notify.models import Channel, Delivery, InboxMessage, OrderWatch, Preference, Recipient
from notify.operations.deliveries import Notice, queue_mail, queue_notice
from notify.queries import Rendered
from notify.rules import ACCOUNT_MAIL, ENDED, TOPICS, clean_subject
from shared.auth.erasure import (
    by_address,
    forget_account,
    forget_entries_about,
    scrub_failed_events,
)
from shared.auth.models import ErasedAccount
from shared.errors import Conflict, InvalidInput

WAITING = (Delivery.Status.PENDING, Delivery.Status.SENDING)


class PreferenceRequired(Conflict):
    code = "preference_required"
    title = "These mails belong to the purchase and cannot be switched off"


@transaction.atomic
def remember_person(
    *, user_id: UUID, email: str, name: str, language: str, version: int
) -> Recipient:
    """Our copy of the account. An older state, or one of an erased person, changes nothing."""
    fields = {"email": email, "name": name[:200], "language": language, "version": version}
    person, is_new = Recipient.objects.get_or_create(user_id=user_id, defaults=fields)
    if not is_new:
        known = Recipient.objects.filter(pk=user_id, erased=False, version__lte=version)
        known.update(**fields)
        person.refresh_from_db()
    return person


@transaction.atomic
def welcome_person(
    *,
    user_id: UUID,
    email: str,
    name: str,
    language: str,
    version: int,
    event_id: UUID,
    now: datetime,
) -> None:
    """Remembers the new account and greets it."""
    person = remember_person(
        user_id=user_id, email=email, name=name, language=language, version=version
    )
    if person.erased:
        return
    notice = Notice(
        topic="welcome",
        event_id=event_id,
        email=email,
        user_id=user_id,
        url="/catalog/",
        context={"name": name},
    )
    queue_notice(notice=notice, now=now)


@transaction.atomic
def send_account_mail(
    *,
    event_id: UUID,
    recipient: str,
    subject: str,
    text: str,
    html: str,
    now: datetime,
    user_id: UUID | None = None,
) -> Delivery:
    """A mail that the account service composed, about the account `user_id` if there is one;
    nobody can switch these off."""
    notice = Notice(topic=ACCOUNT_MAIL, event_id=event_id, email=recipient, user_id=user_id)
    rendered = Rendered(clean_subject(subject), text, html)
    return queue_mail(notice=notice, rendered=rendered, now=now)


@transaction.atomic
def change_preferences(*, user_id: UUID, changes: Mapping[str, Mapping[str, bool]]) -> None:
    """`changes` maps topic to channel to wish: all of them, or none on an error.
    Raises InvalidInput for an unknown topic or channel, PreferenceRequired for a required mail."""
    rows = []
    for topic, wishes in changes.items():
        for channel, enabled in wishes.items():
            _check(topic, channel, enabled)
            rows.append(Preference(user_id=user_id, topic=topic, channel=channel, enabled=enabled))
    Preference.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["user_id", "topic", "channel"],
        update_fields=["enabled"],
    )


def _check(topic: str, channel: str, enabled: bool) -> None:
    if topic not in TOPICS:
        raise InvalidInput(topics=[f"There is no topic {topic}"])
    if channel not in Channel.values:
        raise InvalidInput(topics=[f"{topic} knows no channel {channel}"])
    if TOPICS[topic].required and channel == Channel.MAIL and not enabled:
        raise PreferenceRequired()


@transaction.atomic
def forget_person(*, user_id: UUID, emails: Collection[str], now: datetime) -> None:
    """Deletes what tells of the person. Mails of the account itself that still wait are sent, the
    farewell among them, and go once they are. Open orders are a guest's now (see orders)."""
    known = forget_account(account_id=user_id, emails=emails, now=now)
    blank = {"email": "", "name": "", "erased": True}
    Recipient.objects.update_or_create(user_id=user_id, defaults=blank)
    InboxMessage.objects.filter(user_id=user_id).delete()
    Preference.objects.filter(user_id=user_id).delete()
    watches = OrderWatch.objects.filter(customer_id=user_id)
    watches.filter(status__in=ENDED).update(email="")
    watches.update(customer_id=None)
    nobodys = Delivery.objects.filter(by_address("recipient", known), user_id=None, order_id=None)
    nobodys.update(user_id=user_id)
    theirs = Delivery.objects.filter(user_id=user_id)
    _delete(theirs.exclude(topic=ACCOUNT_MAIL, status__in=WAITING))


@transaction.atomic
def forget_order(*, order_id: UUID, version: int) -> None:
    """The order has ended and its person was erased. What was to be told of the end is still told:
    mails that wait are sent, and go once they are."""
    blank = {"customer_id": None, "email": "", "version": version}
    _, is_new = OrderWatch.objects.get_or_create(order_id=order_id, defaults=blank)
    if not is_new:
        OrderWatch.objects.filter(order_id=order_id, version__lte=version).update(**blank)
    _delete(Delivery.objects.filter(order_id=order_id).exclude(status__in=WAITING))
    scrub_failed_events(order_id)


@transaction.atomic
def forget_mails_of_erased() -> None:
    """What still had to be told when its person was erased, or its order forgotten."""
    forgotten = OrderWatch.objects.filter(email="", customer_id=None)
    erased = Q(user_id__in=ErasedAccount.objects.values("pk"))
    theirs = Delivery.objects.filter(erased | Q(order_id__in=forgotten.values("pk")))
    _delete(theirs.exclude(status__in=WAITING))
    InboxMessage.objects.filter(erased).delete()


def _delete(deliveries: QuerySet[Delivery]) -> None:
    """A delivery is called after its recipient, also in the log of what staff did with it."""
    ids = list(deliveries.values_list("pk", flat=True))
    forget_entries_about(ids)
    Delivery.objects.filter(pk__in=ids).delete()

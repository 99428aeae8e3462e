"""Messages on their way out: a delivery's row comes with the fact, and is sent after the commit.

Who sends. The thread that handled the fact does, at once: the row is born claimed by it. What it
leaves behind (it died, or the mail server is slow or away) the clock takes. Mails that a person
asks for in the admin are sent by a job, because a web process talks to no mail server.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from notify.clients.mail import door
from notify.models import Channel, Delivery, InboxMessage
from notify.operations.inbox import put_in_inbox
from notify.operations.sending import send_at_once
from notify.queries import Rendered, render_message, wants
from notify.rules import CLAIM_LIFETIME
from shared.errors import Conflict, NotFound
from shared.events.ids import uuid7
from shared.events.publishing import enqueue

Status = Delivery.Status
RETENTION = timedelta(days=90)
# The job that a person asked for comes first; the clock takes what it left behind.
HEAD_START = timedelta(seconds=20)


class DeliveryNotFailed(Conflict):
    code = "delivery_not_failed"
    title = "Only a failed delivery can be sent again"


class DeliveryUnknown(NotFound):
    code = "delivery_not_found"
    title = "No such delivery"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What to tell whom. `url` is a path of the shop for the inbox message; `outdated` when later
    facts overtook this one, so that nobody needs to hear of it any more."""

    topic: str
    event_id: UUID
    email: str
    user_id: UUID | None = None
    order_id: UUID | None = None
    url: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    useful_until: datetime | None = None
    outdated: bool = False


def queue_notice(*, notice: Notice, now: datetime) -> None:
    """In the transaction of the fact: a mail and, for an account, an inbox message; each once per
    fact and recipient."""
    if notice.email:
        rendered = render_message(notice.topic, Channel.MAIL, notice.context)
        queue_mail(notice=notice, rendered=rendered, now=now)
    if notice.user_id and not notice.outdated and wants(notice.user_id, notice.topic, "inbox"):
        rendered = render_message(notice.topic, Channel.INBOX, notice.context)
        message = InboxMessage(
            event_id=notice.event_id,
            user_id=notice.user_id,
            topic=notice.topic,
            title=rendered.subject,
            body=rendered.text.strip(),
            url=notice.url,
            created_at=now,
        )
        put_in_inbox(message=message)


def queue_mail(
    *, notice: Notice, rendered: Rendered, now: datetime, by_job: bool = False
) -> Delivery:
    """In a transaction: the delivery's row, unless there is one of the fact and the recipient, and
    what sends it after the commit: this thread, or a job."""
    delivery = Delivery(
        event_id=notice.event_id,
        recipient=notice.email,
        topic=notice.topic,
        user_id=notice.user_id,
        order_id=notice.order_id,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        created_at=now,
        useful_until=notice.useful_until,
        **_plan(_why_not(notice), by_job, now),
    )
    Delivery.objects.bulk_create([delivery], ignore_conflicts=True)
    is_new = Delivery.objects.filter(pk=delivery.pk).exists()
    if is_new and delivery.status == Status.SENDING:
        transaction.on_commit(lambda: send_at_once(delivery=delivery, now=now), robust=True)
    elif is_new and by_job and delivery.status == Status.PENDING:
        enqueue("send_mail", delivery_id=str(delivery.id))
    return delivery


def _plan(reason: str, by_job: bool, now: datetime) -> dict[str, Any]:
    """Who sends: nobody, for that reason; a job; this thread, whose row is created claimed, which
    saves a commit; or the clock."""
    if reason:
        return {"status": Status.SUPPRESSED, "error": reason, "due_at": now}
    if by_job:
        return {"due_at": now + HEAD_START}
    if door.is_open():
        claim = {"status": Status.SENDING, "attempts": 1, "claimed_at": now}
        return {**claim, "due_at": now + CLAIM_LIFETIME}
    return {"due_at": now}


def _why_not(notice: Notice) -> str:
    if notice.outdated:
        return "Overtaken: later facts made it pointless"
    if not wants(notice.user_id, notice.topic, Channel.MAIL):
        return "Switched off by the recipient"
    return ""


@transaction.atomic
def resend_delivery(*, delivery_id: UUID, now: datetime) -> None:
    """Tries a failed delivery anew. Raises DeliveryNotFailed for any other."""
    delivery = Delivery.objects.filter(pk=delivery_id)
    if delivery.filter(status=Status.FAILED).update(
        status=Status.PENDING, created_at=now, due_at=now + HEAD_START, error=""
    ):
        enqueue("send_mail", delivery_id=str(delivery_id))
    elif delivery.exists():
        raise DeliveryNotFailed()
    else:
        raise DeliveryUnknown()


@transaction.atomic
def send_test_mail(*, topic: str, rendered: Rendered, email: str, now: datetime) -> Delivery:
    """Queues a mail with sample values for a member of staff, sent by a job."""
    notice = Notice(topic=topic, event_id=uuid7(), email=email)
    return queue_mail(notice=notice, rendered=rendered, now=now, by_job=True)


def forget_old_deliveries(*, now: datetime) -> None:
    """Mails that were settled long ago go, with the addresses in them."""
    settled = [Status.SENT, Status.FAILED, Status.SUPPRESSED]
    Delivery.objects.filter(status__in=settled, created_at__lt=now - RETENTION).delete()

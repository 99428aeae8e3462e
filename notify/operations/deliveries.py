"""Messages on their way out: queued in the transaction of the fact, sent by a job afterwards.

How often a mail goes out. A delivery exists once per fact and recipient (unique constraint), and a
worker sends it only after claiming it (conditional UPDATE), so workers never send side by side. An
attempt is repeated when the server did not say that it took the mail. The one case that can send
twice is therefore an answer that was lost: the server took the mail, and the connection or the
worker died before we wrote that down. The repetition carries the same Message-ID.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from notify.clients.mail import Mail, MailRefused, MailServerUnavailable, send_mail
from notify.models import Channel, Delivery, InboxMessage
from notify.operations.inbox import put_in_inbox
from notify.queries import Rendered, render_message, wants
from notify.rules import ACCOUNT_MAIL, CLAIM_LIFETIME, is_given_up, next_attempt
from shared.database.rows import add, find
from shared.errors import Conflict, NotFound
from shared.events.ids import uuid7
from shared.events.publishing import enqueue

log = structlog.get_logger(__name__)
Status = Delivery.Status
BATCH = 100
RETENTION = timedelta(days=90)
# The job that the fact asked for comes first; the clock takes what it left behind.
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


@transaction.atomic
def queue_notice(*, notice: Notice, now: datetime) -> None:
    """A mail and, for an account, an inbox message; each once per fact and recipient."""
    if notice.email:
        rendered = render_message(notice.topic, Channel.MAIL, notice.context)
        queue_mail(notice=notice, rendered=rendered, now=now)
    if notice.user_id and not notice.outdated and wants(notice.user_id, notice.topic, "inbox"):
        told = render_message(notice.topic, Channel.INBOX, notice.context)
        message = InboxMessage(
            event_id=notice.event_id,
            user_id=notice.user_id,
            topic=notice.topic,
            title=told.subject,
            body=told.text.strip(),
            url=notice.url,
            created_at=now,
        )
        put_in_inbox(message=message)


@transaction.atomic
def queue_mail(*, notice: Notice, rendered: Rendered, now: datetime) -> Delivery:
    """The delivery's row, and the job that sends it after the commit."""
    reason = _why_not(notice)
    delivery = Delivery(
        event_id=notice.event_id,
        recipient=notice.email,
        channel=Channel.MAIL,
        topic=notice.topic,
        user_id=notice.user_id,
        order_id=notice.order_id,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        status=Status.SUPPRESSED if reason else Status.PENDING,
        error=reason,
        created_at=now,
        due_at=now + HEAD_START,
        useful_until=notice.useful_until,
    )
    if add(delivery) and not reason:
        enqueue("send_mail", delivery_id=str(delivery.id))
    return delivery


def _why_not(notice: Notice) -> str:
    if notice.outdated:
        return "Overtaken: later facts made it pointless"
    if not wants(notice.user_id, notice.topic, Channel.MAIL):
        return "Switched off by the recipient"
    return ""


def send_delivery(*, delivery_id: UUID, now: datetime) -> bool:
    """Sends the mail if nobody else does or did. False when the mail server is away; then it is
    due again later."""
    delivery = _claim(delivery_id, now)
    if delivery is None:
        return True
    if delivery.useful_until and delivery.useful_until <= now:
        _finish(delivery, status=Status.SUPPRESSED, error=_too_late(delivery))
        return True
    try:
        provider_id = send_mail(_mail_of(delivery))
    except MailRefused as error:
        _finish(delivery, status=Status.FAILED, error=error.detail)
    except MailServerUnavailable as error:
        _postpone(delivery, error.detail, now)
        return False
    else:
        _record_sent(delivery, provider_id, now)
    return True


def _claim(delivery_id: UUID, now: datetime) -> Delivery | None:
    free = Q(status=Status.PENDING) | Q(status=Status.SENDING, claimed_at__lte=now - CLAIM_LIFETIME)
    claimed = Delivery.objects.filter(free, pk=delivery_id).update(
        status=Status.SENDING,
        claimed_at=now,
        due_at=now + CLAIM_LIFETIME,
        attempts=F("attempts") + 1,
    )
    return find(Delivery, pk=delivery_id) if claimed else None


def _mail_of(delivery: Delivery) -> Mail:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return Mail(
        message_id=f"<{delivery.id}@{domain}>",
        recipient=delivery.recipient,
        subject=delivery.subject,
        text=delivery.text,
        html=delivery.html,
    )


def _too_late(delivery: Delivery) -> str:
    """Whether the server took an earlier attempt is not known where its answer was lost."""
    text = "Too late to be of use"
    return f"{text}; an earlier attempt may have arrived" if delivery.attempts > 1 else text


def _finish(delivery: Delivery, **fields: Any) -> None:
    """Ends our own claim; a worker that lost it meanwhile changes nothing."""
    Delivery.objects.filter(
        pk=delivery.pk, status=Status.SENDING, claimed_at=delivery.claimed_at
    ).update(**fields)


def _postpone(delivery: Delivery, error: str, now: datetime) -> None:
    if is_given_up(delivery.created_at, now):
        _finish(delivery, status=Status.FAILED, error=error)
    else:
        due_at = next_attempt(delivery.attempts, now)
        _finish(delivery, status=Status.PENDING, error=error, due_at=due_at)
    log.warning("mail_postponed", delivery=str(delivery.id), attempts=delivery.attempts)


def _record_sent(delivery: Delivery, provider_id: str, now: datetime) -> None:
    fields: dict[str, Any] = {"status": Status.SENT, "sent_at": now, "error": ""}
    if delivery.topic == ACCOUNT_MAIL:
        # It held one-time links, which nobody but the recipient may read.
        fields |= {"text": "", "html": ""}
    _finish(delivery, provider_id=provider_id[:255], **fields)


def send_waiting_deliveries(*, now: datetime) -> int:
    """Sends what is due: postponed mails, and those whose job or worker died. Stops at the first
    sign that the mail server is away. Returns how many were tried."""
    waiting = Q(status__in=[Status.PENDING, Status.SENDING], due_at__lte=now)
    due = Delivery.objects.filter(waiting).order_by("due_at").values_list("id", flat=True)
    tried = 0
    for delivery_id in list(due[:BATCH]):
        tried += 1
        if not send_delivery(delivery_id=delivery_id, now=now):
            break
    return tried


@transaction.atomic
def resend_delivery(*, delivery_id: UUID, now: datetime) -> None:
    """Tries a failed delivery anew. Raises DeliveryNotFailed for any other."""
    fields = {"status": Status.PENDING, "created_at": now, "due_at": now + HEAD_START, "error": ""}
    if Delivery.objects.filter(pk=delivery_id, status=Status.FAILED).update(**fields):
        enqueue("send_mail", delivery_id=str(delivery_id))
    elif Delivery.objects.filter(pk=delivery_id).exists():
        raise DeliveryNotFailed()
    else:
        raise DeliveryUnknown()


def send_test_mail(*, topic: str, rendered: Rendered, email: str, now: datetime) -> Delivery:
    """Queues a mail with sample values for a member of staff, sent like any other."""
    notice = Notice(topic=topic, event_id=uuid7(), email=email)
    return queue_mail(notice=notice, rendered=rendered, now=now)


def forget_old_deliveries(*, now: datetime) -> None:
    """Mails that were settled long ago go, with the addresses in them."""
    settled = [Status.SENT, Status.FAILED, Status.SUPPRESSED]
    Delivery.objects.filter(status__in=settled, created_at__lt=now - RETENTION).delete()

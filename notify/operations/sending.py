"""Handing deliveries to the mail server.

How often a mail goes out. A delivery exists once per fact and recipient (unique constraint), and a
worker sends it only while it holds the claim (conditional UPDATE, or the row was born with it), so
workers never send side by side. An attempt is repeated when the server did not say that it took the
mail. The one case that can send twice is therefore an answer that was lost: the server took the
mail, and the connection or the worker died before we wrote that down. The repetition carries the
same Message-ID.
"""

from datetime import datetime
from email.utils import parseaddr
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models import F, Q

from notify.clients.mail import Mail, MailRefused, MailServerUnavailable, door, send_mail
from notify.models import Delivery
from notify.rules import ACCOUNT_MAIL, CLAIM_LIFETIME, is_given_up, next_attempt

log = structlog.get_logger(__name__)
Status = Delivery.Status
BATCH = 100


def send_at_once(*, delivery: Delivery, now: datetime) -> None:
    """Sends what this thread has just committed with its claim. Where the mail server is slow or
    away it is the clock's, so that facts do not wait behind mails."""
    with door.enter() as is_free:
        if is_free:
            _send(delivery, now)
        else:
            _finish(delivery, status=Status.PENDING, attempts=0, due_at=now)


def send_delivery(*, delivery_id: UUID, now: datetime) -> bool:
    """Sends the mail if nobody else does or did. False when the mail server is away; then it is
    due again later."""
    delivery = _claim(delivery_id, now)
    return delivery is None or _send(delivery, now)


def _send(delivery: Delivery, now: datetime) -> bool:
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
    return Delivery.objects.filter(pk=delivery_id).first() if claimed else None


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
    claim = Delivery.objects.filter(
        pk=delivery.pk, status=Status.SENDING, claimed_at=delivery.claimed_at
    )
    claim.update(**fields)


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

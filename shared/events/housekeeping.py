"""Jobs that every service's worker does for its own messaging tables and queues."""

import json
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone

from shared.events.consuming import job
from shared.events.failures import keep_failed_event
from shared.events.models import InboxEntry

log = structlog.get_logger(__name__)
INBOX_RETENTION = timedelta(days=30)


@job(every=30)
def collect_dead_letters() -> None:
    """Turns messages that the broker gave up on (over the delivery limit) into failed events. A
    tick of the clock that came too late, or whose job failed, is no loss: the next one does it."""
    from shared.events.app import app
    from shared.events.topology import dead_letter_queue

    with app.connection_for_read() as connection:
        channel = connection.channel()
        queue = dead_letter_queue(settings.SERVICE)(channel)
        while (message := queue.get(no_ack=False)) is not None:
            _keep(str((message.headers or {}).get("task", "")), message.body)
            message.ack()


def _keep(task: str, body: Any) -> None:
    try:
        arguments = json.loads(body)[1]
        if task.startswith("job.") and "envelope" not in arguments:
            log.warning("tick_dead_lettered", task=task)
            return
        envelope = arguments["envelope"] or {}
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        text = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
        envelope = {"unreadable": text[:10_000]}
    keep_failed_event(
        handler=task or "unknown",
        envelope=envelope,
        error="DeadLettered: the broker delivered it too often without an answer",
        attempts=0,
    )
    log.error("event_dead_lettered", task=task)


@job(every=3600)
def forget_old_inbox_entries() -> None:
    """An event is not redelivered after weeks; its inbox entry may go."""
    InboxEntry.objects.filter(handled_at__lt=timezone.now() - INBOX_RETENTION).delete()

"""Jobs that every service's worker does for its own messaging tables and queues."""

import json
import threading
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone
from kombu import Connection, Queue

from shared.events.consuming import job
from shared.events.failures import keep_failed_event
from shared.events.models import InboxEntry
from shared.events.topology import dead_letter_queue, declares, exists

log = structlog.get_logger(__name__)
INBOX_RETENTION = timedelta(days=30)
# Whether this process has looked at the queue's arguments.
_renewed = threading.Event()


@job(every=30)
def collect_dead_letters() -> None:
    """Turns messages that the broker gave up on (over the delivery limit) into failed events. A
    tick of the clock that came too late, or whose job failed, is no loss: the next one does it."""
    with Connection(settings.BROKER_URL) as connection:
        if not _renewed.is_set():
            renew_dead_letter_queue(connection)
            _renewed.set()
        _collect(connection, dead_letter_queue(settings.SERVICE))


def renew_dead_letter_queue(connection: Connection) -> None:
    """Replaces a queue that was declared with other arguments. What is in it becomes failed events;
    what arrives meanwhile goes to a spare one. It may end anywhere and begin again."""
    queue = dead_letter_queue(settings.SERVICE)
    spare = dead_letter_queue(settings.SERVICE, spare=True)
    if not declares(connection, queue):
        declares(connection, spare)
        _retire(connection, queue)
        declares(connection, queue)
    if exists(connection, spare):
        _retire(connection, spare)


def _retire(connection: Connection, queue: Queue) -> None:
    """Empties a queue that nothing reaches any more, and deletes it."""
    queue(connection.channel()).unbind_from(queue.exchange, routing_key=queue.routing_key)
    _collect(connection, queue)
    queue(connection.channel()).delete()


def _collect(connection: Connection, queue: Queue) -> None:
    channel: Any = connection.channel()
    bound = queue(channel)
    while (message := bound.get(no_ack=False)) is not None:
        _keep(str((message.headers or {}).get("task", "")), message.body)
        message.ack()
    channel.close()


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

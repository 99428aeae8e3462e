"""One fact, one job: handled, each taking effect once however often it arrives."""

import time
from contextlib import AbstractContextManager
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone
from prometheus_client import Counter, Histogram

from shared.contracts.base import Event, MalformedFact
from shared.database.locks import advisory_lock
from shared.events.consuming import Consumer, Job, load_handlers
from shared.events.models import InboxEntry

log = structlog.get_logger(__name__)
HANDLED = Counter("souk_events_handled_total", "Events that took effect", ["task", "outcome"])
LATENCY = Histogram(
    "souk_event_latency_seconds",
    "From the commit of an event to the end of its handling",
    ["task"],
    buckets=(0.002, 0.005, 0.01, 0.015, 0.03, 0.06, 0.1, 0.3, 1, 3, 10, 30, 120),
)
RECORD = """
INSERT INTO events_inbox (event_id, handler, handled_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""


def handle_fact(consumer: Consumer, envelope: dict[str, Any]) -> bool:
    """Lets the fact take effect in one transaction with its inbox entry.
    False when it had taken effect before. Raises MalformedFact and whatever the handler raises."""
    event = Event.from_envelope(envelope)
    fact = consumer.fact.from_payload(event.payload)
    with _log_context(event):
        with transaction.atomic():
            fresh = _record(event, consumer.fact.name)
            if fresh:
                consumer.function(fact, event)
        _observe(event, fresh)
    return fresh


def compensate(name: str, envelope: Any, cause: str) -> None:
    """What the consumer does about an event that it failed of for good; nothing where the event
    cannot be told at all, or took effect before."""
    consumer = load_handlers()[0].get(name)
    if consumer is None or consumer.on_failure is None:
        return
    try:
        event = Event.from_envelope(envelope)
    except MalformedFact:
        return
    if not _is_recorded(event, consumer.fact.name):
        consumer.on_failure(event, cause)


def run_job(task: Job, envelope: dict[str, Any] | None) -> bool:
    """Runs a job: enqueued ones once per message, the clock's ones one at a time."""
    if envelope is None:
        with advisory_lock(task.task) as taken:
            if taken:
                task.function()
        return taken
    event = Event.from_envelope(envelope)
    with _log_context(event):
        if _is_recorded(event, task.task):
            return False
        task.function(**event.payload)
        with transaction.atomic():
            _record(event, task.task)
        _observe(event, True)
    return True


def _log_context(event: Event) -> AbstractContextManager[None]:
    return structlog.contextvars.bound_contextvars(
        event_id=str(event.id), event_name=event.name, **event.trace
    )


def _is_recorded(event: Event, handler: str) -> bool:
    return InboxEntry.objects.filter(event_id=event.id, handler=handler).exists()


def _record(event: Event, handler: str) -> bool:
    """False when the handler had the event before, or has it now in another transaction, for whose
    end this waits."""
    with connection.cursor() as cursor:
        cursor.execute(RECORD, [event.id, handler, timezone.now()])
        return bool(cursor.rowcount)


def _observe(event: Event, fresh: bool) -> None:
    seconds = max(0.0, time.time() - event.occurred_at.timestamp())
    HANDLED.labels(event.name, "handled" if fresh else "duplicate").inc()
    if fresh:
        LATENCY.labels(event.name).observe(seconds)
    log.info("event_handled" if fresh else "event_duplicate", latency_ms=round(seconds * 1000, 1))

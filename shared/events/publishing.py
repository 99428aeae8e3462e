"""The way out: facts for everybody and jobs for this service itself, through the outbox.

Both are rows in the caller's transaction, so they exist exactly when the change exists. The relay
sends them afterwards, at least once.
"""

import json
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone

from shared.contracts.base import Event, Fact
from shared.events.ids import uuid7

FACTS_EXCHANGE = "facts"
TASKS_EXCHANGE = "tasks"
STORE = """
INSERT INTO events_outbox (event_id, exchange, routing_key, task, envelope, created_at)
VALUES (%s, %s, %s, %s, %s, %s)
"""


class PublishedOutsideTransaction(RuntimeError):
    """A bug: a fact must commit or vanish together with the change that it tells of."""


def publish(fact: Fact, *, version: int = 0, now: datetime | None = None, to: str = "") -> None:
    """Tells every service that `fact` happened. `version` orders the facts of one aggregate.
    `to` names the one service that missed it: it alone is told again, as by a retry."""
    _store(
        exchange=TASKS_EXCHANGE if to else FACTS_EXCHANGE,
        routing_key=to or fact.name,
        name=fact.name,
        schema_version=fact.schema_version,
        occurred_at=now or timezone.now(),
        aggregate_id=fact.aggregate_id,
        aggregate_version=version,
        payload=fact.to_payload(),
    )


def enqueue(job: str, **arguments: Any) -> None:
    """Asks this service's own worker to run the job of that name (see `consuming.job`) after the
    commit, at least once. This is how an effect outside the database is begun. `arguments` are
    plain JSON values."""
    _store(
        exchange=TASKS_EXCHANGE,
        routing_key=settings.SERVICE,
        name=f"job.{settings.SERVICE}.{job}",
        schema_version=1,
        occurred_at=timezone.now(),
        aggregate_id="",
        payload=arguments,
    )


def _store(*, exchange: str, routing_key: str, **said: Any) -> None:
    event = Event(id=uuid7(), trace=current_trace(), **said)
    if not connection.in_atomic_block:
        raise PublishedOutsideTransaction(event.name)
    envelope, name = json.dumps(event.to_envelope()), event.name
    with connection.cursor() as cursor:
        cursor.execute(STORE, [event.id, exchange, routing_key, name, envelope, event.occurred_at])


def current_trace() -> dict[str, str]:
    """request_id and traceparent of the request or event being handled."""
    bound = structlog.contextvars.get_contextvars()
    return {key: bound[key] for key in ("request_id", "traceparent") if key in bound}

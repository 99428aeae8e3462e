"""For tests: what was published, and facts delivered as the broker does (more than once)."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.utils import timezone

from shared.contracts.base import Event, Fact
from shared.events.consuming import load_handlers
from shared.events.handling import handle_fact, run_job
from shared.events.ids import uuid7
from shared.events.models import OutboxMessage

F = TypeVar("F", bound=Fact)


def published(fact: type[F]) -> list[F]:
    """The facts of that type in the outbox, oldest first."""
    rows = OutboxMessage.objects.filter(task=fact.name).order_by("id")
    return [fact.from_payload(row.envelope["payload"]) for row in rows]


def published_names() -> list[str]:
    """The names of everything in the outbox (facts and jobs), oldest first."""
    return list(OutboxMessage.objects.order_by("id").values_list("task", flat=True))


def deliver(
    fact: Fact,
    *,
    times: int = 3,
    version: int = 0,
    event_id: UUID | None = None,
    occurred_at: datetime | None = None,
) -> Event:
    """Hands the fact to this service's consumer as the bus would: `times` times, the same event."""
    event = Event(
        id=event_id or uuid7(),
        name=fact.name,
        schema_version=fact.schema_version,
        occurred_at=occurred_at or timezone.now(),
        aggregate_id=fact.aggregate_id,
        aggregate_version=version,
        payload=fact.to_payload(),
    )
    consumer = load_handlers()[0][fact.name]
    for _ in range(times):
        handle_fact(consumer, event.to_envelope())
    return event


def run_enqueued_jobs() -> list[str]:
    """Runs the jobs that wait in the outbox, as the worker would after the commit; their names."""
    jobs = load_handlers()[1]
    rows = list(OutboxMessage.objects.filter(task__startswith="job.").order_by("id"))
    for row in rows:
        envelope: dict[str, Any] = row.envelope
        row.delete()
        run_job(jobs[row.task], envelope)
    return [row.task for row in rows]

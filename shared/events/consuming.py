"""The way in: one function per fact, each taking effect once however often the fact arrives.

@consumes(OrderPlaced)
def reserve(fact: OrderPlaced, event: Event) -> None:
    operations.reserve_stock(...)

@job(every=60)
def expire_holds() -> None: ...
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import transaction
from prometheus_client import Counter, Histogram

from shared.contracts.base import Event, Fact, MalformedFact
from shared.database.locks import held
from shared.database.rows import add, find
from shared.events.models import InboxEntry

F = TypeVar("F", bound=Fact)
FactHandler = Callable[[F, Event], None]
# Gets the event, whose payload may be unreadable, and the cause.
MakeUp = Callable[[Event, str], None]
log = structlog.get_logger(__name__)

HANDLED = Counter("souk_events_handled_total", "Events that took effect", ["task", "outcome"])
LATENCY = Histogram(
    "souk_event_latency_seconds",
    "From the commit of an event to the end of its handling",
    ["task"],
    buckets=(0.002, 0.005, 0.01, 0.015, 0.03, 0.06, 0.1, 0.3, 1, 3, 10, 30, 120),
)


@dataclass(frozen=True)
class Consumer:
    """A handler of one kind of fact, and what makes up for it when it failed for good."""

    fact: type[Fact]
    function: Callable[[Any, Event], None]
    make_up: MakeUp | None = None


@dataclass(frozen=True)
class Job:
    """Work of this service's own worker, by the clock (`every` seconds) or enqueued."""

    task: str
    function: Callable[..., None]
    every: float | None


_consumers: dict[str, Consumer] = {}
_jobs: dict[str, Job] = {}


def consumes(
    fact: type[F], *, make_up: MakeUp | None = None
) -> Callable[[FactHandler[F]], FactHandler[F]]:
    """Registers the handler of a fact. It runs inside the transaction of its inbox entry. When it
    has failed for good, `make_up` is told why, in the transaction that keeps the failed event."""

    def register(function: FactHandler[F]) -> FactHandler[F]:
        if fact.name in _consumers and _consumers[fact.name].function is not function:
            raise RuntimeError(f"{fact.name} has two handlers in one service")
        _consumers[fact.name] = Consumer(fact, function, make_up)
        return function

    return register


def job(*, every: float | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Registers a job. It runs outside any transaction and must bear to run twice."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        task = f"job.{settings.SERVICE}.{function.__name__}"
        _jobs[task] = Job(task, function, every)
        return function

    return register


def load_handlers() -> tuple[dict[str, Consumer], dict[str, Job]]:
    """What this service consumes, by fact name, and its jobs, by task name."""
    import_module("shared.events.housekeeping")
    for room in ("consumers", "jobs"):
        if find_spec(f"{settings.SERVICE_PACKAGE}.{room}"):
            import_module(f"{settings.SERVICE_PACKAGE}.{room}")
    return _consumers, _jobs


def handle_fact(consumer: Consumer, envelope: dict[str, Any]) -> bool:
    """Lets the fact take effect in one transaction with its inbox entry.
    False when it had taken effect before. Raises MalformedFact and whatever the handler raises."""
    event = Event.from_envelope(envelope)
    fact = consumer.fact.from_payload(event.payload)
    with _telling(event):
        with transaction.atomic():
            fresh = _record(event, consumer.fact.name)
            if fresh:
                consumer.function(fact, event)
        _observe(event, fresh)
    return fresh


def make_up_for(name: str, envelope: Any, cause: str) -> None:
    """What the consumer does about an event that it failed of for good; nothing where the event
    cannot be told at all, or took effect before."""
    consumer = load_handlers()[0].get(name)
    if consumer is None or consumer.make_up is None:
        return
    try:
        event = Event.from_envelope(envelope)
    except MalformedFact:
        return
    if find(InboxEntry, event_id=event.id, handler=consumer.fact.name) is None:
        consumer.make_up(event, cause)


def run_job(task: Job, envelope: dict[str, Any] | None) -> bool:
    """Runs a job: enqueued ones once per message, the clock's ones one at a time."""
    if envelope is None:
        return _run_exclusively(task)
    event = Event.from_envelope(envelope)
    with _telling(event):
        if find(InboxEntry, event_id=event.id, handler=task.task):
            return False
        task.function(**event.payload)
        with transaction.atomic():
            _record(event, task.task)
        _observe(event, True)
    return True


def _run_exclusively(task: Job) -> bool:
    with held(task.task) as taken:
        if taken:
            task.function()
    return taken


def _telling(event: Event) -> Any:
    return structlog.contextvars.bound_contextvars(
        event_id=str(event.id), event_name=event.name, **event.trace
    )


def _record(event: Event, handler: str) -> bool:
    """False when the handler had the event before."""
    return add(InboxEntry(event_id=event.id, handler=handler))


def _observe(event: Event, fresh: bool) -> None:
    seconds = max(0.0, time.time() - event.occurred_at.timestamp())
    HANDLED.labels(event.name, "handled" if fresh else "duplicate").inc()
    if fresh:
        LATENCY.labels(event.name).observe(seconds)
    log.info("event_handled" if fresh else "event_duplicate", latency_ms=round(seconds * 1000, 1))

"""The way in: one function per fact, each taking effect once however often the fact arrives.

@consumes(OrderPlaced)
def reserve(fact: OrderPlaced, event: Event) -> None:
    operations.reserve_stock(...)

@job(every=60)
def expire_holds() -> None: ...
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.conf import settings
from django.utils.module_loading import autodiscover_modules

from shared.contracts.base import Event, Fact

F = TypeVar("F", bound=Fact)
FactHandler = Callable[[F, Event], None]
# Gets the event, whose payload may be unreadable, and the cause.
OnFailure = Callable[[Event, str], None]


@dataclass(frozen=True)
class Consumer:
    """A handler of one kind of fact, and what compensates for it when it failed for good."""

    fact: type[Fact]
    function: Callable[[Any, Event], None]
    on_failure: OnFailure | None = None


@dataclass(frozen=True)
class Job:
    """Work of this service's own worker, by the clock (`every` seconds) or enqueued."""

    task: str
    function: Callable[..., None]
    every: float | None


_consumers: dict[str, Consumer] = {}
_jobs: dict[str, Job] = {}


def consumes(
    fact: type[F], *, on_failure: OnFailure | None = None
) -> Callable[[FactHandler[F]], FactHandler[F]]:
    """Registers the handler of a fact. It runs inside the transaction of its inbox entry. When it
    failed for good, `on_failure` is told why, in the transaction that keeps the failed event."""

    def register(function: FactHandler[F]) -> FactHandler[F]:
        if fact.name in _consumers and _consumers[fact.name].function is not function:
            raise RuntimeError(f"{fact.name} has two handlers in one service")
        _consumers[fact.name] = Consumer(fact, function, on_failure)
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
    """What this service consumes, by fact name, and its jobs, by task name: those of its own rooms
    and of every other installed app."""
    _discover()
    return _consumers, _jobs


@cache
def _discover() -> None:
    autodiscover_modules("consumers", "jobs")

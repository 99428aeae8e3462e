"""When a service says again what it holds, so that another can compare: shortly after each change,
and all of it in the course of a day. Both are read from the clock, so nothing is kept between two
runs, and one that is missed is made up for by the next."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

# How often the clock runs the job, in seconds.
PERIOD = 60
# For so long after a change its facts may be on their way; a difference is none before.
SETTLE = timedelta(seconds=60)
BATCH = 200
_TURN = timedelta(seconds=PERIOD)
_DAY = timedelta(days=1)


def just_settled(now: datetime) -> tuple[datetime, datetime]:
    """From when to when a change has just settled. Each change is in the spans of three runs."""
    return now - SETTLE - 3 * _TURN, now - SETTLE


def turn_of_day(first: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """From when to when things began that have their turn now, of all that began since `first`
    and before today. The turns of neighbouring runs overlap by a half."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if first is None or first >= midnight:
        return midnight, midnight
    passed, step = (now - midnight) / _DAY, _TURN / _DAY
    history = midnight - first
    return first + history * max(0.0, passed - step), first + history * min(1.0, passed + step)


def in_batches(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    """In their order, each once, at most BATCH at a time."""
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]

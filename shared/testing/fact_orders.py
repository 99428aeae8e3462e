"""For tests: the facts of one aggregate in every order, each once and each twice. What the service
holds in the end must be what it holds when they come as they were said."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations, permutations
from typing import Any

from django.db import models, transaction

from shared.contracts.base import Fact
from shared.errors import DomainError
from shared.testing.access.rows import undone
from shared.testing.events import deliver

# A history of five facts has 120 orders.
MOST = 24
BEGAN = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    """A fact with its version; `minute` says when its service said it."""

    fact: Fact
    version: int
    minute: int


def history(*facts: Fact) -> tuple[Said, ...]:
    """The facts of one aggregate as they were said: versions from 1."""
    return tuple(Said(fact, number, number) for number, fact in enumerate(facts, start=1))


def parts_of(said: Sequence[Said]) -> Iterator[tuple[Said, ...]]:
    """The whole story, each two of its facts, and each alone: the others may never come."""
    yield tuple(said)
    for length in (1, 2):
        if length < len(said):
            yield from combinations(said, length)


def tell(said: Sequence[Said]) -> None:
    """Delivers each as an event of its own. One that is refused because another has to come first
    is tried again at the end, as by a retry, until no more is taken."""
    waiting = list(said)
    while waiting:
        refused = [one for one in waiting if not _is_taken(one)]
        if len(refused) == len(waiting):
            return
        waiting = refused


def _is_taken(one: Said) -> bool:
    try:
        with transaction.atomic():
            deliver(
                one.fact,
                times=1,
                version=one.version,
                occurred_at=BEGAN + timedelta(minutes=one.minute),
            )
    except DomainError:
        return False
    return True


def assert_any_order_ends_alike(said: Sequence[Said], state: Callable[[], Any]) -> None:
    """`state` gives what the service holds, in plain values that can be compared. Of a history's
    orders MOST at random are tried where there are more, the same ones each time."""
    for part in parts_of(said):
        expected = _ending(part, state)
        for order in _orders_of(part):
            for told in (order, (*order, *order), (*order, *reversed(order))):
                ending = _ending(told, state)
                assert ending == expected, _describe(told)


def _orders_of(part: Sequence[Said]) -> list[tuple[Said, ...]]:
    orders = list(permutations(part))
    return orders if len(orders) <= MOST else random.Random(_describe(part)).sample(orders, MOST)


def _ending(told: Sequence[Said], state: Callable[[], Any]) -> Any:
    """What is held after that; then all of it is undone."""
    with undone():
        tell(told)
        return state()


def _describe(told: Sequence[Said]) -> str:
    return " -> ".join(f"{one.fact.name} v{one.version}" for one in told)


def rows_of(model: type[models.Model], *fields: str, **only: Any) -> list[tuple[Any, ...]]:
    """Those columns of the rows, sorted."""
    rows = model._default_manager.filter(**only).order_by().values_list(*fields)
    return sorted(rows, key=repr)

"""Pure ranking: what is bought together, and how much that means."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from math import exp, log, sqrt
from typing import TypeVar

T = TypeVar("T")

# Pairs seen only a few times say little: their score is shrunk towards zero.
SHRINKAGE = 2.0
HALF_LIFE_DAYS = 90.0
# What trends counts half after so many days.
TREND_HALF_LIFE_DAYS = 14.0
TREND_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Scored:
    """`together` counts baskets that hold both; `score` is between 0 and 1."""

    together: int
    score: float


def weight(age_days: float) -> float:
    """What a basket counts after so many days: a half after HALF_LIFE_DAYS."""
    return exp(-log(2) * max(0.0, age_days) / HALF_LIFE_DAYS)


def trend_weight(at: datetime) -> float:
    """What a signal of that time adds to a sum that never has to be made smaller: instead of old
    ones counting less, new ones count more."""
    days = (at - TREND_BEGAN) / timedelta(days=1)
    return exp(log(2) * days / TREND_HALF_LIFE_DAYS)


def score_one(
    thing: T, baskets: Iterable[tuple[frozenset[T], float]], single: Mapping[T, float]
) -> dict[T, Scored]:
    """The others that share a basket with a thing, scored as by `score_pairs`. `single` has what
    each of them weighs in all baskets."""
    both: Counter[T] = Counter()
    count: Counter[T] = Counter()
    for things, basket_weight in baskets:
        for other in things - {thing}:
            both[other] += basket_weight  # type: ignore[assignment]
            count[other] += 1
    return {
        other: Scored(count[other], _score(both[other], single, (thing, other), count[other]))
        for other in both
        if single.get(other, 0) > 0
    }


def score_pairs(baskets: Iterable[tuple[frozenset[T], float]]) -> dict[tuple[T, T], Scored]:
    """The pairs of things that share a basket, in both directions, by shrunk cosine:
    w(a, b) / sqrt(w(a) w(b)) * n / (n + SHRINKAGE), where w sums the weights of baskets and n
    counts them. A basket is (things, weight)."""
    single: Counter[T] = Counter()
    both: Counter[tuple[T, T]] = Counter()
    count: Counter[tuple[T, T]] = Counter()
    for things, basket_weight in baskets:
        for thing in things:
            single[thing] += basket_weight  # type: ignore[assignment]
        for a, b in combinations(things, 2):
            for pair in ((a, b), (b, a)):
                both[pair] += basket_weight  # type: ignore[assignment]
                count[pair] += 1
    return {
        pair: Scored(count[pair], _score(both[pair], single, pair, count[pair])) for pair in both
    }


def _score(both: float, single: Mapping[T, float], pair: tuple[T, T], count: int) -> float:
    cosine = both / sqrt(single[pair[0]] * single[pair[1]])
    return cosine * count / (count + SHRINKAGE)


def strongest(pairs: Mapping[tuple[T, T], Scored], limit: int) -> dict[T, list[tuple[T, Scored]]]:
    """For each thing the `limit` others with the highest score."""
    by_thing: dict[T, list[tuple[T, Scored]]] = {}
    for (a, b), scored in pairs.items():
        by_thing.setdefault(a, []).append((b, scored))
    for others in by_thing.values():
        others.sort(key=lambda item: (-item[1].score, str(item[0])))
        del others[limit:]
    return by_thing

"""Pure ranking: what is bought together, and how much that means."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
    """The others that share a basket with a thing, by shrunk cosine:
    w(a, b) / sqrt(w(a) w(b)) * n / (n + SHRINKAGE), where w sums the weights of baskets and n
    counts them. A basket is (things, weight); `single` has what each weighs in all baskets."""
    both: Counter[T] = Counter()
    count: Counter[T] = Counter()
    for things, basket_weight in baskets:
        for other in things - {thing}:
            both[other] += basket_weight  # type: ignore[assignment]
            count[other] += 1
    return {
        other: Scored(n, both[other] / sqrt(single[thing] * single[other]) * n / (n + SHRINKAGE))
        for other, n in count.items()
        if single.get(other, 0) > 0
    }


def strongest(scored: Mapping[T, Scored], limit: int) -> list[tuple[T, Scored]]:
    """The `limit` others with the highest score."""
    return sorted(scored.items(), key=lambda item: (-item[1].score, str(item[0])))[:limit]

"""What goes wrong, and when: drawn from a seed, so that a run can be repeated."""

import random
from collections.abc import Callable
from dataclasses import dataclass

SERVICES = (
    *("catalog", "cart", "orders", "inventory", "users"),
    *("reviews", "payments", "notify", "recommend"),
)
# Those that take part in a purchase are hit more often.
HOT = ("cart", "orders", "inventory", "payments")
PROVIDER = (
    *("provider_slow", "provider_errors", "webhooks_lost"),
    *("webhooks_twice", "webhooks_late"),
)


# Yen have no decimals: what rounds by habit shows.
CURRENCIES = ("EUR", "EUR", "JPY")


def currency_of(seed: int) -> str:
    """What the shop of a run sells in: every third seed has yen."""
    return CURRENCIES[seed % len(CURRENCIES)]


@dataclass(frozen=True)
class Fault:
    """`at` and `lasts` are seconds; a kill lasts 0, because supervision starts the part again."""

    at: float
    kind: str
    target: str
    lasts: float = 0.0

    def __str__(self) -> str:
        return f"{self.kind} {self.target}" + (f" for {self.lasts:.0f} s" if self.lasts else "")


Draw = Callable[[random.Random], tuple[str, str, float]]


def _kill(role: str) -> Draw:
    return lambda dice: (f"kill_{role}", dice.choice(SERVICES + HOT), 0.0)


def _fixed(kind: str, target: str, lasts: float) -> Draw:
    return lambda dice: (kind, target, lasts)


def _provider(dice: random.Random) -> tuple[str, str, float]:
    return dice.choice(PROVIDER), "provider", 10.0


def _frozen(dice: random.Random) -> tuple[str, str, float]:
    return "freeze", dice.choice(SERVICES), 20.0


def _stopped(dice: random.Random) -> tuple[str, str, float]:
    return "stop", dice.choice(SERVICES), 15.0


def _late(dice: random.Random) -> tuple[str, str, float]:
    return "facts_late", dice.choice(SERVICES + HOT), 10.0


# One round of everything that the full proof does at least once.
FULL_ROUND: tuple[Draw, ...] = (
    *(_kill("web") for _ in range(3)),
    *(_kill("worker") for _ in range(3)),
    _fixed("kill_gateway_worker", "gateway", 0.0),
    _fixed("kill", "rabbitmq", 0.0),
    _fixed("stop", "rabbitmq", 30.0),
    _fixed("crash", "postgresql", 0.0),
    _fixed("kill", "redis", 0.0),
    *(_fixed(kind, "provider", 12.0) for kind in PROVIDER),
    *(_late for _ in range(3)),
    _frozen,
    _stopped,
    lambda dice: ("clock_twice", dice.choice(HOT), 15.0),
    lambda dice: ("log_disk_full", dice.choice(SERVICES), 15.0),
    _fixed("kill", "payments-sandbox", 0.0),
    _fixed("kill", "mailbox", 0.0),
)
QUICK_ROUND: tuple[Draw, ...] = (
    _kill("web"),
    _kill("worker"),
    lambda dice: ("kill_worker", "orders", 0.0),
    _fixed("kill", "rabbitmq", 0.0),
    _fixed("crash", "postgresql", 0.0),
    _fixed("kill", "redis", 0.0),
    _fixed("kill_gateway_worker", "gateway", 0.0),
    _provider,
    _provider,
    _late,
    _late,
    lambda dice: ("freeze", dice.choice(SERVICES), 8.0),
    lambda dice: ("clock_twice", dice.choice(HOT), 8.0),
    lambda dice: ("log_disk_full", dice.choice(SERVICES), 8.0),
)


def draw(seed: int, *, seconds: float, rounds: int, full: bool) -> list[Fault]:
    """The faults of a run of so many seconds, in order of time. A round's faults come shuffled,
    spread evenly with jitter, and all end before the run does."""
    dice = random.Random(seed)
    drawn: list[tuple[str, str, float]] = []
    for _ in range(rounds):
        one = [choose(dice) for choose in (FULL_ROUND if full else QUICK_ROUND)]
        dice.shuffle(one)
        drawn += one
    first = min(8.0, seconds / 6)
    step = (seconds - first) / (len(drawn) + 1)
    faults = []
    for number, (kind, target, lasts) in enumerate(drawn):
        at = first + step * (number + dice.uniform(0, 0.5))
        faults.append(Fault(round(at, 2), kind, target, min(lasts, max(1.0, seconds - at - 1))))
    return faults

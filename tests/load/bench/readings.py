"""What a round gives: numbers, each beside the limits that were measured in the same round."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from compose.local.layout import Layout
from compose.local.state import State


@dataclass(frozen=True)
class Target:
    """`value` is a bound of the figure itself or, when `of` names a limit, of its share of that."""

    value: float
    of: str = ""
    at_most: bool = False

    def is_met(self, found: float) -> bool:
        return found <= self.value if self.at_most else found >= self.value

    def __str__(self) -> str:
        sign = "≤" if self.at_most else "≥"
        return f"{sign} {self.value:.0%} of {self.of}" if self.of else f"{sign} {self.value:,g}"


@dataclass(frozen=True)
class Reading:
    """One figure of one round."""

    name: str
    value: float
    unit: str = "/s"
    limits: Mapping[str, float] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()


@dataclass
class Figure:
    """The same reading of all rounds."""

    topic: str
    name: str
    unit: str
    targets: tuple[Target, ...]
    values: list[float] = field(default_factory=list)
    limits: dict[str, list[float]] = field(default_factory=dict)

    def add(self, reading: Reading) -> None:
        self.values.append(reading.value)
        for name, value in reading.limits.items():
            self.limits.setdefault(name, []).append(value)

    @property
    def median(self) -> float:
        return median(self.values)

    def share(self, limit: str) -> float:
        """The median of the rounds' own shares: both sides of each were measured together."""
        return median(a / b for a, b in zip(self.values, self.limits[limit], strict=True))

    def found(self, target: Target) -> float:
        return self.share(target.of) if target.of else self.median

    @property
    def is_met(self) -> bool | None:
        """None where nothing was aimed at."""
        if not self.targets:
            return None
        return all(map(self.meets, self.targets))

    def meets(self, target: Target) -> bool:
        return target.is_met(self.found(target))

    def as_json(self) -> dict[str, Any]:
        return {
            "topic": self.topic,
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "rounds": self.values,
            "limits": {
                name: {"median": median(values), "rounds": values, "share": self.share(name)}
                for name, values in self.limits.items()
            },
            "targets": [
                {
                    **asdict(target),
                    "target": str(target),
                    "found": self.found(target),
                    "met": self.meets(target),
                }
                for target in self.targets
            ],
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Figure":
        """What `as_json` told."""
        targets = tuple(
            Target(each["value"], each["of"], each["at_most"]) for each in told["targets"]
        )
        limits = {name: list(limit["rounds"]) for name, limit in told["limits"].items()}
        rounds = list(told["rounds"])
        return cls(told["topic"], told["name"], told["unit"], targets, rounds, limits)


@dataclass(frozen=True)
class Bench:
    """The run: its shop and how long things take. `is_quick` is only to try it out."""

    layout: Layout
    state: State
    is_quick: bool

    @property
    def seconds(self) -> int:
        """Of one measurement by wrk."""
        return 1 if self.is_quick else 3

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.state.port('http')}"

    def web(self, service: str) -> str:
        """A web process of the service, asked without the gateway."""
        return f"http://127.0.0.1:{self.state.port(f'{service}-web-1')}"


Round = Callable[[], Iterator[Reading]]
Topic = Callable[[Bench], AbstractContextManager[Round]]

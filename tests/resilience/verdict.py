"""From evidence to an answer: a line for each invariant, and what is wrong where one is broken."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.resilience.availability import WELL_ENOUGH, Share
from tests.resilience.evidence import Evidence
from tests.resilience.invariants import INVARIANTS, Breach

SHOWN = 5
UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


@dataclass
class Line:
    """One judged sentence; it holds when nothing breaks it and something was looked at."""

    name: str
    count: int
    breaches: list[Breach] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return self.count > 0 and not self.breaches


@dataclass
class Report:
    """A whole run: the lines, and the figures beside them."""

    seed: int
    mode: str
    lines: list[Line]
    facts: dict[str, Any] = field(default_factory=dict)
    timelines: dict[str, list[str]] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return all(line.holds for line in self.lines)

    def write(self, path: Path) -> None:
        lines = [{**asdict(line), "holds": line.holds} for line in self.lines]
        body = {**asdict(self), "lines": lines, "holds": self.holds}
        path.write_text(json.dumps(body, indent=2, default=str) + "\n")


def judge(evidence: Evidence) -> list[Line]:
    return [
        Line(rule.name, rule.count(evidence), list(rule.check(evidence))) for rule in INVARIANTS
    ]


def judge_availability(shares: dict[str, Share], worst: Sequence[str]) -> list[Line]:
    """A line each for pages and API: answered well whenever the degradation table promises it."""
    lines = []
    for kind, share in shares.items():
        name = f"{kind} answered well: {share.well:.2%} of what is promised"
        said = [f"{share.bad} answers without an excuse", *worst]
        breaches = [] if share.well >= WELL_ENOUGH else [Breach(kind, what) for what in said]
        lines.append(Line(name, share.asked, breaches))
    return lines


def orders_in(lines: Sequence[Line]) -> list[str]:
    """Ids worth a timeline: a few of each broken line."""
    found: list[str] = []
    for line in lines:
        found += [one.id for one in line.breaches[:SHOWN] if UUID.match(one.id)]
    return list(dict.fromkeys(found))


def as_text(report: Report) -> list[str]:
    """What is printed."""
    text = []
    for line in report.lines:
        word = "holds " if line.holds else "BROKEN"
        text.append(f"  {word}  {line.name:<52} {line.count:>7,} looked at")
        text += [f"          {one.id}: {one.what}" for one in line.breaches[:SHOWN]]
        if len(line.breaches) > SHOWN:
            text.append(f"          and {len(line.breaches) - SHOWN} more")
        if not line.count:
            text.append("          nothing to look at: that proves nothing")
    for order_id, moments in report.timelines.items():
        text += [f"\n  {order_id}", *(f"    {moment}" for moment in moments)]
    return text

"""How well the shop answered while parts of it were away, from the shoppers' journal.

NEEDS is the degradation table as code (docs/resilience.md is the same for people): what each
request cannot do without. A request whose needs are all up must be answered well.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ALWAYS = {"gateway"}
CART = {"cart", "postgresql"}
NEEDS: dict[str, set[str]] = {
    # Pages of the catalogue come from the gateway's cache while catalog is away, if anybody has
    # looked at them before.
    "page front": set(),
    "page listing": set(),
    "page product": {"catalog", "postgresql"},
    "page search": {"catalog", "postgresql"},
    "/catalog/api/v1/products/": {"catalog", "postgresql"},
    "product": {"catalog", "postgresql"},
    "edit price": {"catalog", "postgresql"},
    "/cart/api/v1/cart/items/": CART,
    "/cart/api/v1/cart/checkout/": CART,
    "page add to cart": CART,
    "page cart": CART,
    "page checkout": CART,
    "page place order": CART,
    "order": {"orders", "postgresql"},
    "order cancel": {"orders", "postgresql"},
    "order returns": {"orders", "postgresql"},
    "ship": {"orders", "postgresql"},
    "deliver": {"orders", "postgresql"},
    "refund": {"orders", "postgresql"},
    "receive return": {"orders", "postgresql"},
    "page order": {"orders", "postgresql"},
    "page payment": {"payments", "postgresql"},
    "payments confirm": {"payments", "postgresql", "provider", "payments-sandbox"},
    "register": {"users", "postgresql"},
    # Wrong passwords are counted in the cache: while it is away, nobody may guess.
    "token": {"users", "postgresql", "redis"},
    "review": {"reviews", "postgresql"},
}
WELL_ENOUGH = 0.99
# A request that was under way when its part came back may still end badly.
GRACE_SECONDS = 2.0


@dataclass(frozen=True)
class Outage:
    """A part that was away, from when until it did its work again."""

    part: str
    began: float
    ended: float


@dataclass
class Share:
    """Answers of one kind: `excused` are bad ones that the degradation table allows."""

    good: int = 0
    excused: int = 0
    bad: int = 0

    @property
    def asked(self) -> int:
        return self.good + self.excused + self.bad

    @property
    def well(self) -> float:
        owed = self.good + self.bad
        return self.good / owed if owed else 1.0


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Every whole line; the last one may have been cut off."""
    entries = []
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            entries.append(json.loads(line))
        except ValueError:
            continue
    return entries


def judge(journal: Iterable[dict[str, Any]], outages: Iterable[Outage]) -> dict[str, Share]:
    """Shares by kind of request: pages, API."""
    listed = list(outages)
    shares = {"pages": Share(), "API": Share()}
    for entry in journal:
        if entry["kind"] == "request":
            share = shares["pages" if entry["name"].startswith("page ") else "API"]
            if not entry["error"]:
                share.good += 1
            elif is_excused(entry, listed):
                share.excused += 1
            else:
                share.bad += 1
    return shares


def is_excused(entry: dict[str, Any], outages: Iterable[Outage]) -> bool:
    """Whether something that the request needs was away at some time while it was served."""
    needs = ALWAYS | NEEDS.get(entry["name"], set())
    ended = entry["t"]
    began = ended - entry["ms"] / 1000
    return any(
        outage.part in needs and outage.began <= ended and began <= outage.ended + GRACE_SECONDS
        for outage in outages
    )


def unexcused(journal: Iterable[dict[str, Any]], outages: Iterable[Outage]) -> Iterator[str]:
    """What went badly without an excuse, counted by name and answer."""
    listed = list(outages)
    bad = Counter(
        f"{entry['name']}: {entry['error']}"
        for entry in journal
        if entry["kind"] == "request" and entry["error"] and not is_excused(entry, listed)
    )
    for what, times in bad.most_common(8):
        yield f"{times} x {what}"

"""What a list could be narrowed by, with counts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from catalog.queries.sampling import MAX_CHOICES, Counted, Wanted
from catalog.queries.selecting import Shelves
from catalog.rules.filters import Filters
from catalog.rules.product import SEPARATOR

MAX_SHOWN = 8


@dataclass(frozen=True)
class Choice:
    """A value of a filter and how many products it would show."""

    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True)
class Facet:
    """`name` is the parameter of the query string."""

    name: str
    label: str
    choices: list[Choice]

    def split_choices(self) -> tuple[list[Choice], list[Choice]]:
        """What a page shows at once, and the rest: all of a short list, else the chosen and the
        most frequent."""
        if len(self.choices) <= MAX_SHOWN + 1:
            return self.choices, []
        ranked = sorted(self.choices, key=lambda c: (not c.selected, -c.count))
        chosen = sum(choice.selected for choice in self.choices)
        shown = {choice.value for choice in ranked[: max(MAX_SHOWN, chosen)]}
        first = [choice for choice in self.choices if choice.value in shown]
        return first, [choice for choice in self.choices if choice.value not in shown]


@dataclass(frozen=True)
class Counts:
    """`of` is kind -> key -> number of products. `is_sampled` when there were more than are
    counted, and some of the numbers are those of some of the products."""

    of: Mapping[str, Mapping[str, int]]
    lowest: Decimal | None
    highest: Decimal | None
    is_sampled: bool


def count_choices(found: Sequence[Counted]) -> Counts:
    """From the counts of `list_wanted`."""
    of = {name: keys for one in found for name, keys in one.of.items()}
    priced = found[0]
    return Counts(of, priced.lowest, priced.highest, any(one.is_sampled for one in found))


def list_wanted(filters: Filters) -> tuple[Wanted, ...]:
    """Which filters to leave set, and what to count then; the first one is for the price. Each
    filter is counted under all the others but itself, so that its numbers say what another of its
    values would add; filters that leave the same products share a sample."""
    kinds = [
        ("category", "category", filters.without("categories")),
        ("brand", "brand", filters.without("brands")),
        ("rating", "rating", filters.without("rating_min")),
        ("in_stock", "in_stock", filters.without("in_stock")),
        ("attributes", "attributes", filters),
        *(
            ("attributes", f"attr{number}", filters.without(f"attr.{name}"))
            for number, name in enumerate(filters.attributes)
        ),
    ]
    found = [(filters.without("price"), [("all", "")])]
    for kind, name, narrowed in kinds:
        shared = next((counts for other, counts in found if other == narrowed), None)
        if shared is None:
            found.append((narrowed, [("all", ""), (kind, name)]))
        else:
            shared.append((kind, name))
    return tuple(Wanted(narrowed, tuple(counts), filters.brands) for narrowed, counts in found)


def build_facets(found: Counts, filters: Filters, shelves: Shelves) -> list[Facet]:
    counts = found.of
    facets = [
        _category_facet(counts.get("category", {}), filters, shelves),
        _brand_facet(counts.get("brand", {}), filters),
        *_attribute_facets(counts, filters),
        _rating_facet(counts.get("rating", {}), filters),
        _stock_facet(counts.get("in_stock", {}), filters),
    ]
    return [facet for facet in facets if facet.choices]


def _category_facet(counts: Mapping[str, int], filters: Filters, shelves: Shelves) -> Facet:
    choices = []
    for node in shelves.choices(filters.categories):
        total = sum(counts.get(str(pk), 0) for pk in shelves.under([node]))
        selected = node.slug in filters.categories
        if total or selected:
            choices.append(Choice(node.slug, node.title, total, selected))
    return Facet("category", "Category", choices)


def _brand_facet(counts: Mapping[str, int], filters: Filters) -> Facet:
    choices = []
    for key, total in counts.items():
        slug, _, title = key.partition(SEPARATOR)
        if slug:
            choices.append(Choice(slug, title, total, slug in filters.brands))
    return Facet("brand", "Brand", _most(choices))


def _most(choices: list[Choice]) -> list[Choice]:
    """The chosen and the most frequent ones, by name."""
    ranked = sorted(choices, key=lambda c: (not c.selected, -c.count, c.label.lower()))
    return sorted(ranked[:MAX_CHOICES], key=lambda choice: _shelf_order(choice.label))


@lru_cache(maxsize=4096)
def _shelf_order(label: str) -> str:
    """By name, numbers by their size: 3 g, 50 g, 100 g."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(9), label.lower())


def _attribute_facets(counts: Mapping[str, Mapping[str, int]], filters: Filters) -> list[Facet]:
    found: dict[str, dict[str, int]] = {}
    for key, total in counts.get("attributes", {}).items():
        name, _, value = key.partition(SEPARATOR)
        if name not in filters.attributes:
            found.setdefault(name, {})[value] = total
    for number, (name, chosen) in enumerate(filters.attributes.items()):
        prefix = f"{name}{SEPARATOR}"
        own = counts.get(f"attr{number}", {})
        values = {k.removeprefix(prefix): n for k, n in own.items() if k.startswith(prefix)}
        found[name] = dict.fromkeys(chosen, 0) | values
    ranked = sorted(found, key=lambda n: (n not in filters.attributes, -sum(found[n].values()), n))
    return [_attribute_facet(name, found[name], filters) for name in sorted(ranked[:6])]


def _attribute_facet(name: str, values: dict[str, int], filters: Filters) -> Facet:
    chosen = filters.attributes.get(name, ())
    choices = [Choice(value, value, total, value in chosen) for value, total in values.items()]
    return Facet(f"attr.{name}", name, _most(choices))


def _rating_facet(counts: Mapping[str, int], filters: Filters) -> Facet:
    by_star = {int(Decimal(key)): total for key, total in counts.items()}
    choices = []
    for stars in (4, 3, 2):
        total = sum(number for star, number in by_star.items() if star >= stars)
        selected = filters.rating_min == stars
        if total or selected:
            choices.append(Choice(str(stars), f"{stars} stars and more", total, selected))
    return Facet("rating_min", "Rating", choices)


def _stock_facet(counts: Mapping[str, int], filters: Filters) -> Facet:
    total = counts.get("true", 0)
    return Facet("in_stock", "Availability", [Choice("1", "In stock", total, filters.in_stock)])

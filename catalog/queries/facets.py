"""What a list could be narrowed by, with counts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast, Right

from catalog.models import Brand
from catalog.queries.selecting import Products, Shelves, narrow
from catalog.queries.statements import Statement
from catalog.rules.filters import Filters
from catalog.rules.product import SEPARATOR

MAX_CHOICES = 30
MAX_SHOWN = 8
# Of more products than this so many (and one) are counted, at random: so an id ends.
MAX_COUNTED = 2400
SHUFFLED = Right(Cast("id", TextField()), 8)
COUNTED = ("category_id", "brand_id", "rating_average", "in_stock", "attributes", "min_price")
# Each gives rows of (kind, key, count, lowest price, highest price) about the sample {0}.
COUNTS = {
    "all": "SELECT '{1}', NULL, count(*), min(min_price), max(min_price) FROM {0}",
    "category": "SELECT '{1}', category_id::text, count(*), NULL, NULL FROM {0} GROUP BY 2",
    "brand": "SELECT '{1}', b.slug || chr(31) || b.title, count(*), NULL, NULL"
    " FROM {0} JOIN {2} b ON b.id = brand_id GROUP BY 2",
    "rating": "SELECT '{1}', floor(rating_average)::text, count(*), NULL, NULL FROM {0} GROUP BY 2",
    "in_stock": "SELECT '{1}', in_stock::text, count(*), NULL, NULL FROM {0} GROUP BY 2",
    "attributes": "SELECT '{1}', unnest(attributes), count(*), NULL, NULL FROM {0} GROUP BY 2",
}


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
    """`of` is kind -> key -> number of products. `is_sampled` when there were more than
    MAX_COUNTED, and these are the numbers of so many of them."""

    of: Mapping[str, Mapping[str, int]]
    lowest: Decimal | None
    highest: Decimal | None
    is_sampled: bool


def counting_choices(base: Products, filters: Filters, shelves: Shelves) -> Statement:
    """Its rows are for `read_counts`. Each filter is counted under all the others but itself, so
    that its numbers say what another of its values would add; filters that leave the same products
    share a sample."""
    parts, selects = [], []
    values: list[Any] = []
    for number, (narrowed, counted) in enumerate(_samples(filters)):
        name = f"s{number}"
        sample = _sample(narrow(base, narrowed, shelves))
        if not sample.sql:
            continue
        parts.append(f"{name} AS MATERIALIZED ({sample.sql})")
        values += sample.values
        selects += [COUNTS[kind].format(name, key, Brand._meta.db_table) for kind, key in counted]
    sql = f"WITH {', '.join(parts)} {' UNION ALL '.join(selects)}" if parts else ""
    return Statement(sql, tuple(values))


def _samples(filters: Filters) -> list[tuple[Filters, list[tuple[str, str]]]]:
    """Which filters to leave set, and what to count then as (kind, name in the answer)."""
    wanted = [
        ("all", "price", filters.without("price")),
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
    samples: list[tuple[Filters, list[tuple[str, str]]]] = []
    for kind, key, narrowed in wanted:
        shared = next((counted for other, counted in samples if other == narrowed), None)
        if shared is None:
            samples.append((narrowed, [("all", ""), (kind, key)]))
        else:
            shared.append((kind, key))
    return samples


def _sample(products: Products) -> Statement:
    return Statement.of(products.order_by(SHUFFLED).values_list(*COUNTED)[: MAX_COUNTED + 1])


def read_counts(rows: Iterable[tuple[Any, ...]]) -> Counts:
    counts: dict[str, dict[str, int]] = {}
    lowest = highest = None
    is_sampled = False
    for kind, key, total, low, high in rows:
        if kind == "price":
            lowest, highest = low, high
        elif kind == "":
            is_sampled = is_sampled or total > MAX_COUNTED
        elif key is not None:
            counts.setdefault(kind, {})[key] = total
    return Counts(counts, lowest, highest, is_sampled)


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
    return sorted(ranked[:MAX_CHOICES], key=_shelf_order)


def _shelf_order(choice: Choice) -> str:
    """By name, numbers by their size: 3 g, 50 g, 100 g."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(9), choice.label.lower())


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

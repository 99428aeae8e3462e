"""What a list could be narrowed by, with counts."""

import re
from collections import Counter
from dataclasses import dataclass

from catalog.queries.products import CategoryNotFound
from catalog.queries.search.statements import ALL, Found
from catalog.rules.filters import Filters
from catalog.rules.product import SEPARATOR

MAX_SHOWN = 8
# So many values of a filter are offered, and so many options can be chosen by.
MAX_CHOICES = 30
MAX_ATTRIBUTES = 6


@dataclass(frozen=True)
class Choice:
    """A value of a filter and how many products it would show."""

    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True)
class Facet:
    """`name` is the parameter of the query string. The counts of a long list are estimates: they
    are `is_sampled`."""

    name: str
    label: str
    choices: list[Choice]
    is_sampled: bool

    def split_choices(self) -> tuple[list[Choice], list[Choice]]:
        """What a page shows at once, and the rest: all of a short list, else the chosen and the
        most frequent."""
        if len(self.choices) <= MAX_SHOWN + 1:
            return self.choices, []
        ranked = sorted(self.choices, key=lambda c: (not c.selected, -c.count))
        shown = ranked[: max(MAX_SHOWN, sum(choice.selected for choice in ranked))]
        return [c for c in self.choices if c in shown], [c for c in self.choices if c not in shown]


def list_counted(filters: Filters) -> dict[str, Filters]:
    """The lists to count for the facets: that of all filters, and for each that is set the one
    without it, so that its numbers say what another of its values would add."""
    names = [f"attr.{name}" for name in filters.attributes]
    names += [n for n in ("categories", "brands", "rating_min", "in_stock") if getattr(filters, n)]
    if filters.min_price is not None or filters.max_price is not None:
        names.append("price")
    return {ALL: filters} | {name: filters.without(name) for name in names}


def build_facets(found: Found, filters: Filters) -> list[Facet]:
    """Raises CategoryNotFound where the scope is unknown."""
    in_stock = found.without("in_stock")
    stock = Choice("1", "In stock", in_stock.count("in_stocktrue"), filters.in_stock)
    facets = [
        _category_facet(found, filters),
        _brand_facet(found, filters),
        *(_attribute_facet(name, found, filters) for name in _list_attributes(found, filters)),
        _rating_facet(found, filters),
        Facet("in_stock", "Availability", [stock], in_stock.level > 0),
    ]
    return [facet for facet in facets if facet.choices]


def _category_facet(found: Found, filters: Filters) -> Facet:
    """The categories right under the scope, and what is chosen already."""
    scopes = {slug: (path, depth) for _, path, depth, slug, _ in found.tree} | {"": ("", 0)}
    if filters.scope not in scopes:
        raise CategoryNotFound(f"There is no category {filters.scope[:100]}")
    scope, scope_depth = scopes[filters.scope]
    counts, choices = found.without("categories"), []
    numbers = [(path, counts.count(f"category{pk}")) for pk, path, *_ in found.tree]
    filled = [(path, number) for path, number in numbers if number]
    for _, path, depth, slug, title in found.tree:
        selected = slug in filters.categories
        if path.startswith(scope) and (depth == scope_depth + 1 or selected):
            total = sum(number for other, number in filled if other.startswith(path))
            if total or selected:
                choices.append(Choice(slug, title, total, selected))
    return Facet("category", "Category", choices, counts.level > 0)


def _brand_facet(found: Found, filters: Filters) -> Facet:
    counts = found.without("brands")
    choices = [
        Choice(slug, title, total, slug in filters.brands)
        for pk, (slug, title) in found.brands.items()
        if (total := counts.count(f"brand{pk}")) or slug in filters.brands
    ]
    return Facet("brand", "Brand", _choose(choices), counts.level > 0)


def _choose(choices: list[Choice]) -> list[Choice]:
    """The chosen and the most frequent ones, by name; numbers by their size: 3 g, 50 g, 100 g."""
    ranked = sorted(choices, key=lambda c: (not c.selected, -c.count, c.label.lower()))
    return sorted(
        ranked[:MAX_CHOICES],
        key=lambda c: re.sub(r"\d+", lambda digits: digits[0].zfill(9), c.label.lower()),
    )


def _list_attributes(found: Found, filters: Filters) -> list[str]:
    """Those that are chosen, and the most frequent ones."""
    totals: Counter[str] = Counter()
    for key, total in found.without(ALL).keys.items():
        name, separator, _ = key.partition(SEPARATOR)
        if separator:
            totals[name] += total
    ranked = sorted(totals, key=lambda name: (-totals[name], name))
    return sorted(list(dict.fromkeys([*filters.attributes, *ranked]))[:MAX_ATTRIBUTES])


def _attribute_facet(name: str, found: Found, filters: Filters) -> Facet:
    chosen, prefix = filters.attributes.get(name, ()), f"{name}{SEPARATOR}"
    counts = found.without(f"attr.{name}")
    there = [key.removeprefix(prefix) for key in counts.keys if key.startswith(prefix)]
    choices = [
        Choice(value, value, counts.count(prefix + value), value in chosen)
        for value in dict.fromkeys([*chosen, *there])
    ]
    return Facet(f"attr.{name}", name, _choose(choices), counts.level > 0)


def _rating_facet(found: Found, filters: Filters) -> Facet:
    counts, choices = found.without("rating_min"), []
    for stars in (4, 3, 2):
        total = sum(counts.count(f"rating{number}") for number in range(stars, 6))
        selected = filters.rating_min == stars
        if total or selected:
            choices.append(Choice(str(stars), f"{stars} stars and more", total, selected))
    return Facet("rating_min", "Rating", choices, counts.level > 0)

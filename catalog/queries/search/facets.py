"""What a list could be narrowed by, with counts."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from catalog.models import Category
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
        chosen = sum(choice.selected for choice in self.choices)
        shown = {choice.value for choice in ranked[: max(MAX_SHOWN, chosen)]}
        first = [choice for choice in self.choices if choice.value in shown]
        return first, [choice for choice in self.choices if choice.value not in shown]


class Node(NamedTuple):
    """A category of the tree."""

    pk: int
    path: str
    depth: int
    slug: str
    title: str

    def list_paths(self) -> list[str]:
        """Of the categories that it is in, and its own."""
        ends = range(Category.steplen, len(self.path) + 1, Category.steplen)
        return [self.path[:end] for end in ends]


def list_counted(filters: Filters) -> dict[str, Filters]:
    """The lists to count for the facets: that of all filters, and for each that is set the one
    without it, so that its numbers say what another of its values would add."""
    names = ["categories", "brands", "rating_min", "in_stock", "price"]
    names += [f"attr.{name}" for name in filters.attributes]
    others = {name: filters.without(name) for name in names}
    return {ALL: filters} | {name: own for name, own in others.items() if own != filters}


def build_facets(found: Found, filters: Filters) -> list[Facet]:
    """Raises CategoryNotFound where the scope is unknown."""
    facets = [
        _category_facet(found, filters),
        _brand_facet(found, filters),
        *_attribute_facets(found, filters),
        _rating_facet(found, filters),
        _stock_facet(found, filters),
    ]
    return [facet for facet in facets if facet.choices]


def _category_facet(found: Found, filters: Filters) -> Facet:
    """The categories right under the scope, and what is chosen already."""
    tree = [Node(*row) for row in found.categories]
    scope = next((node for node in tree if node.slug == filters.scope), None)
    if filters.scope and scope is None:
        raise CategoryNotFound(f"There is no category {filters.scope[:100]}")
    path, depth = (scope.path, scope.depth + 1) if scope else ("", 1)
    counts, totals = found.without("categories"), Counter[str]()
    for node in tree:
        if number := counts.count(f"category{node.pk}"):
            totals.update(dict.fromkeys(node.list_paths(), number))
    choices = [
        Choice(node.slug, node.title, totals[node.path], node.slug in filters.categories)
        for node in tree
        if node.path.startswith(path) and (node.depth == depth or node.slug in filters.categories)
    ]
    choices = [choice for choice in choices if choice.count or choice.selected]
    return Facet("category", "Category", choices, counts.is_sampled)


def _brand_facet(found: Found, filters: Filters) -> Facet:
    counts = found.without("brands")
    choices = [
        Choice(slug, title, total, slug in filters.brands)
        for pk, (slug, title) in found.brands.items()
        if (total := counts.count(f"brand{pk}"))
    ]
    return Facet("brand", "Brand", _most(choices), counts.is_sampled)


def _most(choices: list[Choice]) -> list[Choice]:
    """The chosen and the most frequent ones, by name."""
    ranked = sorted(choices, key=lambda c: (not c.selected, -c.count, c.label.lower()))
    return sorted(ranked[:MAX_CHOICES], key=lambda choice: _natural_order(choice.label))


def _natural_order(label: str) -> str:
    """By name, numbers by their size: 3 g, 50 g, 100 g."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(9), label.lower())


def _attribute_facets(found: Found, filters: Filters) -> list[Facet]:
    """Those that are chosen, and the most frequent ones."""
    totals: Counter[str] = Counter()
    for key, total in found.without(ALL).keys.items():
        name, separator, _ = key.partition(SEPARATOR)
        totals[name] += total if separator else 0
    offered = [name for name, total in totals.most_common() if total]
    names = dict.fromkeys([*filters.attributes, *offered])
    return [_attribute_facet(name, found, filters) for name in sorted([*names][:MAX_ATTRIBUTES])]


def _attribute_facet(name: str, found: Found, filters: Filters) -> Facet:
    chosen, prefix = filters.attributes.get(name, ()), f"{name}{SEPARATOR}"
    counts = found.without(f"attr.{name}")
    there = [key.removeprefix(prefix) for key in counts.keys if key.startswith(prefix)]
    choices = [
        Choice(value, value, counts.count(prefix + value), value in chosen)
        for value in dict.fromkeys([*chosen, *there])
    ]
    return Facet(f"attr.{name}", name, _most(choices), counts.is_sampled)


def _rating_facet(found: Found, filters: Filters) -> Facet:
    counts, choices = found.without("rating_min"), []
    for stars in (4, 3, 2):
        total = sum(counts.count(f"rating{number}") for number in range(stars, 6))
        selected = filters.rating_min == stars
        if total or selected:
            choices.append(Choice(str(stars), f"{stars} stars and more", total, selected))
    return Facet("rating_min", "Rating", choices, counts.is_sampled)


def _stock_facet(found: Found, filters: Filters) -> Facet:
    counts = found.without("in_stock")
    choices = [Choice("1", "In stock", counts.count("in_stocktrue"), filters.in_stock)]
    return Facet("in_stock", "Availability", choices, counts.is_sampled)

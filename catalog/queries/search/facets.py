"""What a list could be narrowed by, with counts."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from catalog.queries.products import CategoryNotFound
from catalog.queries.search.statements import Labels, Row
from catalog.rules.filters import Filters
from catalog.rules.product import PAIR_SEPARATOR, SEPARATOR

MAX_SHOWN = 8
# So many values of a filter are offered.
MAX_CHOICES = 30
# What can be counted of the products of a list.
COUNTS: Mapping[str, Callable[[Sequence[Row]], Any]] = {
    "category": lambda rows: Counter([row.category for row in rows]),
    "brand": lambda rows: Counter([row.brand for row in rows if row.brand is not None]),
    "rating": lambda rows: Counter([row.stars for row in rows if row.stars is not None]),
    "in_stock": lambda rows: sum([row.in_stock for row in rows]),
    "attributes": lambda rows: Counter(
        PAIR_SEPARATOR.join([row.options for row in rows if row.options]).split(PAIR_SEPARATOR)
    ),
    "price": lambda rows: [row.price for row in rows],
}


@dataclass(frozen=True)
class Counting:
    """A list whose products are counted: its filters, and kinds of COUNTS by the facet's name."""

    filters: Filters
    kinds: dict[str, str] = field(default_factory=dict)


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


class Node(NamedTuple):
    """A category of the tree."""

    pk: int
    path: str
    depth: int
    slug: str
    title: str


def list_countings(filters: Filters) -> list[Counting]:
    """Which lists to count for the facets, that of all filters first. Each filter is counted under
    all the others but itself, so that its numbers say what another of its values would add."""
    kinds = [
        ("attributes", "attributes", filters),
        ("category", "category", filters.without("categories")),
        ("brand", "brand", filters.without("brands")),
        ("rating", "rating", filters.without("rating_min")),
        ("in_stock", "in_stock", filters.without("in_stock")),
        ("price", "price", filters.without("price")),
        *(
            (f"attr{number}", "attributes", filters.without(f"attr.{name}"))
            for number, name in enumerate(filters.attributes)
        ),
    ]
    found: list[Counting] = []
    for key, kind, narrowed in kinds:
        same = next((one for one in found if one.filters == narrowed), None)
        if same is None:
            found.append(same := Counting(narrowed))
        same.kinds[key] = kind
    return found


def count_lists(countings: Sequence[Counting], lists: Sequence[Sequence[Row]]) -> dict[str, Any]:
    """What was counted, by the facet's name."""
    return {
        key: COUNTS[kind](rows)
        for counting, rows in zip(countings, lists, strict=True)
        for key, kind in counting.kinds.items()
    }


def build_facets(counts: Mapping[str, Any], filters: Filters, labels: Labels) -> list[Facet]:
    """Raises CategoryNotFound where the scope is unknown."""
    tree = [Node(*row) for row in labels.categories or ()]
    facets = [
        _category_facet(counts["category"], filters, tree),
        _brand_facet(counts["brand"], filters, labels),
        *_attribute_facets(counts, filters),
        _rating_facet(counts["rating"], filters),
        Facet(
            "in_stock",
            "Availability",
            [Choice("1", "In stock", counts["in_stock"], filters.in_stock)],
        ),
    ]
    return [facet for facet in facets if facet.choices]


def _category_facet(counts: Mapping[int, int], filters: Filters, tree: Sequence[Node]) -> Facet:
    """The categories right under the scope, and what is chosen already."""
    scope = next((node for node in tree if node.slug == filters.scope), None)
    if filters.scope and scope is None:
        raise CategoryNotFound(f"There is no category {filters.scope[:100]}")
    path, depth = (scope.path, scope.depth + 1) if scope else ("", 1)
    numbers = [(node.path, counts[node.pk]) for node in tree if node.pk in counts]
    choices = []
    for node in tree:
        selected = node.slug in filters.categories
        if node.path.startswith(path) and (node.depth == depth or selected):
            total = sum(n for other, n in numbers if other.startswith(node.path))
            if total or selected:
                choices.append(Choice(node.slug, node.title, total, selected))
    return Facet("category", "Category", choices)


def _brand_facet(counts: Mapping[int, int], filters: Filters, labels: Labels) -> Facet:
    choices = [
        Choice(slug, title, counts[pk], slug in filters.brands)
        for pk, slug, title in labels.brands or ()
        if pk in counts
    ]
    return Facet("brand", "Brand", _most(choices))


def _most(choices: list[Choice]) -> list[Choice]:
    """The chosen and the most frequent ones, by name."""
    ranked = sorted(choices, key=lambda c: (not c.selected, -c.count, c.label.lower()))
    return sorted(ranked[:MAX_CHOICES], key=lambda choice: _natural_order(choice.label))


def _natural_order(label: str) -> str:
    """By name, numbers by their size: 3 g, 50 g, 100 g."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(9), label.lower())


def _attribute_facets(counts: Mapping[str, Any], filters: Filters) -> list[Facet]:
    found: dict[str, dict[str, int]] = {}
    for key, total in counts["attributes"].items():
        name, _, value = key.partition(SEPARATOR)
        if name and name not in filters.attributes:
            found.setdefault(name, {})[value] = total
    for number, (name, chosen) in enumerate(filters.attributes.items()):
        prefix = f"{name}{SEPARATOR}"
        own = counts[f"attr{number}"]
        values = {k.removeprefix(prefix): n for k, n in own.items() if k.startswith(prefix)}
        found[name] = dict.fromkeys(chosen, 0) | values
    ranked = sorted(found, key=lambda n: (n not in filters.attributes, -sum(found[n].values()), n))
    return [_attribute_facet(name, found[name], filters) for name in sorted(ranked[:6])]


def _attribute_facet(name: str, values: dict[str, int], filters: Filters) -> Facet:
    chosen = filters.attributes.get(name, ())
    choices = [Choice(value, value, total, value in chosen) for value, total in values.items()]
    return Facet(f"attr.{name}", name, _most(choices))


def _rating_facet(counts: Mapping[int, int], filters: Filters) -> Facet:
    choices = []
    for stars in (4, 3, 2):
        total = sum(number for star, number in counts.items() if star >= stars)
        selected = filters.rating_min == stars
        if total or selected:
            choices.append(Choice(str(stars), f"{stars} stars and more", total, selected))
    return Facet("rating_min", "Rating", choices)

"""Lists of products: search, filters, facets with counts, pages. A list with its facets takes
five queries however many filters are set."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import and_
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.core.paginator import Paginator
from django.db.models import Count, F, Func, Max, Min, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Concat, Floor

from catalog.models import Category, Product, Variant
from catalog.queries.products import (
    Card,
    CategoryNotFound,
    category_link,
    list_cards,
    money,
    visible_products,
)
from catalog.rules.filters import Filters, search_words
from catalog.rules.product import SEPARATOR
from catalog.rules.text import fold
from shared.errors import NotFound
from shared.money import Money

PAGE_SIZE = 24
MAX_PAGE = 400
MAX_CHOICES = 30
MAX_SHOWN = 8
SIMILAR_ENOUGH = 0.3
Products = QuerySet[Product]


class PageNotFound(NotFound):
    code = "page_not_found"
    title = "The list has no such page"


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

    @property
    def first_choices(self) -> list[Choice]:
        """What a page shows at once: all of a short list, else the chosen and the most frequent."""
        if len(self.choices) <= MAX_SHOWN + 1:
            return self.choices
        ranked = sorted(self.choices, key=lambda c: (not c.selected, -c.count))
        chosen = sum(choice.selected for choice in self.choices)
        shown = ranked[: max(MAX_SHOWN, chosen)]
        return [choice for choice in self.choices if choice in shown]

    @property
    def more_choices(self) -> list[Choice]:
        shown = self.first_choices
        return [choice for choice in self.choices if choice not in shown]


@dataclass(frozen=True)
class Listing:
    """A page of a list. `is_fuzzy` when nothing matched and similar titles are shown instead;
    `lowest` and `highest` are the bounds of the price without the filter on it."""

    filters: Filters
    cards: list[Card]
    count: int
    page: "Any"
    facets: list[Facet]
    lowest: Money | None
    highest: Money | None
    is_fuzzy: bool


class _Counted(Paginator):  # type: ignore[type-arg]
    """Pages of a list whose length is known."""

    def __init__(self, products: Products, count: int) -> None:
        self._known = count
        super().__init__(products, PAGE_SIZE)

    @property
    def count(self) -> int:
        return self._known


def list_products(filters: Filters, *, page: int = 1, strict: bool = False) -> Listing:
    """A page that is not there raises PageNotFound when `strict`, else the last one is shown.
    Raises CategoryNotFound when the scope is unknown."""
    tree = list(Category.objects.order_by("path"))
    shelves = _Shelves(tree, filters.scope)
    base, is_fuzzy = _search(visible_products(), filters.search)
    if filters.scope:
        base = base.filter(category__path__startswith=shelves.scope_path)
    numbers = _narrow(base, filters.without("price"), shelves).aggregate(
        total=Count("pk", filter=_price_filter(filters)),
        low=Min("min_price"),
        high=Max("min_price"),
    )
    paginator = _Counted(_order(_narrow(base, filters, shelves), filters), numbers["total"])
    if strict and not 1 <= page <= paginator.num_pages:
        raise PageNotFound(f"There are {paginator.num_pages} pages")
    shown = paginator.get_page(min(page, MAX_PAGE))
    return Listing(
        filters=filters,
        cards=list_cards(shown.object_list),  # type: ignore[arg-type]
        count=numbers["total"],
        page=shown,
        facets=_count_facets(base, filters, shelves),
        lowest=_money(numbers["low"]),
        highest=_money(numbers["high"]),
        is_fuzzy=is_fuzzy,
    )


def _money(amount: Decimal | None) -> Money | None:
    return money(amount) if amount is not None else None


class _Shelves:
    """The category tree, read once."""

    def __init__(self, tree: Sequence[Category], scope: str) -> None:
        self.tree = tree
        self.by_slug = {node.slug: node for node in tree}
        if scope and scope not in self.by_slug:
            raise CategoryNotFound(f"There is no category {scope[:100]}")
        self.scope = self.by_slug.get(scope)
        self.scope_path: str = self.scope.path if self.scope else ""

    def choices(self, selected: Sequence[str]) -> list[Category]:
        """What the filter offers: the shelves right under the scope, and what is chosen already."""
        depth = self.scope.depth + 1 if self.scope else 1
        return [
            node
            for node in self.tree
            if node.path.startswith(self.scope_path)
            and (node.depth == depth or node.slug in selected)
        ]


def _search(products: Products, text: str) -> tuple[Products, bool]:
    """The products that have all the words, the last one as a beginning. Where there are none:
    those with a similar title, so that a slip of the finger finds something."""
    words = search_words(text)
    if not words:
        return (products.none() if text else products), False
    query = _search_query(words)
    exact = products.filter(search_vector=query)
    if exact.exists():
        return exact.annotate(rank=SearchRank(F("search_vector"), query)), False
    alike = TrigramWordSimilarity(fold(text), "title")
    return products.annotate(rank=alike).filter(rank__gt=SIMILAR_ENOUGH), True


def _search_query(words: Sequence[str]) -> Any:
    *whole, last = words
    # Words are \w+ only, so nothing in them can mean anything to to_tsquery.
    beginning = SearchQuery(f"'{last}':*", config="simple", search_type="raw")
    parts = [SearchQuery(word, config="english") for word in whole]
    return reduce(and_, [*parts, beginning | SearchQuery(last, config="english")])


def _narrow(products: Products, filters: Filters, shelves: _Shelves) -> Products:
    if filters.categories:
        nodes = [shelves.by_slug[slug] for slug in filters.categories if slug in shelves.by_slug]
        under = [Q(category__path__startswith=node.path) for node in nodes]
        products = products.filter(reduce(lambda a, b: a | b, under)) if under else products.none()
    if filters.brands:
        products = products.filter(brand__slug__in=filters.brands)
    for name, values in filters.attributes.items():
        wanted = [f"{name}{SEPARATOR}{value}" for value in values]
        products = products.filter(attributes__overlap=wanted)
    if len(filters.attributes) > 1:
        products = products.filter(pk__in=_variants_with(filters))
    if filters.in_stock:
        products = products.filter(in_stock=True)
    if filters.rating_min is not None:
        products = products.filter(rating_average__gte=filters.rating_min)
    return products.filter(_price_filter(filters))


def _variants_with(filters: Filters) -> QuerySet[Variant, Any]:
    """One variant has to have all of the options: a red M and a blue L are no red L."""
    variants = Variant.objects.all()
    for index, (name, values) in enumerate(filters.attributes.items()):
        variants = variants.alias(**{f"option{index}": KeyTextTransform(name, "options")})
        variants = variants.filter(**{f"option{index}__in": values})
    return variants.values("product_id")


def _price_filter(filters: Filters) -> Q:
    condition = Q()
    if filters.min_price is not None:
        condition &= Q(max_price__gte=filters.min_price)
    if filters.max_price is not None:
        condition &= Q(min_price__lte=filters.max_price)
    return condition


def _order(products: Products, filters: Filters) -> Products:
    newest = ["-published_at", "-id"]
    orders: dict[str, list[Any]] = {
        "newest": newest,
        "price": ["min_price", *newest],
        "-price": ["-min_price", *newest],
        "rating": [F("rating_average").desc(nulls_last=True), "-rating_count", *newest],
        "title": ["title", "id"],
    }
    if filters.ordering in orders:
        return products.order_by(*orders[filters.ordering])
    if search_words(filters.search):
        best: list[Any] = ["-in_stock", "-rank", "-rating_count", *newest]
        return products.order_by(*best)
    return products.order_by(*newest)


def _count_facets(base: Products, filters: Filters, shelves: _Shelves) -> list[Facet]:
    """One query. Each filter is counted under all the others but itself, so that its numbers say
    what another of its values would add."""
    counted = _branches(base, filters, shelves)
    first, *others = counted
    counts: dict[str, dict[str, int]] = {}
    for kind, key, total in first.union(*others, all=True):
        if key is not None:
            counts.setdefault(kind, {})[key] = total
    facets = [
        _category_facet(counts.get("category", {}), filters, shelves),
        _brand_facet(counts.get("brand", {}), filters),
        *_attribute_facets(counts, filters),
        _rating_facet(counts.get("rating", {}), filters),
        _stock_facet(counts.get("in_stock", {}), filters),
    ]
    return [facet for facet in facets if facet.choices]


def _branches(base: Products, filters: Filters, shelves: _Shelves) -> list[QuerySet[Product, Any]]:
    def branch(kind: str, without: str, key: Any) -> QuerySet[Product, Any]:
        products = _narrow(base, filters.without(without), shelves) if without else None
        chosen = products if products is not None else _narrow(base, filters, shelves)
        rows = chosen.order_by().annotate(
            kind=Value(kind, output_field=TextField()), key=Cast(key, TextField())
        )
        return (
            rows.values("kind", "key")
            .annotate(total=Count("pk"))
            .values_list("kind", "key", "total")
        )

    brand = Concat("brand__slug", Value(SEPARATOR), "brand__title")
    attribute = Func(F("attributes"), function="unnest", output_field=TextField())
    return [
        branch("category", "categories", F("category__path")),
        branch("brand", "brands", brand),
        branch("rating", "rating_min", Floor("rating_average")),
        branch("in_stock", "in_stock", F("in_stock")),
        branch("attributes", "", attribute),
        *(branch(f"attr.{name}", f"attr.{name}", attribute) for name in filters.attributes),
    ]


def _category_facet(counts: dict[str, int], filters: Filters, shelves: _Shelves) -> Facet:
    choices = []
    for node in shelves.choices(filters.categories):
        total = sum(number for path, number in counts.items() if path.startswith(node.path))
        selected = node.slug in filters.categories
        if total or selected:
            choices.append(Choice(node.slug, node.title, total, selected))
    return Facet("category", "Category", choices)


def _brand_facet(counts: dict[str, int], filters: Filters) -> Facet:
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


def _attribute_facets(counts: dict[str, dict[str, int]], filters: Filters) -> list[Facet]:
    found: dict[str, dict[str, int]] = {}
    for key, total in counts.get("attributes", {}).items():
        name, _, value = key.partition(SEPARATOR)
        if name not in filters.attributes:
            found.setdefault(name, {})[value] = total
    for name, chosen in filters.attributes.items():
        prefix = f"{name}{SEPARATOR}"
        own = counts.get(f"attr.{name}", {})
        values = {k.removeprefix(prefix): n for k, n in own.items() if k.startswith(prefix)}
        found[name] = dict.fromkeys(chosen, 0) | values
    ranked = sorted(found, key=lambda n: (n not in filters.attributes, -sum(found[n].values()), n))
    return [_attribute_facet(name, found[name], filters) for name in sorted(ranked[:6])]


def _attribute_facet(name: str, values: dict[str, int], filters: Filters) -> Facet:
    chosen = filters.attributes.get(name, ())
    choices = [Choice(value, value, total, value in chosen) for value, total in values.items()]
    return Facet(f"attr.{name}", name, _most(choices))


def _rating_facet(counts: dict[str, int], filters: Filters) -> Facet:
    by_star = {int(Decimal(key)): total for key, total in counts.items()}
    choices = []
    for stars in (4, 3, 2):
        total = sum(number for star, number in by_star.items() if star >= stars)
        selected = filters.rating_min == stars
        if total or selected:
            choices.append(Choice(str(stars), f"{stars} stars and more", total, selected))
    return Facet("rating_min", "Rating", choices)


def _stock_facet(counts: dict[str, int], filters: Filters) -> Facet:
    total = counts.get("true", 0)
    return Facet("in_stock", "Availability", [Choice("1", "In stock", total, filters.in_stock)])


@dataclass(frozen=True)
class CategoryNode:
    """A category of the tree with the number of visible products in and under it."""

    slug: str
    title: str
    url: str
    count: int
    depth: int
    parent: str


def list_categories(*, max_depth: int = 99) -> list[CategoryNode]:
    """The tree in its order. Two queries."""
    counts = dict(
        visible_products()
        .order_by()
        .filter(category__isnull=False)
        .values_list("category__path")
        .annotate(total=Count("pk"))
    )
    nodes = list(Category.objects.order_by("path"))
    slugs = {node.path: node.slug for node in nodes}
    return [
        CategoryNode(
            **vars(category_link(node)),
            count=sum(n for path, n in counts.items() if path.startswith(node.path)),
            depth=node.depth,
            parent=slugs.get(node.path[: -Category.steplen], ""),
        )
        for node in nodes
        if node.depth <= max_depth
    ]

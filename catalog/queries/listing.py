"""Lists of products: search, filters, facets with counts, pages. A list with its facets takes
four queries however many filters are set, and no more time in a large catalogue than in a small
one: what would be counted, ranked or shown beyond some hundreds or thousands is not looked at."""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count

from catalog.models import Category
from catalog.queries.facets import Facet, build_facets, counting_choices, read_counts
from catalog.queries.products import (
    Card,
    category_link,
    money,
    read_cards,
    selecting_cards,
    visible_products,
)
from catalog.queries.selecting import (
    MAX_RANKED,
    Shelves,
    counting_up_to,
    is_ranked,
    narrow,
    put_in_order,
    read_shelves,
    search,
    search_alike,
)
from catalog.queries.statements import Statement
from catalog.rules.filters import Filters
from shared.errors import NotFound
from shared.money import Money

PAGE_SIZE = 24
MAX_PAGE = 100


class PageNotFound(NotFound):
    code = "page_not_found"
    title = "The list has no such page"


@dataclass(frozen=True)
class Listing:
    """A page of a list. `is_fuzzy` when nothing matched and similar titles are shown instead;
    `lowest` and `highest` are the bounds of the price without the filter on it. `is_capped` when
    there are more than `count`, which no page shows; `is_sampled` when facets and bounds are
    those of some of the products."""

    filters: Filters
    cards: list[Card]
    count: int
    page: "Any"
    facets: list[Facet]
    lowest: Money | None
    highest: Money | None
    is_fuzzy: bool
    is_capped: bool
    is_sampled: bool


class _Counted(Paginator):  # type: ignore[type-arg]
    """Pages of a list of which no more than the length is known."""

    def __init__(self, count: int) -> None:
        self._known = count
        super().__init__((), PAGE_SIZE)

    @property
    def count(self) -> int:
        return self._known


@dataclass(frozen=True)
class Plan:
    """What a list asks the database: it depends on filters and shelves alone. `limit` is where the
    list ends; `choices` counts what its facets offer."""

    limit: int
    counted: Statement
    ordered: Statement
    choices: Statement
    is_search: bool


@lru_cache(maxsize=128)
def make_plan(filters: Filters, shelves: Shelves, is_fuzzy: bool) -> Plan:
    """Kept for the lists that are asked for most. `is_fuzzy` for titles like the words."""
    everything = visible_products()
    if shelves.scope:
        everything = everything.filter(category__in=shelves.under([shelves.scope]))
    limit = MAX_RANKED if is_ranked(filters) else MAX_PAGE * PAGE_SIZE
    match = (search_alike if is_fuzzy else search)(everything, filters.search)
    chosen = narrow(match.products, filters, shelves)
    return Plan(
        limit=limit,
        counted=counting_up_to(chosen, limit),
        ordered=selecting_cards(put_in_order(chosen, match, filters)),
        choices=counting_choices(match.products, filters, shelves),
        is_search=bool(match.rank),
    )


def list_products(filters: Filters, *, page: int = 1, strict: bool = False) -> Listing:
    """A page that is not there raises PageNotFound when `strict`, else the last one is shown.
    Raises CategoryNotFound when the scope is unknown."""
    shelves = read_shelves(filters.scope)
    plan = make_plan(filters, shelves, False)
    count = plan.counted.count()
    is_fuzzy = not count and plan.is_search and _finds_nothing(filters, shelves)
    if is_fuzzy:
        plan = make_plan(filters, shelves, True)
        count = plan.counted.count()
    paginator = _Counted(min(count, plan.limit))
    if strict and not 1 <= page <= paginator.num_pages:
        raise PageNotFound(f"There are {paginator.num_pages} pages")
    shown = paginator.get_page(page)
    found = read_counts(plan.choices.rows())
    return Listing(
        filters=filters,
        cards=read_cards(plan.ordered.part((shown.number - 1) * PAGE_SIZE, PAGE_SIZE)),
        count=paginator.count,
        page=shown,
        facets=build_facets(found, filters, shelves),
        lowest=_money(found.lowest),
        highest=_money(found.highest),
        is_fuzzy=is_fuzzy,
        is_capped=count > plan.limit,
        is_sampled=found.is_sampled,
    )


def _finds_nothing(filters: Filters, shelves: Shelves) -> bool:
    """Whether its words alone find nothing, whatever else is asked for."""
    words = Filters(search=filters.search, scope=filters.scope)
    return not make_plan(words, shelves, False).counted.count()


def _money(amount: Decimal | None) -> Money | None:
    return money(amount) if amount is not None else None


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
        .values_list("category_id")
        .annotate(total=Count("*"))
    )
    nodes = list(Category.objects.order_by("path"))
    slugs = {node.path: node.slug for node in nodes}
    paths = {node.pk: node.path for node in nodes}
    return [
        CategoryNode(
            **vars(category_link(node)),
            count=sum(n for pk, n in counts.items() if paths.get(pk, "").startswith(node.path)),
            depth=node.depth,
            parent=slugs.get(node.path[: -Category.steplen], ""),
        )
        for node in nodes
        if node.depth <= max_depth
    ]

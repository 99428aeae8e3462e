"""Lists of products: search, filters, facets with counts, pages. A list with its facets takes
three or four queries and a search one more, however many filters are set. What would be counted,
ranked or shown beyond some hundreds or thousands is not looked at, so that a large catalogue costs
little more than a small one."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef

from catalog.models import Category, Product
from catalog.queries.facets import Facet, build_facets, count_choices, list_wanted
from catalog.queries.products import (
    Card,
    category_link,
    money,
    read_cards,
    selecting_cards,
    visible_products,
)
from catalog.queries.sampling import (
    MAX_COUNTED,
    Counted,
    Drawn,
    Wanted,
    count_matches,
    draw_hits,
    draw_lists,
    whole_shop,
)
from catalog.queries.searching import (
    DRAWN_HITS,
    MANY,
    MAX_RANKED,
    Match,
    rank_hits,
    ring_of,
    search,
)
from catalog.queries.selecting import (
    Products,
    Ranking,
    Shelves,
    counting_up_to,
    is_ranked,
    narrow,
    put_in_order,
    read_shelves,
)
from catalog.queries.statements import Statement
from catalog.rules.filters import Filters
from shared.errors import NotFound
from shared.money import Money

PAGE_SIZE = 24
MAX_PAGE = 100
# Of words that fewer have all hits are read at once.
FOUND_ONCE = 3600


class PageNotFound(NotFound):
    code = "page_not_found"
    title = "The list has no such page"


@dataclass(frozen=True)
class Listing:
    """A page of a list. `is_fuzzy` when nothing matched and similar titles are shown instead;
    `lowest` and `highest` are the bounds of the price without the filter on it. `is_capped` when
    there are more than `count`, which no page shows; `is_sampled` when facets and bounds are
    those of some of the products. Two are equal when they show the same."""

    filters: Filters
    cards: list[Card]
    count: int
    page: "Any" = field(compare=False)
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


def list_products(filters: Filters, *, page: int = 1, strict: bool = False) -> Listing:
    """A page that is not there raises PageNotFound when `strict`, else the last one is shown.
    Raises CategoryNotFound when the scope is unknown."""
    shelves = read_shelves(filters.scope)
    found = (_search if filters.search else _browse)(shelves, filters)
    paginator = _Counted(found.count)
    if strict and not 1 <= page <= paginator.num_pages:
        raise PageNotFound(f"There are {paginator.num_pages} pages")
    shown = paginator.get_page(page)
    counts = count_choices(found.counted)
    return Listing(
        filters=filters,
        cards=_list_cards(found.ordered, (shown.number - 1) * PAGE_SIZE),
        count=found.count,
        page=shown,
        facets=build_facets(counts, filters, shelves),
        lowest=_money(counts.lowest),
        highest=_money(counts.highest),
        is_fuzzy=found.is_fuzzy,
        is_capped=found.is_capped,
        is_sampled=counts.is_sampled,
    )


@dataclass(frozen=True)
class _Found:
    """A list in its order: what selects its cards, or their keys where it is one of relevance.
    `count` of them are shown, all of them unless `is_capped`."""

    ordered: Statement | list[str]
    count: int
    is_capped: bool
    counted: list[Counted]
    is_fuzzy: bool = False


@dataclass(frozen=True)
class _Plan:
    """What a list asks the table itself: for its length, up to its last page, and its cards."""

    counting: Statement
    ordered: Statement


@lru_cache(maxsize=128)
def make_plan(filters: Filters, shelves: Shelves) -> _Plan:
    """Kept for the lists that are asked for most."""
    return _plan(narrow(shelves.within(visible_products()), filters, shelves), filters)


def _plan(chosen: Products, filters: Filters) -> _Plan:
    ordered = selecting_cards(put_in_order(chosen, filters))
    return _Plan(counting_up_to(chosen, MAX_PAGE * PAGE_SIZE), ordered)


def _browse(shelves: Shelves, filters: Filters) -> _Found:
    """Two queries or three: what is long is not counted, and what is short not drawn."""
    drawn = draw_lists(list_wanted(filters), shelves)
    return _finish(drawn, make_plan(filters, shelves), filters)


def _finish(drawn: Drawn, plan: _Plan, filters: Filters) -> _Found:
    limit = MAX_PAGE * PAGE_SIZE
    if drawn.is_told(filters):
        count = drawn.count(filters, limit)
        if count is None:
            count = plan.counting.count()
        counted = drawn.complete(filters if count <= MAX_COUNTED else None)[0]
    else:
        counted = drawn.complete()[0]
        count = drawn.total(filters, counted)
        if MAX_COUNTED < count <= limit:
            count = plan.counting.count()
    return _Found(plan.ordered, min(count, limit), count > limit, counted)


def _search(shelves: Shelves, filters: Filters) -> _Found:
    """Two queries to four."""
    match = search(whole_shop(shelves), filters.search)
    wanted = list_wanted(filters)
    if is_ranked(filters):
        return _rank(match, filters, wanted, shelves)
    plan = _plan(narrow(match.products, filters, shelves), filters)
    if match.known:
        drawn = _draw(match, wanted, shelves)
        return replace(_finish(drawn, plan, filters), is_fuzzy=match.is_fuzzy)
    count = plan.counting.count()
    counted = count_matches(match.base, wanted, shelves)[0]
    limit = MAX_PAGE * PAGE_SIZE
    return _Found(plan.ordered, min(count, limit), count > limit, counted, match.is_fuzzy)


def _draw(match: Match, wanted: tuple[Wanted, ...], shelves: Shelves) -> Drawn:
    return draw_hits(match.base, ring_of(match.size, DRAWN_HITS), wanted, shelves)


def _rank(match: Match, filters: Filters, wanted: tuple[Wanted, ...], shelves: Shelves) -> _Found:
    """In the order of relevance. What is not so common is found once, for its order and for its
    facets; so is what filters leave little of."""
    ranking, size = Ranking(filters, match.rank), 0.0
    if not match.known:
        keys = rank_hits(match, filters, shelves)
        counted = count_matches(match.base, wanted, shelves)[0]
    elif match.size < FOUND_ONCE:
        counted, keys = count_matches(match.base, wanted, shelves, ranking)
    else:
        drawn = _draw(match, wanted, shelves)
        size = drawn.size(filters)
        if drawn.is_told(filters):
            keys = rank_hits(match, filters, shelves, size / match.size)
            counted = drawn.complete()[0]
        else:
            counted, keys = drawn.complete(ranking=ranking)
    is_capped = len(keys) > MAX_RANKED or size > MANY
    keys = keys[:MAX_RANKED]
    return _Found(keys, len(keys), is_capped, counted, match.is_fuzzy)


def _list_cards(ordered: Statement | list[str], first: int) -> list[Card]:
    """Those of a page. One query."""
    if isinstance(ordered, Statement):
        return read_cards(ordered.part(first, PAGE_SIZE))
    keys = ordered[first : first + PAGE_SIZE]
    rows = Statement(selecting_cards_by_key(len(keys)), tuple(keys)).rows() if keys else []
    found = {str(card.id): card for card in read_cards(rows)}
    return [found[key] for key in keys if key in found]


@lru_cache(maxsize=PAGE_SIZE)
def selecting_cards_by_key(number: int) -> str:
    """Kept for pages of so many cards: the values in it are the keys."""
    keys = [UUID(int=n) for n in range(number)]
    return selecting_cards(Product.objects.filter(pk__in=keys)).sql


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


@dataclass(frozen=True)
class Shelf:
    """A category of the tree. `is_filled` when something visible is in it or under it."""

    slug: str
    title: str
    url: str
    parent: str
    is_filled: bool


def list_shelves(*, max_depth: int = 99) -> list[Shelf]:
    """The tree in its order, without counting what is on it. One query."""
    on_it = visible_products().filter(category=OuterRef("pk"))
    nodes = list(Category.objects.annotate(has_products=Exists(on_it)).order_by("path"))
    slugs = {node.path: node.slug for node in nodes}
    filled = {
        node.path[:end]
        for node in nodes
        if node.has_products
        for end in range(Category.steplen, len(node.path) + 1, Category.steplen)
    }
    return [
        Shelf(
            **vars(category_link(node)),
            parent=slugs.get(node.path[: -Category.steplen], ""),
            is_filled=node.path in filled,
        )
        for node in nodes
        if node.depth <= max_depth
    ]

"""A page of a list."""

from dataclasses import dataclass, field

from django.core.paginator import Page, Paginator

from catalog.queries.products import Card, money, read_card
from catalog.queries.search.facets import Facet, build_facets
from catalog.queries.search.sampling import find
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
    """A page of a list. `is_fuzzy` when nothing matched and similar words are shown instead;
    `lowest` and `highest` are the bounds of the price without the filter on it. `is_capped` when
    there are more than `count`, which no page shows; `is_sampled` when facets and bounds are
    those of some of the products."""

    filters: Filters
    cards: list[Card]
    count: int
    page: "Page[int]" = field(compare=False)
    facets: list[Facet]
    lowest: Money | None
    highest: Money | None
    is_fuzzy: bool
    is_capped: bool
    is_sampled: bool


def list_products(filters: Filters, *, page: int = 1, strict: bool = False) -> Listing:
    """A page that is not there raises PageNotFound when `strict`, else the last one is shown.
    Raises CategoryNotFound when the scope is unknown."""
    page = min(max(page, 1), MAX_PAGE + 1)
    found = find(filters, (page - 1) * PAGE_SIZE, PAGE_SIZE)
    # Its length is all that is known of the list.
    pages = Paginator(range(found.count), PAGE_SIZE)
    if page > pages.num_pages:
        if strict:
            raise PageNotFound(f"There are {pages.num_pages} pages")
        return list_products(filters, page=pages.num_pages)
    prices = found.without("price").prices
    return Listing(
        filters=filters,
        cards=[read_card(row) for row in found.cards or ()],
        count=pages.count,
        page=pages.page(page),
        facets=build_facets(found, filters),
        lowest=money(min(prices)) if prices else None,
        highest=money(max(prices)) if prices else None,
        is_fuzzy=found.is_fuzzy,
        is_capped=found.is_capped,
        is_sampled=any(counts.level for counts in found.counts.values()),
    )

"""What the front page and the site map show."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from catalog.models import Category
from catalog.queries.categories import CategoryNode, list_categories
from catalog.queries.products import Card, category_url, list_cards, product_url, visible_products

ROW = 8
MAX_ADDRESSES = 50_000


@dataclass(frozen=True)
class FrontPage:
    categories: list[CategoryNode]
    newest: list[Card]
    reduced: list[Card]
    loved: list[Card]
    featured: Card | None


def get_front_page() -> FrontPage:
    """Six queries. Products that are tagged "featured" are shown first."""
    newest = visible_products().filter(in_stock=True).order_by("-published_at", "-id")
    reduced = newest.filter(compare_at_price__gt=F("min_price"))
    loved = newest.filter(rating_count__gt=0).order_by("-rating_average", "-rating_count", "-id")
    featured = newest.filter(tags__contains=["featured"]).exclude(image_url="")
    return FrontPage(
        categories=[node for node in list_categories(max_depth=1) if node.count],
        newest=list_cards(newest[:ROW]),
        reduced=list_cards(reduced[:ROW]),
        loved=list_cards(loved[:ROW]),
        featured=next(iter(list_cards(featured[:1])), None),
    )


def list_addresses() -> Iterator[tuple[str, datetime | None]]:
    """Everything that a search engine may find, and when it changed; 50,000 at most. Two
    queries."""
    yield "/", None
    yield "/catalog/", None
    for slug in Category.objects.order_by("path").values_list("slug", flat=True):
        yield category_url(slug), None
    rows = visible_products().order_by("-updated_at").values_list("slug", "updated_at")
    for slug, changed_at in rows[: MAX_ADDRESSES - 1000]:
        yield product_url(slug), changed_at

"""The shop's public pages: the same for everybody, so that the gateway keeps them."""

import json
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from catalog.queries import categories, front, products
from catalog.queries.search import Facet, listing
from catalog.rules.filters import ORDERINGS, Filters, read_filters
from shared.storefront.caching import public, render_changed
from shared.storefront.cards import render_card
from shared.storefront.parts import render_cached

PAGE_SECONDS = 5
FRAGMENT_SECONDS = 30
FIRST_ROW = 4
SECURITY_TEXT_HOLDS = timedelta(days=180)


@require_safe
@public(PAGE_SECONDS)
def show_front(request: HttpRequest) -> HttpResponse:
    page = front.get_front_page()
    return render_changed(request, "catalog/front.html", page, partial(_front, page))


def _front(page: front.FrontPage) -> dict[str, Any]:
    return {
        "front": page,
        "newest": _cards(page.newest),
        "reduced": _cards(page.reduced),
        "loved": _cards(page.loved),
    }


def _cards(
    found: Iterable[products.Card], *, first: int = 0, is_main: bool = False
) -> list[SafeString]:
    """The `first` ones are there before anybody scrolls."""
    return [
        render_card(
            url=card.url,
            title=card.title,
            amount=card.price,
            compare_at=card.compare_at_price,
            highest=card.price_max,
            image_url=card.image,
            rating=card.rating.average,
            rating_count=card.rating.count,
            availability=card.note,
            badge=card.badge,
            is_first=number < first,
            is_main=is_main,
        )
        for number, card in enumerate(found)
    ]


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _find(request: HttpRequest, *, scope: str = "") -> listing.Listing:
    """What is not understood of the query string is left out; people get a list, not an error."""
    filters, _ = read_filters(request.GET, scope=scope)
    return listing.list_products(filters, page=_page_number(request))


def _list(request: HttpRequest, found: listing.Listing) -> dict[str, Any]:
    return {
        "listing": found,
        "cards": _cards(found.cards, first=FIRST_ROW, is_main=True),
        "facets": [_facet(facet) for facet in found.facets],
        "orderings": _orderings(found.filters),
        "kept": _current_filters(request),
    }


def _facet(facet: Facet) -> SafeString:
    """With the choices that are seen at once, and those behind a click."""
    first, more = facet.split_choices()
    return render_cached(
        "catalog/facet.html",
        name=facet.name,
        label=facet.label,
        first=tuple(first),
        more=tuple(more),
        is_single=facet.name == "rating_min",
        is_counted=not facet.is_sampled,
    )


def _orderings(filters: Filters) -> list[tuple[str, str, bool]]:
    default = "relevance" if filters.search else "newest"
    names = {k: v for k, v in ORDERINGS.items() if filters.search or k != "relevance"}
    return [(key, label, key == (filters.ordering or default)) for key, label in names.items()]


def _current_filters(request: HttpRequest) -> list[tuple[str, str]]:
    """The query string without order and page: hidden fields of the form that sorts."""
    keys = [key for key in request.GET if key not in ("ordering", "page")]
    return [(key, value) for key in keys for value in request.GET.getlist(key)][:60]


def _render_list(
    request: HttpRequest, found: listing.Listing, source: Any = None, **context: Any
) -> HttpResponse:
    """`source` is what the context was made of besides what was found."""

    def make() -> dict[str, Any]:
        return {**_list(request, found), **context}

    return render_changed(request, "catalog/listing.html", (found, source), make)


@require_safe
@public(PAGE_SECONDS)
def list_all(request: HttpRequest) -> HttpResponse:
    title = "All products"
    return _render_list(request, _find(request), page_title=title, crumbs=_crumbs(title))


@require_safe
@public(PAGE_SECONDS)
def list_category(request: HttpRequest, slug: str) -> HttpResponse:
    found = _find(request, scope=slug)
    nodes = {node.slug: node for node in categories.list_tree()}
    if slug not in nodes:
        # It went after its products were listed.
        raise products.CategoryNotFound(f"There is no category {slug[:100]}")
    node = nodes[slug]
    above: list[categories.TreeNode] = []
    parent = nodes.get(node.parent)
    while parent is not None:
        above.insert(0, parent)
        parent = nodes.get(parent.parent)
    return _render_list(
        request,
        found,
        nodes,
        crumbs=_crumbs(node.title, above),
        page_title=node.title,
        children=[n for n in nodes.values() if n.parent == slug and n.is_filled],
        canonical=node.url,
    )


def _crumbs(
    title: str, above: Iterable[categories.TreeNode | products.Link] = ()
) -> list[dict[str, str]]:
    """From the front page over what is above the page to its own title, which leads nowhere."""
    trail = [{"title": link.title, "url": link.url} for link in above]
    return [{"title": "Home", "url": "/"}, *trail, {"title": title, "url": ""}]


@require_safe
@public(PAGE_SECONDS)
def search(request: HttpRequest) -> HttpResponse:
    found = _find(request)
    text = found.filters.search
    title = f"Results for “{text}”" if text else "Search"
    crumbs = _crumbs("Search")
    return _render_list(request, found, is_search=True, page_title=title, crumbs=crumbs)


@require_safe
@public(PAGE_SECONDS)
def show_product(request: HttpRequest, slug: str) -> HttpResponse:
    """A former address leads to the present one."""
    try:
        product = products.get_product(slug)
    except products.ProductNotFound:
        current = products.get_current_slug(slug)
        if current is None:
            raise
        return HttpResponsePermanentRedirect(products.product_url(current))
    return render_changed(request, "catalog/product.html", product, partial(_product, product))


def _product(product: products.ProductView) -> dict[str, Any]:
    return {
        "product": product,
        "image": product.images[0] if product.images else None,
        "chosen": product.chosen,
        "crumbs": _crumbs(product.title, product.category_path),
        "structured_data": _structured_data(product),
    }


def _structured_data(product: products.ProductView) -> SafeString:
    """schema.org's Product as JSON that cannot end its script element or start a comment."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.title,
        "description": product.summary,
        "url": settings.PUBLIC_URL + product.url,
        "image": [settings.PUBLIC_URL + image.url for image in product.images if image.url],
        "offers": [_offer(product, variant) for variant in product.variants],
    }
    if product.brand:
        data["brand"] = {"@type": "Brand", "name": product.brand.title}
    if product.rating.count:
        data["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": str(product.rating.average),
            "reviewCount": product.rating.count,
        }
    text = json.dumps(data, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return mark_safe(text)


def _offer(product: products.ProductView, variant: products.VariantView) -> dict[str, Any]:
    there = variant.availability != "out_of_stock"
    return {
        "@type": "Offer",
        "sku": variant.sku,
        "price": str(variant.price.amount),
        "priceCurrency": variant.price.currency,
        "availability": f"https://schema.org/{'InStock' if there else 'OutOfStock'}",
        "url": settings.PUBLIC_URL + product.url,
    }


@require_safe
@public(FRAGMENT_SECONDS)
def navigation(request: HttpRequest) -> HttpResponse:
    """The categories in the header of every page."""
    nodes = [node for node in categories.list_tree(max_depth=1) if node.is_filled]
    return render(request, "catalog/navigation.html", {"categories": nodes[:8]})


@require_safe
@public(FRAGMENT_SECONDS)
def cards(request: HttpRequest) -> HttpResponse:
    """`?ids=…,…`: cards of up to twelve products in that order, for other services' pages.
    `&title=` puts a heading over them. Nothing at all when none of them is for sale."""
    found = products.list_cards_by_id(_ids(request.GET.get("ids", "")))
    context = {"cards": _cards(found), "title": request.GET.get("title", "")[:100]}
    return render(request, "catalog/cards.html", context)


def _ids(text: str) -> list[UUID]:
    ids = []
    for part in text.split(",")[: products.MAX_CARDS]:
        try:
            ids.append(UUID(part.strip()))
        except ValueError:
            continue
    return ids


@require_safe
@public(300)
def sitemap(request: HttpRequest) -> HttpResponse:
    context = {"addresses": front.list_addresses()}
    return render(request, "catalog/sitemap.xml", context, content_type="application/xml")


@require_safe
@public(300)
def robots(request: HttpRequest) -> HttpResponse:
    return render(request, "catalog/robots.txt", content_type="text/plain")


@require_safe
@public(300)
def security(request: HttpRequest) -> HttpResponse:
    """RFC 9116. It is renewed long before it expires, because it is made anew all the time."""
    expires = timezone.now() + SECURITY_TEXT_HOLDS
    context = {"contact": settings.SECURITY_CONTACT, "expires": expires}
    return render(request, "catalog/security.txt", context, content_type="text/plain")


@require_safe
@public(300)
def api_reference(request: HttpRequest) -> HttpResponse:
    return render(request, "catalog/api_reference.html", {"services": settings.SERVICES})

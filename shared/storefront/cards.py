"""Prices, stars and product cards as HTML, each from a template of its own."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString

from shared.money import Money
from shared.storefront.parts import render_cached

Price = Money | Mapping[str, str] | str | None
Rating = Decimal | float | str | None


def money(value: Price) -> str:
    """`€1,234.50`, from Money or its JSON shape. Empty for None and for what is not there."""
    if isinstance(value, Money):
        return str(value)
    return str(Money.from_json(value)) if value else ""


def render_price(amount: Price, compare_at: Price = None, highest: Price = None) -> SafeString:
    """The price, with the former one struck through when there is another one, and the word that
    it is the lowest one where `highest` is another."""
    return render_cached("storefront/price.html", **_price(amount, compare_at, highest))


def _price(amount: Price, compare_at: Price, highest: Price) -> dict[str, Any]:
    now, before = money(amount), money(compare_at)
    is_lowest = money(highest) not in ("", now)
    return {"now": now, "before": before if before != now else "", "is_lowest": is_lowest}


def render_stars(rating: Rating) -> SafeString:
    """Five stars filled to the half. Empty when there is no rating."""
    return render_cached("storefront/stars.html", **_stars(rating))


def _stars(rating: Rating) -> dict[str, str]:
    """The rating in words, and half stars of ten; nothing when there is no rating."""
    if rating is None or rating == "":
        return {}
    value = min(5.0, max(0.0, float(rating)))
    return {"words": f"{value:.1f}".removesuffix(".0"), "halves": str(round(value * 2))}


def render_card(
    *,
    url: str,
    title: str,
    amount: Price,
    compare_at: Price = None,
    highest: Price = None,
    image_url: str = "",
    rating: Rating = None,
    rating_count: int = 0,
    availability: str = "",
    badge: str = "",
    is_first: bool = False,
    is_main: bool = False,
) -> SafeString:
    """A product in a list; of one that `is_first` the picture is loaded before it is seen. Its
    heading is an h3, an h2 when the list is the `is_main` part of the page."""
    return render_cached(
        "storefront/product_card.html",
        url=url,
        title=title,
        image_url=image_url,
        rating_count=rating_count,
        availability=availability,
        badge=badge,
        is_first=is_first,
        is_main=is_main,
        **_price(amount, compare_at, highest),
        **_stars(rating or None),
    )

"""What the templates of prices, stars and product cards show, as plain values."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shared.money import Money

Price = Money | Mapping[str, str] | str | None
Rating = Decimal | float | str | None
Values = dict[str, Any]


def money(value: Price) -> str:
    """`€1,234.50`, from Money or its JSON shape. Empty for None and for what is not there."""
    if isinstance(value, Money):
        return str(value)
    return str(Money.from_json(value)) if value else ""


def describe_price(amount: Price, compare_at: Price = None, highest: Price = None) -> Values:
    """Says of `amount` that it is the lowest one where `highest` is another. `before` is the
    former price, where it is another one."""
    now, before = money(amount), money(compare_at)
    is_lowest = money(highest) not in ("", now)
    return {
        "now": _("from %(price)s") % {"price": now} if is_lowest else now,
        "before": before if before != now else "",
    }


def describe_stars(rating: Rating) -> Values:
    """The rating in words, and half stars of ten. Nothing when there is no rating."""
    if rating is None or rating == "":
        return {}
    value = min(5.0, max(0.0, float(rating)))
    words = f"{value:.1f}".removesuffix(".0")
    label = _("%(rating)s out of 5 stars") % {"rating": words}
    return {"label": label, "halves": str(round(value * 2))}


def describe_card(
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
) -> Values:
    """A product in a list; of one that `is_first` the picture is loaded before it is seen."""
    return {
        "url": url,
        "title": title,
        "price": describe_price(amount, compare_at, highest),
        "image_url": image_url,
        "stars": describe_stars(rating or None),
        "rating_count": str(rating_count),
        "reviews": ngettext("review", "reviews", rating_count),
        "availability": availability,
        "badge": badge,
        "is_first": is_first,
    }

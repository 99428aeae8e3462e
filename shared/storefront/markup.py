"""Small pieces that a page shows by the dozen. They are written in Python, where one takes
microseconds: a template of its own for each takes Django longer than all the rest of the page.
Every text goes through `escape`."""

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any

from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from shared.addresses import address_lines, as_address
from shared.money import Money
from shared.storefront.icons import ICONS

Price = Money | Mapping[str, str] | str | None
HALF_STARS = 10
NOTHING = SafeString("")


def money(value: Price) -> str:
    """`€1,234.50`, from Money or its JSON shape. Empty for None and for what is not there."""
    if isinstance(value, Money):
        return str(value)
    return str(Money.from_json(value)) if value else ""


def iso(moment: datetime | None) -> str:
    """For `<time datetime>`, which takes seconds, or their thousandth part at the least."""
    return moment.isoformat(timespec="seconds") if moment else ""


def clock(moment: datetime | None) -> str:
    """`17:00 CET`: a time to be kept names its zone."""
    return _local(moment, "H:i")


def when(moment: datetime | None) -> str:
    """`4 May 2026, 17:00 CEST`"""
    return _local(moment, "j F Y, H:i")


def label_lines(kept: Any) -> list[str]:
    """The lines of a label, of an address in a row or a mapping; in the reader's language."""
    return address_lines(as_address(kept), get_language() or "en")


def _local(moment: datetime | None, how: str) -> str:
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    # Django's own letter for the zone says nothing in the hour that comes twice.
    return f"{date_format(local, how)} {local.tzname()}"


def price(amount: Price, compare_at: Price = None, highest: Price = None) -> SafeString:
    """The price, with the former one struck through when there is one, and the word that it is
    the lowest one where `highest` is another."""
    now, before = money(amount), money(compare_at)
    since = "from " if money(highest) not in ("", now) else ""
    shown = f'<span class="price__now">{since}{escape(now)}</span>'
    if not before or before == now:
        return SafeString(f'<span class="price">{shown}</span>')
    return SafeString(
        f'<span class="price price--reduced"><span class="visually-hidden">Now </span>{shown}'
        ' <s class="price__before"><span class="visually-hidden">before </span>'
        f"{escape(before)}</s></span>"
    )


def stars(rating: Any) -> SafeString:
    """Five stars filled to the half. Empty when there is no rating."""
    if rating is None or rating == "":
        return NOTHING
    value = min(5.0, max(0.0, float(rating)))
    halves, words = round(value * HALF_STARS / 5), f"{value:.1f}".removesuffix(".0")
    naming = f'role="img" aria-label="{words} out of 5 stars"'
    return SafeString(f'<span class="stars stars--{halves}" {naming}></span>')


def icon(name: str, label: str = "") -> SafeString:
    """An inline icon: decoration, or an image when it has a label."""
    naming = f'role="img" aria-label="{escape(str(label))}"' if label else 'aria-hidden="true"'
    return SafeString(
        f'<svg class="icon" viewBox="0 0 24 24" {naming}><path d="{ICONS[name]}"/></svg>'
    )


def product_card(
    *,
    url: str,
    title: str,
    amount: Price,
    compare_at: Price = None,
    highest: Price = None,
    image_url: str = "",
    rating: Any = None,
    rating_count: int = 0,
    availability: str = "",
    badge: str = "",
    is_main: bool = False,
    is_first: bool = False,
) -> SafeString:
    """A product in a list. Its heading is an h3, an h2 when the list is the `is_main` thing of the
    page; the picture of one that `is_first` is loaded before it is scrolled to."""
    heading = "h2" if is_main else "h3"
    return SafeString(f"""<article class="product-card">
  <div class="product-card__media">{_picture(image_url, is_first)}{_badge(badge)}</div>
  <{heading} class="product-card__title"><a href="{escape(url)}">{escape(title)}</a></{heading}>
  <p class="product-card__price">{price(amount, compare_at, highest)}</p>
  {_rating(rating, rating_count)}{_note(availability)}
</article>""")


def _picture(url: str, is_first: bool) -> str:
    if not url:
        return '<span class="no-image" aria-hidden="true"></span>'
    loading = 'fetchpriority="high"' if is_first else 'loading="lazy"'
    return f'<img src="{escape(url)}" alt="" width="480" height="600" {loading} decoding="async">'


def _badge(text: str) -> str:
    if not text:
        return ""
    return f'<span class="badge badge--accent product-card__badge">{escape(text)}</span>'


def _rating(rating: Any, count: int) -> str:
    if not rating:
        return ""
    word = "review" if count == 1 else "reviews"
    return (
        f'<p class="product-card__rating">{stars(rating)} <span class="muted">{escape(str(count))}'
        f'<span class="visually-hidden"> {word}</span></span></p>'
    )


def _note(text: str) -> str:
    return f'<p class="product-card__note">{escape(text)}</p>' if text else ""


def facet_option(
    *, name: str, value: str, label: str, count: int | None, selected: bool, is_single: bool = False
) -> SafeString:
    """A value that a list can be narrowed by, one of several at once unless `is_single`. Without
    a count no number is shown."""
    kind = "radio" if is_single else "checkbox"
    checked = " checked" if selected else ""
    number = "" if count is None else f' <span class="facet__count">{count:d}</span>'
    return SafeString(
        f'<label class="facet__option"><input type="{kind}" name="{escape(name)}"'
        f' value="{escape(value)}"{checked}><span>{escape(label)}</span>{number}</label>'
    )

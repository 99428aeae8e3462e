"""Text of people: cleaned, folded for the search, made into addresses and SKUs."""

import hashlib
import html
import re
import unicodedata
from collections.abc import Mapping

import nh3

TAGS = {
    "p", "br", "strong", "b", "em", "i", "u", "ul", "ol", "li", "h2", "h3", "h4", "blockquote",
    "a", "table", "thead", "tbody", "tr", "th", "td", "hr", "sub", "sup",
}  # fmt: skip
MAX_SKU = 64
BAD_SKU = r"A SKU has no / \ % ? #, no blanks around it and nothing unreadable in it."
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")


def clean_html(text: str) -> str:
    """The harmless part of a description: no scripts, styles, pictures or handlers."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n"))
    return nh3.clean(
        text,
        tags=TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener",
        strip_comments=True,
    ).strip()


def plain_text(markup: str) -> str:
    """The words of a description without its tags."""
    spaced = re.sub(r"<(/?)(p|br|li|h\d|tr|td|th|div)\b", r" <\1\2", markup)
    return " ".join(html.unescape(nh3.clean(spaced, tags=set())).split())


def clean_line(text: str) -> str:
    """One line without control characters and needless space."""
    return " ".join(_CONTROL.sub(" ", text).split())


def fold(text: str) -> str:
    """Lower case without accents: "Café" is found by "cafe"."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


def make_slug(text: str, limit: int = 255) -> str:
    """a-z, 0-9 and hyphens; empty when nothing of the text can be written so."""
    words = re.findall(r"[a-z0-9_]+", fold(text).replace("ß", "ss").replace("'", ""))
    return "-".join(words)[:limit].strip("-")


def is_good_sku(sku: str) -> bool:
    """Whether it can stand in a path, as in `/cart/items/<sku>/`: proxies decode, merge and cut
    what is written there."""
    if sku in ("", ".", "..") or len(sku) > MAX_SKU or sku != sku.strip():
        return False
    return sku.isprintable() and not any(sign in sku for sign in "/\\%?#")


def invent_sku(handle: str, options: Mapping[str, str]) -> str:
    """A SKU for a row without one: the handle and the option values, `classic-top-medium`. The
    same row always gets the same. Where that would be too long, or loses part of a value, a hash
    of the values makes it distinct."""
    values = list(options.values())
    plain = "-".join([handle, *map(make_slug, values)]).strip("-")
    lossless = all(make_slug(value).replace("-", " ") == value.lower() for value in values)
    if lossless and len(plain) <= MAX_SKU:
        return plain
    digest = hashlib.sha256("\x1f".join([handle, *values]).encode()).hexdigest()[:8]
    return f"{plain[: MAX_SKU - 9].strip('-')}-{digest}"


def describe_options(options: Mapping[str, str]) -> str:
    """`Size: M, Colour: Blue`"""
    return ", ".join(f"{name}: {value}" for name, value in options.items())

"""What a shopper asks a list for, read from a query string."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.utils.datastructures import MultiValueDict

from catalog.rules.text import clean_line, cut_words

ORDERINGS = {
    "relevance": "Best match",
    "newest": "Newest first",
    "price": "Lowest price",
    "-price": "Highest price",
    "rating": "Best rated",
    "title": "A to Z",
}
MAX_SEARCH = 200
MAX_WORDS = 8
MAX_ATTRIBUTES = 5
MAX_VALUES = 30
_PRICE = re.compile(r"\d{1,12}(\.\d{1,3})?", re.ASCII)
_TRUE = {"1", "true", "on", "yes"}
_FALSE = {"", "0", "false", "off", "no"}


@dataclass(frozen=True)
class Filters:
    """Values of the same filter widen the list, different filters narrow it. `scope` is the slug
    of the category whose page this is."""

    search: str = ""
    scope: str = ""
    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    in_stock: bool = False
    rating_min: int | None = None
    ordering: str = ""

    def without(self, name: str) -> "Filters":
        """The same but for one filter: `brands`, `price`, or `attr.Size`."""
        if name.startswith("attr."):
            rest = {k: v for k, v in self.attributes.items() if k != name.removeprefix("attr.")}
            return replace(self, attributes=rest)
        if name == "price":
            return replace(self, min_price=None, max_price=None)
        empty = Filters()
        return replace(self, **{name: getattr(empty, name)})

    @property
    def is_narrowed(self) -> bool:
        return replace(self, search="", scope="", ordering="") != Filters()


def read_filters(
    query: MultiValueDict[str, str], *, scope: str = ""
) -> tuple[Filters, dict[str, list[str]]]:
    """The filters, and what is wrong with those that cannot be understood and are left out.
    `q` is a shorter name of `search`."""
    errors: dict[str, list[str]] = {}
    filters = Filters(
        search=clean_line(query.get("search", "") or query.get("q", ""))[:MAX_SEARCH],
        scope=scope,
        categories=_values(query, "category"),
        brands=_values(query, "brand"),
        attributes=_attributes(query),
        min_price=_price(query, "min_price", errors),
        max_price=_price(query, "max_price", errors),
        in_stock=_flag(query, "in_stock", errors),
        rating_min=_rating(query, errors),
        ordering=_ordering(query, errors),
    )
    return filters, errors


def _values(query: MultiValueDict[str, str], name: str) -> tuple[str, ...]:
    values = (clean_line(str(value)) for value in query.getlist(name)[:MAX_VALUES])
    return tuple(dict.fromkeys(value for value in values if value))


def _attributes(query: MultiValueDict[str, str]) -> dict[str, tuple[str, ...]]:
    names = [key for key in query.keys() if key.startswith("attr.")][:MAX_ATTRIBUTES]  # noqa: SIM118
    found = {clean_line(key.removeprefix("attr.")): _values(query, key) for key in names}
    return {name: values for name, values in found.items() if name and values}


def _price(
    query: MultiValueDict[str, str], name: str, errors: dict[str, list[str]]
) -> Decimal | None:
    text = query.get(name, "").strip()
    if not text:
        return None
    if not _PRICE.fullmatch(text):
        errors[name] = ["An amount like 19.99"]
        return None
    return Decimal(text)


def _flag(query: MultiValueDict[str, str], name: str, errors: dict[str, list[str]]) -> bool:
    text = query.get(name, "").lower()
    if text not in _TRUE | _FALSE:
        errors[name] = ["true or false"]
    return text in _TRUE


def _rating(query: MultiValueDict[str, str], errors: dict[str, list[str]]) -> int | None:
    text = query.get("rating_min", "")
    if text and text not in ("1", "2", "3", "4", "5"):
        errors["rating_min"] = ["A whole number from 1 to 5"]
        return None
    return int(text) if text else None


def _ordering(query: MultiValueDict[str, str], errors: dict[str, list[str]]) -> str:
    text = query.get("ordering", "")
    if text and text not in ORDERINGS:
        errors["ordering"] = [f"One of {', '.join(ORDERINGS)}"]
        return ""
    return text


def search_words(text: str) -> list[str]:
    """The words that a search looks for, folded. One sign may be folded into many, and PostgreSQL
    refuses words of more than 2,046 bytes."""
    return [word[:MAX_SEARCH] for word in cut_words(text)[:MAX_WORDS]]

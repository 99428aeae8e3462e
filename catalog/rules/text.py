"""Text of people: cleaned, folded and cut for the search, made into addresses and SKUs."""

import hashlib
import html
import re
import unicodedata
from collections.abc import Collection, Mapping

import nh3

TAGS = {
    "p", "br", "strong", "b", "em", "i", "u", "ul", "ol", "li", "h2", "h3", "h4", "blockquote",
    "a", "table", "thead", "tbody", "tr", "th", "td", "hr", "sub", "sup",
}  # fmt: skip
MAX_SKU = 64
BAD_IN_SKU = "/\\%?#"
BAD_SKU = r"A SKU has no / \ % ? #, no blanks around it and nothing unreadable in it."
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
# Blocks that a description may not have: their words shall not grow together.
_BLOCK = re.compile(
    r"(?=</?(?:div|h1|h5|h6|section|article|header|footer|main|aside|nav|center|pre|address"
    r"|figure|figcaption|dl|dt|dd|fieldset|form|option|label|caption)\b)",
    re.IGNORECASE,
)
# Latin letters that no decomposition leads back to a-z.
_LATIN = str.maketrans(
    {
        "ß": "ss", "ẞ": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
        "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "TH", "ð": "d", "Ð": "D",
        "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T", "ŋ": "n", "Ŋ": "N", "ı": "i", "ƒ": "f",
    }
)  # fmt: skip


def clean_html(text: str) -> str:
    """The harmless part of a description: no scripts, styles, pictures or handlers."""
    text = _BLOCK.sub(" ", _CONTROL.sub("", text.replace("\r\n", "\n")))
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


def read_entities(text: str) -> str:
    """`&amp;` and its like as the letters that they mean."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)


def fold(text: str) -> str:
    """Lower case without accents: "Café" is found by "cafe", "Łódź" by "lodz"."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LATIN))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


def cut_words(text: str) -> list[str]:
    """The words of a text, folded: what stands in the index, and what a search looks for."""
    return re.findall(r"[^\W_]+", fold(text))


def squeeze(text: str) -> str:
    """A code without its signs: `HYD-2024-07` and `hyd 2024 07` are the same."""
    return "".join(cut_words(text))


def count_typos(one: str, other: str) -> int:
    """How many letters are missing, too many, others or in the place of their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        older, before, row = before, row, [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and (letter, wanted) == (other[j - 2], one[i - 2]):
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


def make_slug(text: str, limit: int = 255) -> str:
    """Letters of any script, digits and hyphens, Latin letters as a-z; empty when nothing of the
    text can be written so."""
    text = unicodedata.normalize("NFKC", text.translate(_LATIN).replace("'", ""))
    plain = "".join(map(_without_accent, text)).lower()
    letters = (c for c in plain if not unicodedata.category(c).startswith("M"))
    return "-".join(re.findall(r"\w+", "".join(letters)))[:limit].strip("-")


def number_slug(base: str, taken: Collection[str]) -> str:
    """It, or else with the first number that nobody has: `tea-2`."""
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return base if base not in taken else next(slug for slug in numbered if slug not in taken)


def _without_accent(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter)[0]
    return base if base.isascii() else letter


def make_code(text: str) -> str:
    """a-z, 0-9, _ and hyphens: what is left of other letters is nothing."""
    return "-".join(re.findall(r"[a-z0-9_]+", fold(text).replace("'", "")))


def is_good_sku(sku: str) -> bool:
    """Whether it can stand in a path, as in `/cart/items/<sku>/`: proxies decode, merge and cut
    what is written there."""
    if sku in ("", ".", "..") or len(sku) > MAX_SKU or sku != sku.strip():
        return False
    return sku.isprintable() and not any(sign in sku for sign in BAD_IN_SKU)


def fit_sku(text: str) -> str:
    """The nearest SKU that can stand in a path: `GP/39440` becomes `GP-39440`. The same text
    always gives the same; empty when nothing is left of it."""
    kept = "".join("-" if c in BAD_IN_SKU else c for c in text if c.isprintable()).strip()
    if len(kept) > MAX_SKU:
        kept = f"{kept[: MAX_SKU - 9].strip()}-{_digest(text)}"
    return kept if is_good_sku(kept) else ""


def invent_sku(handle: str, options: Mapping[str, str]) -> str:
    """A SKU for a row without one: the handle and the option values, `classic-top-medium`. The
    same row always gets the same. Where that would be too long, or loses part of a value, a hash
    of the values makes it distinct."""
    values = list(options.values())
    plain = "-".join(filter(None, map(make_code, [handle, *values])))
    lossless = make_code(handle) == handle.lower() and all(
        make_code(value).replace("-", " ") == value.lower() for value in values
    )
    if lossless and len(plain) <= MAX_SKU:
        return plain
    return f"{plain[: MAX_SKU - 9].strip('-')}-{_digest(handle, *values)}".strip("-")


def _digest(*texts: str) -> str:
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:8]


def describe_options(options: Mapping[str, str]) -> str:
    """`Size: M, Colour: Blue`"""
    return ", ".join(f"{name}: {value}" for name, value in options.items())

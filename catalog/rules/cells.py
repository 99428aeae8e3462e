"""The cells of a row, read into values. What is wrong is raised; what can land but for a part of it
is told as a warning."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import quote

from catalog.rules.product import MAX_DECIMALS, MAX_DESCRIPTION, MAX_PRICE
from catalog.rules.text import clean_html, clean_line, fit_sku, make_slug, read_entities

MAX_TAGS = 100
MAX_TAG = 60
MAX_LEVELS = 6
MAX_LEVEL = 100
MAX_BARCODE = 64
MAX_GRAMS = 10_000_000
_DECIMAL = re.compile(r"-?\d{1,12}(\.\d+)?", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,12}(\.0+)?", re.ASCII)
_DAMAGED = re.compile(r"\d([.,]\d+)?[eE]\+?\d+", re.ASCII)
# As spreadsheets of other languages write them, too.
TRUE = {
    "true", "yes", "1", "published", "wahr", "ja", "vrai", "oui", "verdadero", "verdadeiro", "sí",
    "si", "sim", "vero", "waar", "sant", "sand", "prawda", "tak", "истина", "да", "igaz", "doğru",
    "tosi", "pravda", "ano",
}  # fmt: skip
FALSE = {
    "false", "no", "0", "unpublished", "falsch", "nein", "faux", "non", "falso", "não", "nao",
    "onwaar", "nee", "falskt", "falsk", "fałsz", "nie", "ложь", "нет", "hamis", "yanlış", "epätosi",
    "nepravda", "ne",
}  # fmt: skip


class BadRow(Exception):
    """A row that cannot land."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Cells:
    """A row by the names of its columns; `warn` takes a code and a sentence."""

    cells: Mapping[str, str]
    warn: Callable[[str, str], None]

    def has(self, *columns: str) -> bool:
        """Whether the file has any of the columns."""
        return any(column in self.cells for column in columns)

    def get(self, column: str) -> str:
        return self.cells.get(column, "").strip()

    def line(self, column: str, limit: int) -> str:
        """Cut where it is longer."""
        text = read_entities(clean_line(self.get(column)))
        if len(text) > limit:
            self.warn("cut", f"{column} has more than {limit} characters; the rest was left out.")
        return clean_line(text)[:limit].strip()

    def flag(self, column: str) -> bool | None:
        """None for an empty cell, and for a word that is neither."""
        text = self.get(column).lower()
        return True if text in TRUE else False if text in FALSE else None

    def amount(self, column: str, code: str) -> Decimal | None:
        text = self.get(column)
        if not text:
            return None
        if not _DECIMAL.fullmatch(text):
            raise BadRow(code, f"{column} is {text[:40]!r}; it must be an amount like 19.99.")
        amount = Decimal(text)
        if amount < 0:
            raise BadRow("negative_price", f"{column} is negative.")
        if amount > MAX_PRICE or amount != round(amount, MAX_DECIMALS):
            raise BadRow(code, f"{column} is up to {MAX_PRICE:,} with {MAX_DECIMALS} decimals.")
        return amount

    def quantity(self, column: str, limit: int) -> int | None:
        """Less than nothing is what the old shop has oversold."""
        text = self.get(column)
        if not text:
            return None
        if not _WHOLE.fullmatch(text):
            raise BadRow("bad_quantity", f"{column} is {text[:40]!r}; it must be a whole number.")
        number = int(Decimal(text))
        if number > limit:
            raise BadRow("bad_quantity", f"{column} is more than {limit:,}.")
        if number < 0:
            self.warn("negative_quantity", f"{column} is {number}; it counts as 0.")
        return max(number, 0)

    def grams(self, column: str) -> int | None:
        """Rounded; what weighs anything weighs one at least. None for what is no weight."""
        text = self.get(column)
        if not text:
            return 0
        if not _DECIMAL.fullmatch(text) or not 0 <= Decimal(text) <= MAX_GRAMS:
            limit = f"a number up to {MAX_GRAMS:,}"
            self.warn("bad_weight", f"{column} is {text[:40]!r}, not {limit}; left out.")
            return None
        weight = Decimal(text)
        return max(int(weight.quantize(Decimal(1), ROUND_HALF_UP)), 1) if weight else 0

    def sku(self, column: str) -> str:
        text = self.get(column).removeprefix("'").strip()
        sku = fit_sku(text)
        if text and sku != text:
            became = f"it lands as {sku}" if sku else "the row gets another one"
            self.warn("sku_changed", f"{column} {text[:80]!r} fits no address; {became}.")
        return sku

    def barcode(self, column: str) -> str | None:
        """The first of several. None for one that a spreadsheet has rounded."""
        several = [part for part in re.split(r"[;,|\r\n]+", self.get(column)) if part.strip()]
        text = clean_line(several[0]).removeprefix("'") if several else ""
        if _DAMAGED.fullmatch(text):
            self.warn("damaged_barcode", f"A spreadsheet rounded {column} to {text}; left out.")
            return None
        if len(several) > 1:
            self.warn("more_barcodes", f"{column} has several; {text} was taken.")
        if len(text) > MAX_BARCODE:
            self.warn("bad_barcode", f"{column} has more than {MAX_BARCODE} characters; left out.")
            return None
        return text

    def tags(self, column: str) -> list[str]:
        parts = (clean_line(read_entities(tag)) for tag in self.cells[column].split(","))
        whole = list(dict.fromkeys(tag for tag in parts if tag))
        tags = list(dict.fromkeys(tag[:MAX_TAG].strip() for tag in whole[:MAX_TAGS]))
        if tags != whole:
            self.warn("cut", f"A product has up to {MAX_TAGS} tags of up to {MAX_TAG} characters.")
        return tags

    def description(self, column: str) -> str:
        text = self.cells[column]
        if len(text) > MAX_DESCRIPTION:
            self.warn("cut", f"{column} has more than {MAX_DESCRIPTION:,} characters; cut there.")
        return clean_html(text[:MAX_DESCRIPTION])

    def path(self, column: str) -> tuple[str, ...]:
        """A category from the root down."""
        text = read_entities(clean_line(self.get(column)))
        parts = [part for part in map(clean_line, text.split(">")) if make_slug(part)]
        path = tuple(part[:MAX_LEVEL].strip() for part in parts[:MAX_LEVELS])
        if path != tuple(parts):
            limits = f"{MAX_LEVELS} levels of up to {MAX_LEVEL} characters"
            self.warn("cut", f"A category has up to {limits}; the rest was left out.")
        return () if [part.lower() for part in path] == ["uncategorized"] else path

    def address(self, column: str) -> str:
        """Of a picture; empty for none, and for one that is no address."""
        text = self.get(column)
        if text.startswith("//"):
            text = f"https:{text}"
        text = quote(text, safe="".join(map(chr, range(33, 127)))) if " " in text else text
        if len(text) > 1000 or not text.isprintable():
            self.warn("bad_image", f"{column} is not an address of up to 1,000 characters.")
            return ""
        return text

"""Tables in text files: which characters, which delimiter, which rows. Whatever a spreadsheet or a
shop wrote is read when that is certain, and named when it is of another kind."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from catalog.rules.text import clean_line
from shared.errors import InvalidInput

MAX_ROWS = 20_000
MAX_COLUMNS = 1000
DELIMITERS = ",;\t|"
csv.field_size_limit(10 * 1024 * 1024)
_BINARY = (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b")
# By columns that only they have, in small letters.
_KINDS = {
    "a WooCommerce product export": (
        {"regular price", "in stock?"},
        {"regulärer preis", "vorrätig?"},
        {"tarif régulier", "ugs"},
        {"precio normal", "¿existencias?"},
        {"базовая цена", "артикул"},
    ),
    "a Wix product export": ({"handleid", "fieldtype"},),
    "an Etsy listing export": ({"currency_code", "title"}, {"currency_code", "titolo"}),
    "a feed for Google or Meta": (
        {"id", "title", "image_link"},
        {"id", "title", "image link"},
        {"g:id", "g:title"},
    ),
    "a Squarespace product export": ({"product id [non editable]"},),
    "a PrestaShop product file": (
        {"product id", "active (0/1)"},
        {"active (0/1)", "name *"},
        {"product id", "reference #", "friendly-url"},
    ),
    "a Magento product export": ({"sku", "attribute_set_code"},),
    "a BigCommerce product export": ({"item type", "product code/sku"},),
    "a Shopware product export": ({"product_number", "price_gross"},),
    "an Allegro offer file": ({"external_id", "gtin", "image1"},),
    "Shopify's inventory export": ({"handle", "location"}, {"handle", "coo", "hs code"}),
    "Shopify's order export": ({"lineitem name", "financial status"},),
    "Shopify's customer export": ({"accepts email marketing", "total spent"},),
}


_ACCENTS = re.compile("[À-ÖØ-öø-ÿ]+")


class NotCsv(InvalidInput):
    code = "not_csv"
    title = "The file is not a product CSV"


class WrongEncoding(InvalidInput):
    code = "wrong_encoding"
    title = "The file is not UTF-8 text"


class TooManyRows(InvalidInput):
    code = "too_many_rows"
    title = f"A file may have {MAX_ROWS:,} rows"


@dataclass(frozen=True)
class Row:
    """`number` counts as a spreadsheet does: the header is row 1, or below the blank rows over it.
    `cells` are named as the header names them. `problem` is set when the row cannot be read."""

    number: int
    cells: dict[str, str] = field(default_factory=dict)
    problem: str = ""


@dataclass
class Table:
    """Rows are read as they are asked for. `guessed` is the encoding that was taken for want of a
    sign."""

    header: list[str]
    header_row: int
    rows: Iterator[Row]
    guessed: str = ""


NameColumns = Callable[[Sequence[str]], list[str]]


def read_table(data: bytes, *, name: NameColumns, needed: Sequence[str]) -> Table:
    """`name` gives each column of the header the name that its cells get. Raises NotCsv also when
    one that is `needed` is not there, WrongEncoding and, while the rows are read, TooManyRows."""
    text, guessed = _decode(data)
    _refuse_other_kinds(text)
    delimiter, body = _find_delimiter(text)
    lines = _Lines(body)
    reader = csv.reader(lines, strict=True, delimiter=delimiter)
    skipped, cells = _first_row(reader, lines)
    if len(cells) > MAX_COLUMNS:
        raise NotCsv(f"The first line has more than {MAX_COLUMNS:,} columns.")
    plain = [clean_line(cell) for cell in cells]
    header = name(plain)
    missing = [column for column in needed if column not in header]
    if missing:
        raise NotCsv(_explain_missing(plain, missing))
    _refuse_doubled(plain)
    top = skipped + 1
    return Table(header, top, _read_rows(reader, lines, header, top, delimiter), guessed)


class _Lines:
    """The lines of a text, of which those of the present row are remembered."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.row: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.row.append(line)
        self.number += 1
        return line


def _decode(data: bytes) -> tuple[str, str]:
    if data.startswith(_BINARY):
        raise NotCsv("This is another kind of file. Save the sheet as CSV (UTF-8).")
    guessed = ""
    try:
        wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        text, guessed = _decode_old(data, error), "Windows-1252"
    if "\x00" in text:
        raise NotCsv("The file holds bytes that no CSV has.")
    return text.lstrip("\ufeff"), guessed


def _decode_old(data: bytes, error: UnicodeDecodeError) -> str:
    """As spreadsheets of Western Europe save it. A text that is UTF-8 but for some bytes is
    broken, not old."""
    refusal = WrongEncoding(
        f"Save the file as UTF-8; byte {error.start:,} is not part of such a text."
    )
    trial = data.decode("utf-8", errors="replace")
    if any(ord(c) > 127 and c not in "\ufffd\ufeff" for c in trial):
        raise refusal from error
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        raise refusal from error
    runs = _ACCENTS.findall(text)
    if sum(len(run) > 2 for run in runs) * 2 > len(runs):
        # Whole words of accents are another alphabet.
        raise refusal from error
    return text


def _refuse_other_kinds(text: str) -> None:
    start = text[:2000].strip().lstrip("\ufeff").lower()
    if not start:
        raise NotCsv("The file is empty.")
    if start.startswith("<"):
        kind = "XML"
        if "base.google.com" in start or "<rss" in start or "<feed" in start:
            kind = "a Google product feed (XML)"
        elif "<html" in start or "<!doctype html" in start:
            kind = "a web page"
        raise NotCsv(f"This looks like {kind}. The import reads Shopify's product CSV.")
    if start.startswith(("{", "[")):
        raise NotCsv("This looks like JSON. The import reads Shopify's product CSV.")


def _find_delimiter(text: str) -> tuple[str, str]:
    """What stands between the cells of the first line that has any, and the text from there on
    with as many lines before it as it had. `sep=;` is Excel's own word for it."""
    first, _, rest = text.partition("\n")
    told = first.strip().lower()
    if told.startswith("sep=") and len(told) == 5:
        return told[4], rest
    if told == "sep=":
        return "\t", rest
    line = next((line for line in text[:500_000].splitlines() if line.strip(f" {DELIMITERS}")), "")
    plain = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=plain.count), text


def _first_row(reader: Iterator[list[str]], lines: _Lines) -> tuple[int, list[str]]:
    """How many blank rows there are over it, and its cells."""
    skipped = 0
    try:
        for cells in reader:
            lines.row.clear()
            if any(cell.strip() for cell in cells):
                return skipped, cells
            skipped += 1
    except csv.Error as error:
        raise NotCsv(f"The first line is broken: {error}.") from error
    raise NotCsv("The file is empty.")


def _refuse_doubled(header: Sequence[str]) -> None:
    names = [name.lower() for name in header if name]
    twice = sorted({name for name in header if names.count(name.lower()) > 1})
    if twice:
        raise NotCsv(f"The first line has a column twice: {', '.join(twice)[:200]}.")


def _explain_missing(header: Sequence[str], missing: Sequence[str]) -> str:
    there = {name.lower() for name in header}
    kinds = (k for k, marks in _KINDS.items() if any(mark <= there for mark in marks))
    kind = next(kinds, "")
    looks = f"This looks like {kind}; the import reads Shopify's product CSV. " if kind else ""
    found = ", ".join(filter(None, header))[:200] or "none"
    return f"{looks}The first line has no column {', '.join(missing)}. Its columns are: {found}."


def _read_rows(
    reader: Iterator[list[str]], lines: _Lines, header: list[str], top: int, delimiter: str
) -> Iterator[Row]:
    number = top
    while True:
        lines.row.clear()
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _broken(number, lines, header, delimiter, error)
            continue
        if number > MAX_ROWS + top:
            raise TooManyRows()
        if any(cell.strip() for cell in cells):
            yield _named(number, cells, header)


def _named(number: int, cells: Sequence[str], header: Sequence[str]) -> Row:
    """Of two columns with one name the first that has something counts."""
    row: dict[str, str] = {}
    for name, cell in zip(header, cells, strict=False):
        if not row.get(name, "").strip():
            row[name] = cell
    surplus = any(cell.strip() for cell in cells[len(header) :])
    return Row(number, row, "more cells than the first line" if surplus else "")


def _broken(
    number: int, lines: _Lines, header: Sequence[str], delimiter: str, error: csv.Error
) -> Row:
    """A row of one line is refused alone; where a quote runs over lines nobody can tell which
    rows it has swallowed."""
    if len(lines.row) != 1 or "unexpected end" in str(error):
        begin = lines.number - len(lines.row) + 1
        message = f"Line {begin:,} is broken, or a quote that opens in it runs on: {error}."
        raise NotCsv(message) from error
    first = next(csv.reader(lines.row, delimiter=delimiter), [])
    return Row(number, dict(zip(header, first, strict=False)), f"a stray quote ({error})")

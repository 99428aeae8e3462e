"""Shopify's product CSV, read into products. Columns are found by their names, so a file may have
46, 47 or any columns; those not known here are ignored. Several rows share a `Handle`; the first
has the title, later ones more variants and pictures."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from catalog.rules.product import (
    BAD_OPTIONS,
    MAX_DECIMALS,
    MAX_DESCRIPTION,
    MAX_IMAGES,
    MAX_PRICE,
    MAX_QUANTITY,
    MAX_VARIANTS,
    ImageState,
    VariantState,
    are_good_options,
    option_key,
)
from catalog.rules.text import BAD_SKU, MAX_SKU, clean_html, clean_line, is_good_sku, make_slug
from shared.errors import InvalidInput

MAX_ROWS = 20_000
MAX_COLUMNS = 1000
_DECIMAL = re.compile(r"-?\d{1,12}(\.\d+)?", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,12}(\.0+)?", re.ASCII)
_TRUE = {"true", "yes", "1"}
_FALSE = {"false", "no", "0"}
LIMITS = {"Title": 255, "SEO Title": 255, "SEO Description": 500, "Vendor": 100, "Type": 300}
csv.field_size_limit(10 * 1024 * 1024)


class NotCsv(InvalidInput):
    code = "not_csv"
    title = "The file is not a product CSV"


class WrongEncoding(InvalidInput):
    code = "wrong_encoding"
    title = "The file is not UTF-8 text"


class TooManyRows(InvalidInput):
    code = "too_many_rows"
    title = f"A file may have {MAX_ROWS:,} rows"


class BadRow(Exception):
    """A row that cannot land."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class RowError:
    """`row` counts as a spreadsheet does: the header is row 1."""

    row: int
    handle: str
    code: str
    message: str


@dataclass
class ParsedProduct:
    """A product of the file. `fields` has what its columns say; the product cannot land when there
    are `errors`. `sku_rows` tells in which row each SKU stands."""

    slug: str
    row: int
    fields: dict[str, Any] = field(default_factory=dict)
    variants: list[VariantState] = field(default_factory=list)
    images: list[ImageState] = field(default_factory=list)
    option_names: list[str] = field(default_factory=list)
    sku_rows: dict[str, int] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)


@dataclass
class ParsedFile:
    """`strays` are rows that belong to no product."""

    products: list[ParsedProduct]
    strays: list[RowError]


Row = dict[str, str]


def parse_shopify(data: bytes) -> ParsedFile:
    """Raises NotCsv, WrongEncoding and TooManyRows; whatever is wrong with single rows is told in
    the result."""
    rows = _read_rows(_decode(data))
    products: dict[str, ParsedProduct] = {}
    strays: list[RowError] = []
    for number, cells in rows:
        slug = make_slug(cells.get("Handle", ""))
        if not slug:
            strays.append(_stray(number, cells))
            continue
        product = products.get(slug)
        if product is None:
            product = products[slug] = ParsedProduct(slug=slug, row=number)
        _take_row(product, number, cells)
    for product in products.values():
        if not product.variants and not product.errors:
            _fail(product, product.row, BadRow("bad_price", "The product has no price."))
    _forbid_shared_skus(list(products.values()))
    return ParsedFile(list(products.values()), strays)


def check_shopify(data: bytes) -> None:
    """Reads no more than the first row. Raises NotCsv and WrongEncoding."""
    next(_read_rows(_decode(data)), None)


def _decode(data: bytes) -> str:
    if data.startswith((b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff")):
        raise NotCsv("This is another kind of file. Save the sheet as CSV (UTF-8).")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongEncoding(
            f"Save the file as UTF-8; byte {error.start:,} is not part of such a text."
        ) from error
    if "\x00" in text:
        raise NotCsv("The file holds bytes that no CSV has.")
    return text


def _read_rows(text: str) -> Iterator[tuple[int, Row]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = _read_header(next(reader, []))
        for number, cells in enumerate(reader, start=2):
            if number > MAX_ROWS + 1:
                raise TooManyRows()
            if any(cell.strip() for cell in cells):
                yield number, _name_cells(header, cells)
    except csv.Error as error:
        raise NotCsv(f"Line {reader.line_num:,} is broken: {error}.") from error


def _read_header(cells: Sequence[str]) -> list[str]:
    if len(cells) > MAX_COLUMNS:
        raise NotCsv(f"The first line has more than {MAX_COLUMNS:,} columns.")
    header = [clean_line(name) for name in cells]
    missing = [name for name in ("Handle", "Title", "Variant Price") if name not in header]
    if missing:
        raise NotCsv(f"The first line has no column {', '.join(missing)}.")
    twice = sorted(name for name, count in Counter(header).items() if name and count > 1)
    if twice:
        raise NotCsv(f"The first line has a column twice: {', '.join(twice)[:200]}.")
    return header


def _name_cells(header: Sequence[str], cells: Sequence[str]) -> Row:
    row = dict(zip(header, cells, strict=False))
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        row["_surplus"] = "1"
    return row


def _stray(number: int, row: Row) -> RowError:
    handle = clean_line(row.get("Handle", ""))[:255]
    if handle:
        return RowError(number, handle, "bad_handle", "A handle is made of letters and digits.")
    return RowError(number, "", "missing_handle", "The row has no handle.")


def _take_row(product: ParsedProduct, number: int, row: Row) -> None:
    try:
        if "_surplus" in row:
            raise BadRow("too_many_cells", "The row has more cells than the first line.")
        if number == product.row:
            _take_head(product, row)
        if _has_variant(row, first=number == product.row):
            _take_variant(product, number, row)
        _take_image(product, row)
    except BadRow as bad:
        _fail(product, number, bad)


def _fail(product: ParsedProduct, number: int, bad: BadRow) -> None:
    product.errors.append(RowError(number, product.slug, bad.code, bad.message[:500]))


def _take_head(product: ParsedProduct, row: Row) -> None:
    if len(row["Handle"].strip()) > 255:
        raise BadRow("too_long", "Handle has more than 255 characters.")
    # Read first: later rows of the product need them even when this row is bad.
    product.option_names = [_option_name(row, number) for number in (1, 2, 3)]
    title = _text(row, "Title")
    if not title:
        raise BadRow("missing_title", "The first row of a product needs a title.")
    product.fields = {"title": title}
    for column, name in (
        ("Vendor", "brand"),
        ("SEO Title", "seo_title"),
        ("SEO Description", "seo_description"),
    ):
        if column in row:
            product.fields[name] = _text(row, column)
    if "Body (HTML)" in row:
        product.fields["description"] = _description(row["Body (HTML)"])
    if "Tags" in row:
        product.fields["tags"] = _tags(row["Tags"])
    _take_category(product, row)
    _take_status(product, row)


def _text(row: Row, column: str) -> str:
    text = clean_line(row.get(column, ""))
    if len(text) > LIMITS[column]:
        raise BadRow("too_long", f"{column} has more than {LIMITS[column]} characters.")
    return text


def _option_name(row: Row, number: int) -> str:
    return clean_line(row.get(f"Option{number} Name", ""))[:100]


def _description(text: str) -> str:
    if len(text) > MAX_DESCRIPTION:
        raise BadRow("too_long", f"Body (HTML) has more than {MAX_DESCRIPTION:,} characters.")
    return clean_html(text)


def _tags(text: str) -> list[str]:
    tags = list(dict.fromkeys(tag for tag in map(clean_line, text.split(",")) if tag))
    if any(len(tag) > 60 for tag in tags) or len(tags) > 100:
        raise BadRow("too_long", "A product has up to 100 tags of up to 60 characters.")
    return tags


def _take_category(product: ParsedProduct, row: Row) -> None:
    """`Type`, or else Shopify's own taxonomy ("Home > Kitchen"); neither leaves it as it is."""
    text = _text(row, "Type") or clean_line(row.get("Product Category", ""))
    path = tuple(part for part in map(clean_line, text.split(">")) if make_slug(part))
    if len(path) > 6 or any(len(part) > 100 for part in path):
        raise BadRow("too_long", "A category has up to six levels of up to 100 characters.")
    if path:
        product.fields["category"] = path


def _take_status(product: ParsedProduct, row: Row) -> None:
    published = row.get("Published", "").strip().lower()
    status = row.get("Status", "").strip().lower()
    if published and published not in _TRUE | _FALSE:
        raise BadRow("bad_published", "Published is true or false.")
    if status not in ("", "active", "draft", "archived"):
        raise BadRow("bad_status", "Status is active, draft or archived.")
    if status:
        product.fields["status"] = "draft" if published in _FALSE and status == "active" else status
    elif published:
        product.fields["status"] = "active" if published in _TRUE else "draft"


def _has_variant(row: Row, *, first: bool) -> bool:
    columns = ("Variant Price", "Variant SKU", "Option1 Value", "Option2 Value", "Option3 Value")
    return first or any(row.get(column, "").strip() for column in columns)


def _take_variant(product: ParsedProduct, number: int, row: Row) -> None:
    sku = row.get("Variant SKU", "").strip()
    if len(sku) > MAX_SKU:
        raise BadRow("too_long", f"Variant SKU has more than {MAX_SKU} characters.")
    if sku and not is_good_sku(sku):
        raise BadRow("bad_sku", BAD_SKU)
    options = _options(product, row)
    if any(option_key(options) == option_key(other.options) for other in product.variants):
        raise BadRow("duplicate_variant", "Another row of the product has the same options.")
    if sku and sku in product.sku_rows:
        raise BadRow("duplicate_sku", f"{sku} stands in row {product.sku_rows[sku]} too.")
    if len(product.variants) >= MAX_VARIANTS:
        raise BadRow("too_many_variants", f"A product has up to {MAX_VARIANTS} variants.")
    product.variants.append(_variant(row, sku, options))
    if sku:
        product.sku_rows[sku] = number


def _variant(row: Row, sku: str, options: dict[str, str]) -> VariantState:
    price = _amount(row, "Variant Price", "bad_price")
    if price is None:
        raise BadRow("bad_price", "The row has no Variant Price.")
    barcode = clean_line(row.get("Variant Barcode", "")).lstrip("'")
    if len(barcode) > 64:
        raise BadRow("too_long", "Variant Barcode has more than 64 characters.")
    return VariantState(
        sku=sku,
        options=options,
        price=price,
        compare_at_price=_amount(row, "Variant Compare At Price", "bad_compare_at_price"),
        tax_class=_tax_class(row),
        barcode=barcode,
        weight_grams=_whole(row, "Variant Grams", "bad_weight", 10_000_000) or 0,
        quantity=_whole(row, "Variant Inventory Qty", "bad_quantity", MAX_QUANTITY),
    )


def _options(product: ParsedProduct, row: Row) -> dict[str, str]:
    options: dict[str, str] = {}
    for number, name in enumerate(product.option_names, start=1):
        value = clean_line(row.get(f"Option{number} Value", ""))
        if len(value) > 255:
            raise BadRow("too_long", f"Option{number} Value has more than 255 characters.")
        if name and not value:
            raise BadRow("missing_option", f"The row has no value for {name}.")
        if value and not name:
            raise BadRow("missing_option", f"Option{number} has a value but no name.")
        if name and name in options:
            raise BadRow("duplicate_option", f"The option {name} comes twice.")
        if name:
            options[name] = value
    if not are_good_options(options):
        raise BadRow("too_long", BAD_OPTIONS)
    return {} if options == {"Title": "Default Title"} else options


def _amount(row: Row, column: str, code: str) -> Decimal | None:
    text = row.get(column, "").strip()
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


def _whole(row: Row, column: str, code: str, limit: int) -> int | None:
    text = row.get(column, "").strip()
    if not text:
        return None
    if not _WHOLE.fullmatch(text):
        raise BadRow(code, f"{column} is {text[:40]!r}; it must be a whole number.")
    number = int(Decimal(text))
    if number < 0:
        raise BadRow("negative_quantity" if code == "bad_quantity" else code, f"{column} < 0.")
    if number > limit:
        raise BadRow(code, f"{column} is more than {limit:,}.")
    return number


def _tax_class(row: Row) -> str:
    code = row.get("Variant Tax Code", "").strip().lower()
    if code in ("standard", "reduced", "zero"):
        return code
    return "zero" if row.get("Variant Taxable", "").strip().lower() in _FALSE else "standard"


def _take_image(product: ParsedProduct, row: Row) -> None:
    source = row.get("Image Src", "").strip()
    if not source or any(image.source_url == source for image in product.images):
        return
    if len(source) > 1000 or not source.isprintable() or " " in source:
        raise BadRow("bad_image", "Image Src is not an address of up to 1,000 characters.")
    if len(product.images) >= MAX_IMAGES:
        raise BadRow("too_many_images", f"A product has up to {MAX_IMAGES} pictures.")
    alt = clean_line(row.get("Image Alt Text", ""))[:255]
    product.images.append(ImageState(source_url=source, alt=alt))


def _forbid_shared_skus(products: Sequence[ParsedProduct]) -> None:
    first: dict[str, int] = {}
    for product in products:
        for sku, number in product.sku_rows.items():
            if sku in first:
                bad = BadRow("duplicate_sku", f"{sku} stands in row {first[sku]} too.")
                _fail(product, number, bad)
            first.setdefault(sku, number)

"""Shopify's product CSV, read into products. Columns are found by their names, the older and the
newer ones, in whatever case; those not known here are ignored. Several rows share a `Handle`, to
the letter; the first has the title, later ones more variants and pictures."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any
from unicodedata import normalize

from catalog.rules.cells import FALSE, TRUE, BadRow, Cells
from catalog.rules.columns import NAMES, WHOLE
from catalog.rules.parsed import ParsedFile, ParsedProduct, ParsedVariant, RowError
from catalog.rules.product import (
    BAD_OPTIONS,
    MAX_IMAGES,
    MAX_QUANTITY,
    MAX_VARIANTS,
    ImageState,
    are_good_options,
    option_key,
)
from catalog.rules.tables import Row, Table, read_table
from catalog.rules.text import clean_line, make_slug, read_entities

MAX_HANDLE = 255
MAX_TITLE = 255
# What refuses no more than the variant that it is said of.
OF_ONE_VARIANT = {"bad_price", "negative_price", "bad_quantity"}
OPTION_VALUES = ("Option1 Value", "Option2 Value", "Option3 Value")


def parse_shopify(data: bytes) -> ParsedFile:
    """Raises NotCsv, WrongEncoding and TooManyRows; whatever is wrong with single rows is told in
    the result."""
    table = _open(data)
    products: dict[str, ParsedProduct] = {}
    strays: list[RowError] = []
    for row in table.rows:
        # Systems that write accents as marks of their own mean the same letters.
        handle = normalize("NFC", row.cells.get("Handle", "").strip())
        if not make_slug(handle) or len(handle) > MAX_HANDLE or not handle.isprintable():
            strays.append(_stray(row, handle))
            continue
        product = products.get(handle)
        if product is None:
            product = products[handle] = ParsedProduct(handle, row.number)
        _take_row(product, row)
    for product in products.values():
        _complete(product, set(table.header))
    _part_shared_skus(list(products.values()))
    return ParsedFile(list(products.values()), strays, list(_warn_of_file(table)))


def check_shopify(data: bytes) -> None:
    """Reads no more than the first row. Raises NotCsv and WrongEncoding."""
    next(_open(data).rows, None)


def _open(data: bytes) -> Table:
    return read_table(data, name=_name_columns, needed=("Handle", "Title", "Variant Price"))


def _name_columns(header: Sequence[str]) -> list[str]:
    return [NAMES.get(name.lower(), name) for name in header]


def _warn_of_file(table: Table) -> Iterator[RowError]:
    if table.guessed:
        message = (
            f"The file is not UTF-8 and was read as {table.guessed}. Where letters are wrong, save"
            " it as CSV (UTF-8) and import it again."
        )
        yield RowError(table.header_row, "", "old_encoding", message, "warning")


def _stray(row: Row, handle: str) -> RowError:
    if len(handle) > MAX_HANDLE:
        message = f"Handle has more than {MAX_HANDLE} characters."
        return RowError(row.number, clean_line(handle)[:255], "too_long", message)
    if handle:
        message = "A handle is made of letters and digits."
        return RowError(row.number, clean_line(handle)[:255], "bad_handle", message)
    if row.problem:
        return RowError(row.number, "", "bad_row", f"The row has {row.problem}.")
    return RowError(row.number, "", "missing_handle", "The row has no handle.")


def _take_row(product: ParsedProduct, row: Row) -> None:
    number, cells = row.number, Cells(row.cells, partial(product.warn, row.number))
    try:
        if row.problem:
            code = "too_many_cells" if row.problem.startswith("more cells") else "bad_row"
            raise BadRow(code, f"The row has {row.problem}.")
        if number == product.row:
            _take_head(product, cells)
        else:
            _compare_with_head(product, cells)
        if _has_variant(cells, first=number == product.row):
            _try_variant(product, number, cells)
        _take_image(product, cells)
    except BadRow as bad:
        product.fail(number, bad)


def _try_variant(product: ParsedProduct, number: int, cells: Cells) -> None:
    try:
        _take_variant(product, number, cells)
    except BadRow as bad:
        if bad.code not in OF_ONE_VARIANT:
            raise
        product.refused.append((number, bad))


def _complete(product: ParsedProduct, columns: set[str]) -> None:
    product.has_images = "Image Src" in columns
    product.has_alts = "Image Alt Text" in columns
    product.is_whole = columns >= WHOLE
    order = sorted(range(len(product.images)), key=lambda n: (product.positions[n], n))
    product.images = [product.images[n] for n in order]
    for number, bad in product.refused:
        if product.variants:
            product.warn(number, bad.code, f"{bad.message} The variant was left out.")
            product.is_whole = False
        else:
            product.fail(number, bad)
    if not product.variants and not product.errors:
        product.fail(product.row, BadRow("bad_price", "The product has no price."))


def _take_head(product: ParsedProduct, cells: Cells) -> None:
    # Read first: later rows of the product need them even when this row is bad.
    product.option_names = [_option_name(cells, number) for number in (1, 2, 3)]
    title = _title(cells)
    if not title:
        raise BadRow("missing_title", "The first row of a product needs a title.")
    if len(title) > MAX_TITLE:
        raise BadRow("too_long", f"Title has more than {MAX_TITLE} characters.")
    product.fields = {"title": title, **_texts(cells)}
    if cells.flag("Gift Card"):
        cells.warn("gift_card", "A gift card lands as goods that are sent.")
    _take_status(product, cells)


def _texts(cells: Cells) -> dict[str, Any]:
    """What the file has columns for."""
    fields: dict[str, Any] = {}
    for column, name, limit in (
        ("Vendor", "brand", 100),
        ("SEO Title", "seo_title", 255),
        ("SEO Description", "seo_description", 500),
    ):
        if cells.has(column):
            fields[name] = cells.line(column, limit)
    if cells.has("Body (HTML)"):
        fields["description"] = cells.description("Body (HTML)")
    if cells.has("Tags"):
        fields["tags"] = cells.tags("Tags")
    # `Type`, or else Shopify's own taxonomy; neither leaves the category as it is.
    path = cells.path("Type") or cells.path("Product Category")
    if path:
        fields["category"] = path
    return fields


def _title(cells: Cells) -> str:
    return clean_line(read_entities(clean_line(cells.get("Title"))))


def _option_name(cells: Cells, number: int) -> str:
    return clean_line(cells.get(f"Option{number} Name"))[:100]


def _compare_with_head(product: ParsedProduct, cells: Cells) -> None:
    """Two products under one handle would become one in silence."""
    title = _title(cells)
    if title and title != product.fields.get("title", title):
        other = f"{product.fields['title'][:80]!r} of row {product.row}"
        message = (
            f"The row calls {product.handle[:80]} {title[:80]!r}; it became a part of {other}."
        )
        cells.warn("other_title", message)
    names = [_option_name(cells, number) for number in (1, 2, 3)]
    if any(name and name != product.option_names[n] for n, name in enumerate(names)):
        message = f"The row names other options than row {product.row}, whose names were taken."
        cells.warn("other_options", message)


def _take_status(product: ParsedProduct, cells: Cells) -> None:
    published, status = cells.flag("Published"), cells.get("Status").lower()
    if published is None and cells.get("Published"):
        raise BadRow("bad_published", "Published is true or false.")
    if status not in ("", "active", "draft", "archived", "unlisted"):
        raise BadRow("bad_status", "Status is active, draft, archived or unlisted.")
    if status == "unlisted":
        cells.warn("unlisted", "The shop has no unlisted products; it lands as a draft.")
        status = "draft"
    if status:
        hidden = published is False and status == "active"
        product.fields["status"] = "draft" if hidden else status
    elif published is not None:
        product.fields["status"] = "active" if published else "draft"


def _has_variant(cells: Cells, *, first: bool) -> bool:
    columns = ("Variant Price", "Variant SKU", "Option1 Value", "Option2 Value", "Option3 Value")
    return first or any(cells.get(column) for column in columns)


def _take_variant(product: ParsedProduct, number: int, cells: Cells) -> None:
    options = _options(product, cells)
    has_options = cells.has(*OPTION_VALUES)
    sku = cells.sku("Variant SKU")
    earlier = {other.sku: other.row for other in product.variants if other.sku}
    if has_options or not sku:
        taken = (option_key(other.options) for other in product.variants)
        if option_key(options) in taken:
            raise BadRow("duplicate_variant", "Another row of the product has the same options.")
    if len(product.variants) >= MAX_VARIANTS:
        cells.warn("too_many_variants", f"A product has up to {MAX_VARIANTS} variants; left out.")
        return
    if sku in earlier:
        message = f"{sku} stands in row {earlier[sku]} too; this variant gets another SKU."
        cells.warn("duplicate_sku", message)
        sku = ""
    product.variants.append(_variant(cells, number, sku, options))


def _variant(cells: Cells, row: int, sku: str, options: dict[str, str]) -> ParsedVariant:
    price = cells.amount("Variant Price", "bad_price")
    if price is None:
        raise BadRow("bad_price", "The row has no Variant Price.")
    barcode = cells.barcode("Variant Barcode")
    tracked = _is_tracked(cells)
    former_price, is_odd = _former_price(cells)
    weight = cells.grams("Variant Grams")
    unsaid = {
        "options": not cells.has(*OPTION_VALUES),
        "compare_at_price": is_odd or not cells.has("Variant Compare At Price"),
        "barcode": barcode is None or not cells.has("Variant Barcode"),
        "weight_grams": weight is None or not cells.has("Variant Grams"),
        "tax_class": _tax_class(cells) is None,
    }
    counts = not cells.has("Variant Inventory Tracker") or cells.get("Variant Inventory Tracker")
    quantity = cells.quantity("Variant Inventory Qty", MAX_QUANTITY)
    return ParsedVariant(
        row=row,
        sku=sku,
        options=options,
        price=price,
        compare_at_price=former_price,
        tax_class=_tax_class(cells) or "standard",
        is_taxed=cells.flag("Variant Taxable") is True,
        barcode=barcode or "",
        weight_grams=weight or 0,
        quantity=quantity if counts else None,
        track_stock=tracked,
        unsaid=frozenset(name for name, is_unsaid in unsaid.items() if is_unsaid),
        has_partial_options=not all(column in cells.cells for column in OPTION_VALUES),
    )


def _former_price(cells: Cells) -> tuple[Decimal | None, bool]:
    """And whether the cell has something else."""
    try:
        return cells.amount("Variant Compare At Price", "bad_compare_at_price"), False
    except BadRow as bad:
        cells.warn("bad_compare_at_price", f"{bad.message} Left out.")
        return None, True


def _is_tracked(cells: Cells) -> bool | None:
    """None where the file has no word about it. `continue` sells what is not there."""
    if cells.get("Variant Inventory Policy").lower() in {"continue", *TRUE}:
        return False
    if not cells.has("Variant Inventory Tracker"):
        return None
    return cells.get("Variant Inventory Tracker").lower() not in {"", *FALSE}


def _tax_class(cells: Cells) -> str | None:
    """None where the file does not tell which; Shopify's own codes do not."""
    code = cells.get("Variant Tax Code").lower()
    if code in ("standard", "reduced", "zero"):
        return code
    return "zero" if cells.flag("Variant Taxable") is False else None


def _options(product: ParsedProduct, cells: Cells) -> dict[str, str]:
    options: dict[str, str] = {}
    for number, name in enumerate(product.option_names, start=1):
        value = clean_line(cells.get(f"Option{number} Value"))
        if len(value) > 255:
            raise BadRow("too_long", f"Option{number} Value has more than 255 characters.")
        if name and not value and cells.has(f"Option{number} Value"):
            raise BadRow("missing_option", f"The row has no value for {name}.")
        if value and not name:
            raise BadRow("missing_option", f"Option{number} has a value but no name.")
        if name and name in options:
            raise BadRow("duplicate_option", f"The option {name} comes twice.")
        if name and value:
            options[name] = value
    if not are_good_options(options):
        raise BadRow("too_long", BAD_OPTIONS)
    return {} if options == {"Title": "Default Title"} else options


def _take_image(product: ParsedProduct, cells: Cells) -> None:
    source = cells.address("Image Src")
    if not source or any(image.source_url == source for image in product.images):
        return
    if len(product.images) >= MAX_IMAGES:
        cells.warn("too_many_images", f"A product has up to {MAX_IMAGES} pictures; left out.")
        return
    alt = clean_line(read_entities(clean_line(cells.get("Image Alt Text"))))[:255]
    position = cells.get("Image Position")
    told = position.isascii() and position.isdigit() and len(position) < 9
    product.positions.append(int(position) if told else len(product.images) + 1)
    product.images.append(ImageState(source_url=source, alt=alt))


def _part_shared_skus(products: Sequence[ParsedProduct]) -> None:
    """Shopify lets products share a SKU; here the first that has it keeps it."""
    first: dict[str, int] = {}
    for product in (product for product in products if not product.errors):
        for n, variant in enumerate(product.variants):
            if not variant.sku:
                continue
            if variant.sku in first:
                message = (
                    f"{variant.sku} stands in row {first[variant.sku]} too; this variant gets"
                    " another SKU."
                )
                product.warn(variant.row, "duplicate_sku", message)
                # Found by the options, or invented.
                product.variants[n] = replace(variant, sku="")
            first.setdefault(variant.sku, variant.row)

"""Product files in: each good product lands in a transaction of its own, each bad row is named."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from catalog.models import ImportRowError, ImportRun, Product, SlugRedirect, Variant
from catalog.operations.products import create_product, update_product
from catalog.operations.shelves import ensure_category
from catalog.rules.product import ImageState, StoredImage
from catalog.rules.shopify import BadRow, ParsedFile, ParsedProduct, parse_shopify
from catalog.rules.text import clean_line
from shared.errors import DomainError, InvalidInput

PARSERS: dict[str, Callable[[bytes], ParsedFile]] = {ImportRun.Format.SHOPIFY: parse_shopify}
Resolve = Callable[[str], StoredImage | None]
MAX_KEPT_ERRORS = 1000


class UnknownFormat(InvalidInput):
    code = "unknown_format"
    title = "There is no import for this format"


class FileTooLarge(DomainError):
    code = "file_too_large"
    status = 413
    title = "The file is too large"


@dataclass(frozen=True)
class ImportRow:
    """A row that did not land, and why."""

    row: int
    handle: str
    code: str
    message: str


@dataclass
class ImportReport:
    """What became of a file. The numbers count products; `rows` are the ones that were refused."""

    id: UUID
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    rows: list[ImportRow] = field(default_factory=list)


def import_products(
    *,
    data: bytes,
    file_name: str,
    format: str,
    now: datetime,
    dry_run: bool = False,
    actor: str = "",
    resolve: Resolve | None = None,
) -> ImportReport:
    """Brings the catalogue to what the file says about its products: their variants and pictures
    are the file's, what it has no column for stays. Repeating it changes and publishes nothing.
    A dry run reports the same and keeps nothing but the report. `resolve` finds the picture of
    a relative address. Raises FileTooLarge, UnknownFormat, NotCsv, WrongEncoding, TooManyRows."""
    if len(data) > settings.IMPORT_MAX_BYTES:
        raise FileTooLarge(f"A file may have {settings.IMPORT_MAX_BYTES // 1024 // 1024} MB")
    if format not in PARSERS:
        raise UnknownFormat(format=[f"One of {', '.join(PARSERS)}"])
    parsed = PARSERS[format](data)
    name = clean_line(file_name)[:255] or "products.csv"
    run = ImportRun.objects.create(
        file_name=name, format=format, dry_run=dry_run, actor=actor[:254], started_at=now
    )
    report = ImportReport(id=run.pk)
    with _kept(not dry_run):
        for product in parsed.products:
            _land(product, report, resolve, now=now, source=f"import {name}")
    for stray in parsed.strays:
        report.failed += 1
        report.rows.append(ImportRow(**vars(stray)))
    report.rows.sort(key=lambda row: row.row)
    _record(run, report, now)
    return report


@contextmanager
def _kept(keep: bool) -> Iterator[None]:
    """Undoes at the end whatever was done inside, unless it shall be kept."""
    if keep:
        yield
        return
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _land(
    product: ParsedProduct,
    report: ImportReport,
    resolve: Resolve | None,
    *,
    now: datetime,
    source: str,
) -> None:
    if product.errors:
        report.failed += 1
        report.rows += [ImportRow(**vars(error)) for error in product.errors]
        return
    try:
        outcome = _save_once_more(product, resolve, now=now, source=source)
    except (BadRow, DomainError) as refusal:
        report.failed += 1
        report.rows.append(_explain(product, refusal))
        return
    setattr(report, outcome, getattr(report, outcome) + 1)


def _save_once_more(
    product: ParsedProduct, resolve: Resolve | None, *, now: datetime, source: str
) -> str:
    """Another import may have made the same product between our look and our write."""
    try:
        return _save(product, resolve, now=now, source=source)
    except IntegrityError:
        return _save(product, resolve, now=now, source=source)


def _explain(product: ParsedProduct, refusal: BadRow | DomainError) -> ImportRow:
    detail = refusal.message if isinstance(refusal, BadRow) else refusal.detail
    row = product.row
    for sku, number in product.sku_rows.items():
        if detail.startswith(f"{sku} "):
            row = number
    return ImportRow(row, product.slug, refusal.code, detail[:500])


@transaction.atomic
def _save(product: ParsedProduct, resolve: Resolve | None, *, now: datetime, source: str) -> str:
    known = find_by_handle(product.slug)
    changes = _changes_of(product, known, resolve)
    if known is None:
        first = {"slug": product.slug, "status": Product.Status.ACTIVE}
        create_product(changes={**first, **changes}, now=now, source=source)
        return "created"
    changed = update_product(product_id=known.pk, changes=changes, now=now, source=source)[1]
    return "updated" if changed else "unchanged"


def find_by_handle(handle: str) -> Product | None:
    """The product of that address, also when it has moved since."""
    product = Product.objects.filter(slug=handle).first()
    if product is None:
        old = SlugRedirect.objects.filter(slug=handle).select_related("product").first()
        product = old.product if old else None
    return product


def _changes_of(
    product: ParsedProduct, known: Product | None, resolve: Resolve | None
) -> dict[str, Any]:
    changes = dict(product.fields)
    if "category" in changes:
        changes["category"] = ensure_category(path=changes["category"])
    if known is not None and known.status == Product.Status.ARCHIVED:
        # Somebody took it out of the shop; a file that is sent again does not bring it back.
        changes.pop("status", None)
    _check_owner(product, known)
    changes["variants"] = product.variants
    changes["images"] = [_picture(image, resolve) for image in product.images] + _uploads(known)
    return changes


def _check_owner(product: ParsedProduct, known: Product | None) -> None:
    taken = Variant.objects.filter(sku__in=product.sku_rows).select_related("product")
    for variant in taken.exclude(product=known) if known else taken:
        owner = variant.product.slug
        raise BadRow("sku_taken", f"{variant.sku} belongs to the product {owner}.")


def _picture(image: ImageState, resolve: Resolve | None) -> ImageState:
    source = image.source_url
    if source.startswith(("https://", "http://")):
        return image
    stored = resolve(source) if resolve else None
    if stored is None:
        raise BadRow("bad_image", f"Image Src {source[:100]!r} is not an http(s) address.")
    return replace(image, stored=stored)


def _uploads(known: Product | None) -> list[ImageState]:
    """Pictures that somebody uploaded by hand stay."""
    if known is None:
        return []
    return [
        ImageState(alt=image.alt, stored=StoredImage(key=image.key, sizes=tuple(image.sizes)))
        for image in known.images.filter(source_url="").order_by("position", "id")
    ]


@transaction.atomic
def _record(run: ImportRun, report: ImportReport, now: datetime) -> None:
    ImportRowError.objects.bulk_create(
        ImportRowError(run=run, **vars(row)) for row in report.rows[:MAX_KEPT_ERRORS]
    )
    for name in ("created", "updated", "unchanged", "failed"):
        setattr(run, name, getattr(report, name))
    run.status = ImportRun.Status.DONE
    run.finished_at = now
    run.save()

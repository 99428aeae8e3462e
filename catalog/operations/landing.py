"""One product of a file becomes one of the catalogue."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, OperationalError, connection, transaction

from catalog.models import Product, SlugRedirect, Variant
from catalog.operations.products import SkuTaken, SlugTaken, create_product, update_product
from catalog.operations.shelves import ensure_category
from catalog.queries.products import ProductNotFound
from catalog.rules.product import ImageState, StoredImage
from catalog.rules.shopify import BadRow, ParsedProduct, RowError
from shared.errors import DomainError

Resolve = Callable[[str], StoredImage | None]
# What may come of somebody else who changes the same things just now, a deadlock among them.
RACES = (
    IntegrityError,
    OperationalError,
    ObjectDoesNotExist,
    ProductNotFound,
    SkuTaken,
    SlugTaken,
)
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Outcome:
    """`name` is created, updated, unchanged or failed; `error` says why it failed."""

    name: str
    error: RowError | None = None


def land_product(
    product: ParsedProduct, resolve: Resolve | None, *, now: datetime, source: str
) -> Outcome:
    """Writes the product whole or not at all. What goes wrong is told, not raised, so that the
    other products of the file land; only an absent database is raised."""
    try:
        return Outcome(_save_in_spite(product, resolve, now=now, source=source))
    except (BadRow, DomainError) as refusal:
        return Outcome("failed", _explain(product, refusal))
    except Exception:
        if is_cut_off():
            raise
        log.exception("import_product_broken", handle=product.slug)
        message = "Something broke on our side; the error was recorded."
        return Outcome("failed", RowError(product.row, product.slug, "internal_error", message))


def is_cut_off() -> bool:
    """Whether the database has gone away, so that nothing can be said about what was done."""
    if connection.connection is None or connection.closed_in_transaction:
        return True
    return not connection.is_usable()


def _save_in_spite(
    product: ParsedProduct, resolve: Resolve | None, *, now: datetime, source: str
) -> str:
    """Once what the others did is committed, one more look shows it. Two more, because a product
    can meet them at its own rows, its brand and its shelf."""
    for _ in range(2):
        try:
            return _save(product, resolve, now=now, source=source)
        except RACES:
            continue
    return _save(product, resolve, now=now, source=source)


def _explain(product: ParsedProduct, refusal: BadRow | DomainError) -> RowError:
    detail = refusal.message if isinstance(refusal, BadRow) else refusal.detail
    row = product.row
    for sku, number in product.sku_rows.items():
        if detail.startswith(f"{sku} "):
            row = number
    return RowError(row, product.slug, refusal.code, detail[:500])


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
        raise SkuTaken(f"{variant.sku} belongs to the product {owner}.")


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

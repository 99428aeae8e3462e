"""One product of a file becomes one of the catalogue."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Q

from catalog.models import Product
from catalog.operations.categories import ensure_category
from catalog.operations.merging import Resolve, merge_images, merge_variants
from catalog.operations.products import SkuTaken, SlugTaken, create_product, update_product
from catalog.queries.products import ProductNotFound
from catalog.rules.cells import BadRow
from catalog.rules.parsed import ParsedProduct, RowError
from catalog.rules.text import make_code, make_slug
from shared.errors import DomainError

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
    """`name` is created, updated, unchanged or failed; `notes` say why it failed, or what was left
    out."""

    name: str
    notes: tuple[RowError, ...] = ()


def upsert_product(
    product: ParsedProduct,
    resolve: Resolve | None,
    *,
    handles: Collection[str],
    now: datetime,
    source: str,
) -> Outcome:
    """Writes the product of a file with these `handles` whole or not at all. What goes wrong is
    noted, not raised, so that the other products of the file are written; only an absent database
    is raised."""
    save = partial(_save, product, resolve, handles=handles, now=now, source=source)
    try:
        return _save_in_spite(save)
    except (BadRow, DomainError) as refusal:
        return Outcome("failed", (_explain(product, refusal),))
    except Exception:
        if is_cut_off():
            raise
        log.exception("import_product_broken", handle=product.handle)
        message = "Something broke on our side; the error was recorded."
        error = RowError(product.row, product.handle, "internal_error", message)
        return Outcome("failed", (error,))


def is_cut_off() -> bool:
    """Whether the database has gone away, so that nothing can be said about what was done."""
    if connection.connection is None or connection.closed_in_transaction:
        return True
    return not connection.is_usable()


def _save_in_spite(save: Callable[[], Outcome]) -> Outcome:
    """Once what the others did is committed, one more look shows it. Two more, because a product
    can meet them at its own rows, its brand and its category."""
    for _ in range(2):
        try:
            return save()
        except RACES:
            continue
    return save()


def _explain(product: ParsedProduct, refusal: BadRow | DomainError) -> RowError:
    detail = refusal.message if isinstance(refusal, BadRow) else refusal.detail
    rows = (v.row for v in product.variants if v.sku and detail.startswith(f"{v.sku} "))
    return RowError(next(rows, product.row), product.handle, refusal.code, detail[:500])


@transaction.atomic
def _save(
    product: ParsedProduct,
    resolve: Resolve | None,
    *,
    handles: Collection[str],
    now: datetime,
    source: str,
) -> Outcome:
    changes = dict(product.fields)
    # Before the product's row is held: imports meet at the categories, in this order.
    if "category" in changes:
        changes["category"] = ensure_category(path=changes["category"])
    known = _find(product.handle) or _recognise(product, handles)
    variants, notes = merge_variants(product, known)
    if known is not None and known.status == Product.Status.ARCHIVED:
        # Somebody took it out of the shop; a file that is sent again does not bring it back.
        notes += _stay_archived(product, changes.pop("status", None))
    changes["variants"] = variants
    if known is None or product.has_images:
        changes["images"], bad = merge_images(product, known, resolve)
        notes += bad
    if known is not None:
        _confirm(known, product.handle)
    name = _write(product, known, changes, notes, now=now, source=source)
    return Outcome(name, summarise([*product.warnings, *notes]))


def _stay_archived(product: ParsedProduct, status: str | None) -> Iterator[RowError]:
    if status not in (None, Product.Status.ARCHIVED):
        message = "The product is archived, and stays so; its page in the admin brings it back."
        yield RowError(product.row, product.handle, "stays_archived", message, "warning")


def _find(handle: str) -> Product | None:
    """The product of that handle, locked; one that has none is known by its address."""
    fitting = Q(handle=handle) | Q(handle="", slug=handle)
    return Product.objects.select_for_update().filter(fitting).order_by("-handle").first()


def _recognise(product: ParsedProduct, handles: Collection[str]) -> Product | None:
    """One that is older than handles are, under what its handle was folded to: its title or a SKU
    has to say that it is the same, and no other product of the file may be meant."""
    folded = make_code(product.handle)
    if folded in handles:
        return None
    guessed = Product.objects.select_for_update().filter(handle_guessed=True, handle=folded)
    found = guessed.first()
    skus = [variant.sku for variant in product.variants if variant.sku]
    if found is None or (
        found.title != product.fields["title"] and not found.variants.filter(sku__in=skus).exists()
    ):
        return None
    return found


def _confirm(known: Product, handle: str) -> None:
    """Nobody else is told of a handle."""
    if known.handle != handle or known.handle_guessed:
        known.handle, known.handle_guessed = handle, False
        known.save(update_fields=["handle", "handle_guessed"])


def _write(
    product: ParsedProduct,
    known: Product | None,
    changes: dict[str, Any],
    notes: list[RowError],
    *,
    now: datetime,
    source: str,
) -> str:
    if known is None:
        first = {"handle": product.handle, "status": Product.Status.ACTIVE}
        made = create_product(changes={**first, **changes}, now=now, source=source)
        notes += _name_neighbour(product, made.slug)
        return "created"
    changed = update_product(product_id=known.pk, changes=changes, now=now, source=source)[1]
    return "updated" if changed else "unchanged"


def _name_neighbour(product: ParsedProduct, slug: str) -> Iterator[RowError]:
    """Whose handle would have led to the same address."""
    wanted = make_slug(product.handle, 240)
    if slug == wanted:
        return
    owner = Product.objects.filter(slug=wanted).first()
    whose = (
        f"of the product {(owner.handle or owner.title)[:120]}" if owner else "of another product"
    )
    message = f"The address {wanted[:120]} is or was that {whose}; this one lives at {slug[:120]}."
    yield RowError(product.row, product.handle, "address_taken", message, "warning")


def summarise(notes: list[RowError]) -> tuple[RowError, ...]:
    """One of a kind, with the number of the others: a column that is odd is so in every row."""
    first: dict[str, RowError] = {}
    more: Counter[str] = Counter()
    for note in notes:
        kind = _kind_of(note)
        more[kind] += kind in first
        first.setdefault(kind, note)
    return tuple(_with_number(note, more[kind]) for kind, note in first.items())


def _kind_of(note: RowError) -> str:
    """What was cut is said for each column, of which there are few."""
    return note.message if note.code == "cut" else note.code


def _with_number(note: RowError, more: int) -> RowError:
    if not more:
        return note
    others = f" So {more} more row{'s' if more > 1 else ''} of the product."
    return replace(note, message=note.message[: 500 - len(others)] + others)

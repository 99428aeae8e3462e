"""Making, changing and taking away products."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from psycopg2.errors import UniqueViolation

from catalog.models import Product, ProductImage, SlugRedirect, Variant
from catalog.operations.categories import ensure_brand
from catalog.operations.denormalising import denormalise, remember_slug
from catalog.queries.products import ProductNotFound
from catalog.rules.product import ImageState, VariantState, check_prices, check_variants, option_key
from catalog.rules.text import MAX_SKU, clean_html, clean_line, invent_sku, make_slug, number_slug
from shared.contracts.catalog import ProductRemoved, StockDeclared
from shared.errors import Conflict, InvalidInput
from shared.events.publishing import publish

Status = Product.Status
# What is stored as it is said.
ASSIGNED = ("slug", "handle", "title", "tags", "status", "seo_title", "seo_description", "category")
VARIANT_FIELDS = ("options", "price", "compare_at_price", "tax_class", "barcode", "weight_grams")


class InvalidProduct(InvalidInput):
    code = "invalid_product"
    title = "The product is not complete"


class SkuTaken(Conflict):
    code = "sku_taken"
    title = "Another product has this SKU"


class SlugTaken(Conflict):
    code = "slug_taken"
    title = "Another product has this address"


class StaleVersion(Conflict):
    code = "stale_version"
    title = "The product was changed meanwhile"


class CountIgnored(Conflict):
    code = "already_counted"
    title = "A first count came too late"


class NotSellable(Conflict):
    code = "product_not_sellable"
    title = "A product without variants cannot be sold"


@contextmanager
def _naming_what_is_taken() -> Iterator[None]:
    """A transaction. Whoever takes a SKU or an address at the same time is seen only when the rows
    are written."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diag = getattr(error.__cause__, "diag", None)
        if isinstance(error.__cause__, UniqueViolation) and diag is not None:
            if diag.constraint_name.startswith("catalog_variant_sku"):
                raise SkuTaken() from error
            if diag.table_name in ("catalog_product", "catalog_slugredirect"):
                raise SlugTaken() from error
        raise


@_naming_what_is_taken()
def create_product(*, changes: Mapping[str, Any], now: datetime, source: str = "") -> Product:
    """`changes` has `title` and any of: slug, handle (what files know the product by; its first
    slug where nothing is said), description, category (a Category or None), brand
    (a title), tags, status, seo_title, seo_description, variants (VariantStates), images
    (ImageStates). Raises InvalidProduct, BadSku, BadPrice, DuplicateVariant, SkuTaken, SlugTaken
    and NotSellable."""
    title = clean_line(str(changes.get("title", "")))
    handle = changes.get("handle", "")
    slug = changes.get("slug") or _free_slug(handle or title)
    named = {"slug": slug, "handle": handle or free_handle(slug), "title": title}
    product = Product(slug=slug, title=title, created_at=now)
    _write(product, {**changes, **named}, now=now, source=source)
    return product


def free_handle(slug: str) -> str:
    """What files know a product by whose address this is from the beginning; empty where they mean
    another one by it."""
    return "" if Product.objects.filter(handle=slug).exists() else slug


@_naming_what_is_taken()
def update_product(
    *,
    product_id: UUID,
    changes: Mapping[str, Any],
    now: datetime,
    source: str = "",
    version: int | None = None,
) -> tuple[Product, bool]:
    """The product and whether anything changed; without a change nothing is published. Keys of
    `changes` as for create_product; variants and images are the whole new list. Raises
    StaleVersion when the product is not at the `version` that the caller has seen."""
    product = _lock(product_id)
    _demand_version(product, version)
    return product, _write(product, changes, now=now, source=source)


def _demand_version(product: Product, version: int | None) -> None:
    if version is not None and product.version != version:
        raise StaleVersion(f"The product is at version {product.version} by now, not {version}")


@transaction.atomic
def change_status(*, product_ids: Iterable[UUID], status: str, now: datetime) -> int:
    """Publishes, archives or withdraws products; how many changed. Raises NotSellable."""
    changed = 0
    for product_id in sorted(product_ids):
        changed += update_product(product_id=product_id, changes={"status": status}, now=now)[1]
    return changed


@transaction.atomic
def finish_edit(
    *,
    product_id: UUID,
    old_slug: str,
    counts: Mapping[str, int],
    source: str,
    now: datetime,
) -> Product:
    """After somebody wrote the product's rows by hand, as the admin's form does: cleans,
    derives and publishes, once. `counts` are first counts by SKU. Raises NotSellable."""
    product = _lock(product_id)
    product.title = clean_line(product.title)
    product.description = clean_html(product.description)
    _check_sellable(product)
    for sku, quantity in sorted(counts.items()):
        _declare_stock(product, sku, quantity, now=now, source=source)
    denormalise(product, now=now)
    if old_slug and old_slug != product.slug:
        remember_slug(product, old_slug)
    return product


@transaction.atomic
def remove_product(*, product_id: UUID, now: datetime, version: int | None = None) -> None:
    """Takes the product away for good; publishes ProductRemoved. Raises ProductNotFound, and
    StaleVersion when it is not at the `version` that the caller has seen."""
    product = _lock(product_id)
    _demand_version(product, version)
    skus = tuple(product.variants.order_by("sku").values_list("sku", flat=True))
    version = product.version + 1
    product.delete()
    publish(ProductRemoved(product_id=product_id, skus=skus), version=version, now=now)


def republish_products(*, now: datetime, **lookup: Any) -> int:
    """Publishes every product as it is, or some (`category_id=…`), each in its own transaction; how
    many."""
    count = 0
    ids = Product.objects.filter(**lookup).order_by("id").values_list("id", flat=True)
    for product_id in list(ids):
        with transaction.atomic():
            product = Product.objects.select_for_update().filter(pk=product_id).first()
            if product is not None:
                denormalise(product, now=now, touched=False)
                count += 1
    return count


def _lock(product_id: UUID) -> Product:
    product = Product.objects.select_for_update().filter(pk=product_id).first()
    if product is None:
        raise ProductNotFound()
    return product


def _free_slug(title: str) -> str:
    base = make_slug(title, 240)
    if not base:
        raise InvalidProduct(slug=["The title gives no address; write one of letters and digits"])
    slugs = Product.objects.values_list("slug", flat=True)
    former = SlugRedirect.objects.values_list("slug", flat=True)
    if not slugs.filter(slug=base).exists() and not former.filter(slug=base).exists():
        return base
    numbered = f"{base}-"
    taken = {*slugs.filter(slug__startswith=numbered), *former.filter(slug__startswith=numbered)}
    return number_slug(base, {base, *taken})


def _write(product: Product, changes: Mapping[str, Any], *, now: datetime, source: str) -> bool:
    is_new = product._state.adding
    old_slug = product.slug
    changed = _assign(product, changes, now) or is_new
    if changed:
        product.save()
    if product.slug != old_slug:
        remember_slug(product, old_slug)
    if "variants" in changes:
        changed |= _write_variants(
            product, changes["variants"], is_new=is_new, now=now, source=source
        )
    if "images" in changes:
        changed |= _write_images(product, changes["images"])
    _check_sellable(product)
    if changed:
        denormalise(product, now=now)
    return changed


def _assign(product: Product, changes: Mapping[str, Any], now: datetime) -> bool:
    values = {name: changes[name] for name in ASSIGNED if name in changes}
    for name in ("title", "seo_title", "seo_description"):
        if name in values:
            values[name] = clean_line(values[name])
    if "description" in changes:
        values["description"] = clean_html(changes["description"])
    if "brand" in changes:
        title = clean_line(changes["brand"])
        values["brand"] = ensure_brand(title=title) if title else None
    if values.get("title", product.title) == "":
        raise InvalidProduct(title=["A product needs a title"])
    _check_slug(product, values.get("slug", product.slug))
    if values.get("status") == Status.ACTIVE and product.published_at is None:
        product.published_at = now
    changed = any(getattr(product, name) != value for name, value in values.items())
    for name, value in values.items():
        setattr(product, name, value)
    return changed


def _check_slug(product: Product, slug: str) -> None:
    if make_slug(slug) != slug.lower() or not slug:
        raise InvalidProduct(slug=["Letters, digits and hyphens"])
    if Product.objects.filter(slug=slug).exclude(pk=product.pk).exists():
        raise SlugTaken(f"Another product lives at {slug}")


def _check_sellable(product: Product) -> None:
    if product.status == Status.ACTIVE and not product.variants.exists():
        raise NotSellable()


def _write_variants(
    product: Product, wanted: list[VariantState], *, is_new: bool, now: datetime, source: str
) -> bool:
    known = {} if is_new else {v.sku: v for v in product.variants.all()}
    named = [_complete(v, known.get(v.sku)) for v in _name_variants(product, wanted, known)]
    check_variants(named)
    check_prices(named, settings.CURRENCY)
    skus = [state.sku for state in named]
    for taken in Variant.objects.filter(sku__in=skus).exclude(product=product).order_by("sku"):
        raise SkuTaken(f"{taken.sku} belongs to another product")
    gone = 0 if is_new else product.variants.exclude(sku__in=skus).delete()[0]
    written = [
        _write_variant(product, known.get(state.sku), state, position)
        for position, state in enumerate(named)
    ]
    declared = [
        _declare_stock(product, state.sku, state.quantity, now=now, source=source)
        for state in named
        if state.quantity is not None
    ]
    return bool(gone) or any(written) or any(declared)


def _complete(state: VariantState, known: Variant | None) -> VariantState:
    """With what it does not say as it is. Raises CountIgnored for a count that would come to
    nothing."""
    if known is None:
        return state
    if known.available is not None and state.quantity not in (
        *(None, known.available, known.declared_quantity),
    ):
        raise CountIgnored(
            f"{known.sku} was counted before, and {known.available} are available. Adjust its stock"
            " in inventory."
        )
    return replace(state, **{name: getattr(known, name) for name in state.unsaid})


def _name_variants(
    product: Product, wanted: list[VariantState], known: Mapping[str, Variant]
) -> list[VariantState]:
    """Each with a SKU: its own, or the one that its options have, or an invented one."""
    used = {state.sku for state in wanted if state.sku}
    by_options = {option_key(v.options): sku for sku, v in known.items() if sku not in used}
    kept = [state.sku or by_options.get(option_key(state.options), "") for state in wanted]
    invented = [invent_sku(product.slug, state.options) for state in wanted]
    named = zip(wanted, kept, invented, strict=True)
    if all(kept):
        return [replace(state, sku=sku) for state, sku, _ in named]
    others = Variant.objects.filter(sku__in=invented).exclude(product=product)
    used |= {*kept, *others.values_list("sku", flat=True)}
    # What is taken becomes the product's own by its key.
    own = f"-{product.pk.hex[-8:]}"
    fresh = [sku if sku not in used else sku[: MAX_SKU - len(own)] + own for sku in invented]
    return [replace(s, sku=sku or new) for s, sku, new in zip(wanted, kept, fresh, strict=True)]


def _write_variant(
    product: Product, known: Variant | None, state: VariantState, position: int
) -> bool:
    variant = known or Variant(product=product, sku=state.sku)
    values = {name: getattr(state, name) for name in VARIANT_FIELDS} | {"position": position}
    if state.track_stock is not None:
        values["track_stock"] = state.track_stock
    if known and all(getattr(known, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(variant, name, value)
    variant.save()
    return True


def _declare_stock(
    product: Product, sku: str, quantity: int, *, now: datetime, source: str
) -> bool:
    """Passes on how many units there are said to be, when that is news."""
    variants = product.variants.filter(sku=sku).exclude(declared_quantity=quantity)
    if not variants.update(declared_quantity=quantity):
        return False
    publish(StockDeclared(sku=sku, quantity=quantity, source=source), now=now)
    return True


def _write_images(product: Product, wanted: list[ImageState]) -> bool:
    known = [
        ImageState(source_url=image.source_url, alt=image.alt, stored=image.stored)
        for image in product.images.order_by("position", "id")
    ]
    if known == wanted:
        return False
    product.images.all().delete()
    rows = [
        ProductImage(product=product, source_url=image.source_url, alt=image.alt, position=position)
        for position, image in enumerate(wanted)
    ]
    for row, image in zip(rows, wanted, strict=True):
        if image.stored:
            row.key, row.sizes = image.stored.key, list(image.stored.sizes)
    ProductImage.objects.bulk_create(rows)
    return True

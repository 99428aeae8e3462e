"""What a file says of a product, laid over what is there: a file with fewer columns takes nothing
away, and says so where somebody might think it had."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from catalog.models import Product, ProductImage, Variant
from catalog.rules.cells import BadRow
from catalog.rules.product import ImageState, StoredImage, VariantState, option_key
from catalog.rules.shopify import ParsedProduct, ParsedVariant, RowError, without_sku

Resolve = Callable[[str], StoredImage | None]
FIELDS = (
    *("options", "price", "compare_at_price", "tax_class", "barcode", "weight_grams"),
    *("quantity", "track_stock"),
)


class _Known:
    """The variants that are there, each of which is found once."""

    def __init__(self, known: Product | None) -> None:
        self.left = list(known.variants.order_by("position", "id")) if known else []
        self.order = {variant.sku: number for number, variant in enumerate(self.left)}

    def find(self, variant: ParsedVariant) -> Variant | None:
        """By its SKU, else by its options, else the only one. Raises BadRow where several may be
        meant."""
        found = self._first(other.sku == variant.sku for other in self.left)
        if found is None and "options" not in variant.unsaid:
            key = option_key(variant.options)
            found = self._first(option_key(other.options) == key for other in self.left)
        elif found is None and len(self.left) == 1:
            found = self.left[0]
        elif found is None and self.left:
            raise BadRow(
                "unknown_variant",
                f"Row {variant.row}: the product has several variants; a SKU or options tell which"
                " one is meant.",
            )
        if found is not None:
            self.left.remove(found)
        return found

    def _first(self, fits: Iterable[bool]) -> Variant | None:
        return next((v for v, fit in zip(self.left, fits, strict=True) if fit), None)


def merge_variants(
    product: ParsedProduct, known: Product | None
) -> tuple[list[VariantState], list[RowError]]:
    """All variants as they shall be, and what is to be said about it. Raises BadRow."""
    notes: list[RowError] = []
    wanted = _without_foreign_skus(product, known, notes)
    there = _Known(known)
    # Those with a SKU first: what it names is not for a row without one.
    found = {v.row: there.find(v) for v in sorted(wanted, key=lambda v: not v.sku)}
    states = [_lay(variant, found[variant.row], product, notes) for variant in wanted]
    if there.left and not product.is_whole:
        skus = ", ".join(variant.sku for variant in there.left)[:300]
        message = f"Not in the file, which has not all columns of variants, and kept: {skus}."
        notes.append(_note(product, product.row, "variants_kept", message))
        states += [_as_it_is(variant) for variant in there.left]
        states.sort(key=lambda state: there.order.get(state.sku, len(there.order)))
    return states, notes


def _without_foreign_skus(
    product: ParsedProduct, known: Product | None, notes: list[RowError]
) -> list[ParsedVariant]:
    skus = [variant.sku for variant in product.variants if variant.sku]
    taken = Variant.objects.filter(sku__in=skus).select_related("product")
    owners = {v.sku: v.product for v in (taken.exclude(product=known) if known else taken)}
    result = []
    for variant in product.variants:
        if variant.sku in owners:
            owner = owners[variant.sku].title[:100]
            message = f"{variant.sku} belongs to the product {owner}; this variant gets another."
            notes.append(_note(product, variant.row, "sku_taken", message))
            variant = without_sku(variant)
        result.append(variant)
    return result


def _note(product: ParsedProduct, row: int, code: str, message: str) -> RowError:
    return RowError(row, product.handle, code, message[:500], "warning")


def _lay(
    variant: ParsedVariant, known: Variant | None, product: ParsedProduct, notes: list[RowError]
) -> VariantState:
    state = VariantState(sku=variant.sku, **{name: getattr(variant, name) for name in FIELDS})
    if known is None:
        return state
    kept = {name: getattr(known, name) for name in variant.unsaid}
    if kept.get("tax_class") == "zero" and variant.is_taxed:
        kept["tax_class"] = "standard"
    state = replace(state, sku=variant.sku or known.sku, **kept)
    counted = known.available is not None or known.declared_quantity is not None
    if not counted or state.quantity is None or state.sku != known.sku:
        return state
    if state.quantity not in (known.declared_quantity, known.available):
        message = (
            f"{known.sku} was counted before; the quantity {state.quantity} is not taken over."
            " Stock is changed in inventory, under Stock items."
        )
        notes.append(_note(product, variant.row, "quantity_ignored", message))
    return replace(state, quantity=None)


def _as_it_is(variant: Variant) -> VariantState:
    fields: dict[str, Any] = {name: getattr(variant, name) for name in FIELDS if name != "quantity"}
    return VariantState(sku=variant.sku, **fields)


def merge_images(
    product: ParsedProduct, known: Product | None, resolve: Resolve | None
) -> tuple[list[ImageState], list[RowError]]:
    """The pictures of the file, and those that somebody uploaded by hand. What is our own already
    stays so."""
    there = list(known.images.order_by("position", "id")) if known else []
    alts = {} if product.has_alts else {image.source_url: image.alt for image in there}
    own = {image.source_url: _stored(image) for image in there if image.source_url and image.key}
    images: list[ImageState] = []
    notes: list[RowError] = []
    for image in product.images:
        source = image.source_url
        is_elsewhere = source.startswith(("https://", "http://"))
        fresh = resolve(source) if resolve and not is_elsewhere else None
        stored = fresh or own.get(source)
        if stored is None and not is_elsewhere:
            message = f"Image Src {source[:100]!r} is not an http(s) address; left out."
            notes.append(_note(product, product.row, "bad_image", message))
            continue
        images.append(replace(image, alt=alts.get(source, image.alt), stored=stored))
    uploads = (image for image in there if not image.source_url)
    return images + [ImageState(alt=each.alt, stored=_stored(each)) for each in uploads], notes


def _stored(image: ProductImage) -> StoredImage:
    return StoredImage(key=image.key, sizes=tuple(image.sizes))

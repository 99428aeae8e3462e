"""What a file says of a product, laid over what is there: a file with fewer columns takes nothing
away, and says so where somebody might think it had."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from catalog.models import Product, Variant
from catalog.operations.products import VARIANT_FIELDS
from catalog.rules.cells import BadRow
from catalog.rules.parsed import ParsedProduct, ParsedVariant, RowError
from catalog.rules.product import ImageState, StoredImage, VariantState, option_key

Resolve = Callable[[str], StoredImage | None]
FIELDS = (*VARIANT_FIELDS, "quantity", "track_stock")


class _Known:
    """The variants that are there, each of which is found once."""

    def __init__(self, known: Product | None) -> None:
        self.left = list(known.variants.order_by("position", "id")) if known else []
        self.order = {variant.sku: number for number, variant in enumerate(self.left)}

    def find(self, variant: ParsedVariant) -> Variant | None:
        """By its SKU, else by its options; None for a new one. Raises BadRow where the row does
        not tell which variant it means."""
        found = self._by_sku(variant.sku) or self._by_options(variant)
        if found is not None:
            self.left.remove(found)
        return found

    def _by_sku(self, sku: str) -> Variant | None:
        return next((other for other in self.left if other.sku == sku), None)

    def _by_options(self, variant: ParsedVariant) -> Variant | None:
        if "options" not in variant.unsaid:
            key = option_key(variant.options)
            for other in self.left:
                if option_key(other.options) == key:
                    return other
        if not variant.has_partial_options:
            return None
        fitting = [v for v in self.left if variant.options.items() <= v.options.items()]
        means_one = len(fitting) == 1 and (variant.options or len(self.order) == 1)
        if means_one and not variant.sku:
            return fitting[0]
        if fitting or (self.order and not variant.options):
            raise BadRow(
                "unknown_variant",
                f"Row {variant.row}: the product has other variants; a SKU that one of them has,"
                " or all of its options, tell which one is meant.",
            )
        return None


def merge_variants(
    product: ParsedProduct, known: Product | None
) -> tuple[list[VariantState], list[RowError]]:
    """All variants as they shall be, and what is to be said about it. Raises BadRow."""
    notes: list[RowError] = []
    wanted = _without_foreign_skus(product, known, notes)
    there = _Known(known)
    found = _find_all(wanted, there, product, notes)
    states = [_lay(v, found[v.row], product, notes) for v in wanted if v.row in found]
    is_whole = product.is_whole and len(found) == len(wanted)
    if there.left:
        skus = ", ".join(variant.sku for variant in there.left)[:300]
        message = f"Not in the file, which has not all columns or rows of variants; kept: {skus}."
        if is_whole:
            message = f"{len(there.left)} not in the file, and taken away: {skus}."
        code = "variants_removed" if is_whole else "variants_kept"
        notes.append(_note(product, product.row, code, message))
    if there.left and not is_whole:
        states += [_as_it_is(variant) for variant in there.left]
        states.sort(key=lambda state: there.order.get(state.sku, len(there.order)))
    if len({tuple(sorted(state.options)) for state in states}) > 1:
        message = "The variants do not have the same options; is one of them called by two names?"
        notes.append(_note(product, product.row, "mixed_options", message))
    return states, notes


def _find_all(
    wanted: list[ParsedVariant], there: _Known, product: ParsedProduct, notes: list[RowError]
) -> dict[int, Variant | None]:
    """By row. A row that does not tell which variant it means is left out; where all are such, that
    is raised."""
    found: dict[int, Variant | None] = {}
    refusals: list[BadRow] = []
    # Those with a SKU first: what it names is not for a row without one.
    for variant in sorted(wanted, key=lambda v: not v.sku):
        try:
            found[variant.row] = there.find(variant)
        except BadRow as bad:
            refusals.append(bad)
            notes.append(_note(product, variant.row, bad.code, f"{bad.message} Left out."))
    if refusals and not found:
        raise refusals[0]
    return found


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
            # Its units are the owner's: counted here they would be there twice.
            variant = replace(variant, sku="", quantity=None)
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
    if variant.has_partial_options:
        kept["options"] = {**known.options, **variant.options}
    if kept.get("tax_class") == "zero" and variant.is_taxed:
        kept["tax_class"] = "standard"
    state = replace(state, sku=variant.sku or known.sku, **kept)
    if state.sku != known.sku:
        message = f"{known.sku} is called {state.sku} now; its stock stays under the former SKU."
        notes.append(_note(product, variant.row, "sku_renamed", message))
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
    own = {image.source_url: image.stored for image in there if image.source_url}
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
    named = {image.source_url for image in images}
    if gone := [image for image in there if image.source_url and image.source_url not in named]:
        what = "1 picture is" if len(gone) == 1 else f"{len(gone)} pictures are"
        message = f"{what} not in the file; taken away."
        notes.append(_note(product, product.row, "images_removed", message))
    uploads = (image for image in there if not image.source_url)
    return images + [ImageState(alt=each.alt, stored=each.stored) for each in uploads], notes

"""What a product may be, whoever says so: a form, the API or a file."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations

from catalog.rules.text import BAD_SKU, clean_line, is_good_sku
from shared.errors import InvalidInput
from shared.money import describe_step, highest_price, is_payable

# In any currency; `check_prices` knows the shop's.
MAX_PRICE = Decimal("9999999999.999")
# How fine the finest currency is.
MAX_DECIMALS = 3
MAX_QUANTITY = 1_000_000
MAX_VARIANTS = 250
MAX_IMAGES = 250
MAX_DESCRIPTION = 50_000
MAX_OPTION_BYTES = 2000
UNNAMED_OPTION = "Each option has a name of its own and a value."
BAD_OPTIONS = f"The options of a variant have up to {MAX_OPTION_BYTES:,} bytes."
LOW_STOCK = 5
SEPARATOR = "\x1f"
PAIR_SEPARATOR = "\x1e"


class DuplicateVariant(InvalidInput):
    code = "duplicate_variant"
    title = "Two variants of the product are the same"


class BadSku(InvalidInput):
    code = "bad_sku"
    title = "A SKU cannot stand in an address"


class BadPrice(InvalidInput):
    code = "bad_price"
    title = "Nobody could pay this price"


class BadOptions(InvalidInput):
    code = "bad_options"
    title = "A variant cannot have these options"


@dataclass(frozen=True, kw_only=True)
class StoredImage:
    """A picture in our own store: its name and the widths that exist."""

    key: str
    sizes: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class VariantState:
    """A variant as it shall be. Without a SKU it keeps the one that its options have, or gets an
    invented one. `quantity` is how many units there are said to be and `track_stock` whether they
    are counted at all, None for nothing said. A variant that is there keeps the fields in `unsaid`
    as they are."""

    price: Decimal
    sku: str = ""
    options: dict[str, str] = field(default_factory=dict)
    compare_at_price: Decimal | None = None
    tax_class: str = "standard"
    barcode: str = ""
    weight_grams: int = 0
    quantity: int | None = None
    track_stock: bool | None = None
    unsaid: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class ImageState:
    """A picture as it shall be: an address elsewhere, or our own file."""

    source_url: str = ""
    alt: str = ""
    stored: StoredImage | None = None


def check_variants(variants: Sequence[VariantState]) -> None:
    """Raises BadSku, BadOptions, and DuplicateVariant when a SKU or a choice of options comes
    twice."""
    if not all(is_good_sku(variant.sku) for variant in variants if variant.sku):
        raise BadSku(BAD_SKU, variants=[BAD_SKU])
    if not all(are_good_options(variant.options) for variant in variants):
        raise BadOptions(BAD_OPTIONS, variants=[BAD_OPTIONS])
    skus = Counter(variant.sku for variant in variants if variant.sku)
    options = Counter(option_key(variant.options) for variant in variants)
    for counter, what in ((skus, "SKU"), (options, "choice of options")):
        twice = [key for key, count in counter.items() if count > 1]
        if twice:
            raise DuplicateVariant(f"A {what} comes twice", variants=[f"The {what} is not unique"])


def check_prices(variants: Iterable[VariantState], currency: str) -> None:
    """Raises BadPrice for a price that nobody could pay in the currency."""
    for variant in variants:
        for amount in (variant.price, variant.compare_at_price):
            if amount is not None and (text := _why_not(amount, currency)):
                raise BadPrice(f"{variant.sku} cannot cost {amount}. {text}", variants=[text])


def _why_not(amount: Decimal, currency: str) -> str:
    if amount > highest_price(currency):
        return f"A price is at most {highest_price(currency):,}."
    return "" if is_payable(amount, currency) else describe_step(currency)


def clean_options(options: Mapping[str, str]) -> dict[str, str]:
    """As filters and the index ask for them. Raises BadOptions for a name or a value that is empty,
    and for two names that are the same."""
    cleaned = {clean_line(name): clean_line(value) for name, value in options.items()}
    if not all((*cleaned, *cleaned.values())) or len(cleaned) < len(options):
        raise BadOptions(UNNAMED_OPTION, variants=[UNNAMED_OPTION])
    return cleaned


def are_good_options(options: dict[str, str]) -> bool:
    """Whether they fit into an entry of the index that keeps them apart."""
    return len(json.dumps(options, ensure_ascii=False).encode()) <= MAX_OPTION_BYTES


def option_key(options: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The same for the same options, in whatever order."""
    return tuple(sorted(options.items()))


def list_attributes(options: Iterable[dict[str, str]]) -> list[str]:
    """Every option value of a product once, as `name SEPARATOR value`: what filters look for."""
    return sorted({f"{name}{SEPARATOR}{value}" for each in options for name, value in each.items()})


def list_option_pairs(options: Iterable[dict[str, str]]) -> list[str]:
    """Any two option values that one variant has together: what several filters look for."""
    pairs = {pair for each in options for pair in combinations(list_attributes([each]), 2)}
    return sorted(PAIR_SEPARATOR.join(pair) for pair in pairs)


def availability_of(available: int | None, tracked: bool) -> str:
    """in_stock, low_stock or out_of_stock. What nobody has counted (None) is not there; what is
    not tracked always is."""
    if not tracked:
        return "in_stock"
    if not available or available < 0:
        return "out_of_stock"
    return "low_stock" if available <= LOW_STOCK else "in_stock"


def reduction_of(price: Decimal, compare_at: Decimal | None) -> int:
    """By how many per cent the price is reduced; 0 when it is not."""
    if compare_at is None or compare_at <= price or compare_at == 0:
        return 0
    return int((compare_at - price) * 100 / compare_at)


def picture_name(key: str, width: int) -> str:
    """Where a stored picture of that width lies under MEDIA_ROOT."""
    return f"catalog/{key}-{width}.webp"


def picture_url(key: str, sizes: Sequence[int], width: int) -> str:
    """The address of the smallest picture that is at least so wide, or else of the widest one.
    Empty for a picture that is not our own."""
    if not key or not sizes:
        return ""
    fitting = [size for size in sizes if size >= width]
    return f"/media/{picture_name(key, min(fitting) if fitting else max(sizes))}"

"""Facts that catalog publishes."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Fact
from shared.money import Money


@dataclass(frozen=True, kw_only=True)
class ProductVariant:
    """What can be bought. `options` reads "Size: M, Colour: Blue" ("" for a single variant);
    `tax_class` is standard, reduced or zero. What is not `tracked` is always there: no units are
    counted, and none are taken."""

    sku: str
    title: str
    price: Money
    options: str = ""
    tax_class: str = "standard"
    weight_grams: int = 0
    image_url: str = ""
    tracked: bool = True


@dataclass(frozen=True, kw_only=True)
class ProductChanged(Fact):
    """A product was created or changed; carries its whole present state. `active` is False while
    it must not be sold. Ordered by the envelope's aggregate_version."""

    name: ClassVar[str] = "product.changed"
    aggregate: ClassVar[str] = "product_id"

    product_id: UUID
    slug: str
    title: str
    active: bool
    variants: tuple[ProductVariant, ...]
    brand: str = ""
    category: str = ""
    image_url: str = ""


@dataclass(frozen=True, kw_only=True)
class ProductRemoved(Fact):
    """A product is gone for good."""

    name: ClassVar[str] = "product.removed"
    aggregate: ClassVar[str] = "product_id"

    product_id: UUID
    skus: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class StockDeclared(Fact):
    """The catalogue was told how many units of a SKU there are, by an import or a person. inventory
    takes it for the first count of a SKU that it never counted, and leaves counted stock alone."""

    name: ClassVar[str] = "product.stock_declared"
    aggregate: ClassVar[str] = "sku"

    sku: str
    quantity: int
    source: str = ""

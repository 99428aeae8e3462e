"""Values that several facts carry."""

from dataclasses import dataclass
from uuid import UUID

from shared.money import Money


@dataclass(frozen=True, kw_only=True)
class Address:
    """A postal address. `country` is ISO 3166-1 alpha-2; what its post does not use is empty."""

    name: str
    line1: str
    country: str
    postal_code: str = ""
    city: str = ""
    line2: str = ""
    region: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class PricedLine:
    """A line of a cart or an order with the prices of that moment. `total` is unit_price times
    quantity, before order-wide discounts."""

    product_id: UUID
    sku: str
    title: str
    quantity: int
    unit_price: Money
    total: Money
    options: str = ""
    image_url: str = ""
    product_slug: str = ""


@dataclass(frozen=True, kw_only=True)
class Totals:
    """total = subtotal - discount + shipping; `tax` is contained in total (prices include tax)."""

    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """So many units of a SKU."""

    sku: str
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Shortage:
    """A SKU of which fewer units are to be had than were asked for."""

    sku: str
    requested: int
    available: int

"""Facts that cart publishes."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Fact
from shared.contracts.parts import Address, PricedLine, Totals


@dataclass(frozen=True, kw_only=True)
class OfferWithheld(Fact):
    """This version of a product could not be taken over, so that none of its variants can be
    bought until a newer one is, or until an operator has the event replayed. `reason` is what
    went wrong, in the words of the error."""

    name: ClassVar[str] = "offer.withheld"
    aggregate: ClassVar[str] = "product_id"

    product_id: UUID
    product_version: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class OfferRestored(Fact):
    """This version of a product was withheld, and could be taken over after all."""

    name: ClassVar[str] = "offer.restored"
    aggregate: ClassVar[str] = "product_id"

    product_id: UUID
    product_version: int


@dataclass(frozen=True, kw_only=True)
class CartCheckedOut(Fact):
    """A cart was frozen and became an order to be. cart chose the order's id, so that the same
    checkout sent twice is one order. `customer_id` is None for a guest."""

    name: ClassVar[str] = "cart.checked_out"
    aggregate: ClassVar[str] = "cart_id"

    cart_id: UUID
    order_id: UUID
    customer_id: UUID | None
    email: str
    lines: tuple[PricedLine, ...]
    totals: Totals
    shipping_method: str
    shipping_title: str
    shipping_address: Address
    billing_address: Address | None = None
    coupon: str = ""
    language: str = "en"

"""Facts that inventory publishes."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Fact
from shared.contracts.parts import Shortage


@dataclass(frozen=True, kw_only=True)
class StockReserved(Fact):
    """Every line of the order is held until `expires_at`."""

    name: ClassVar[str] = "stock.reserved"
    aggregate: ClassVar[str] = "order_id"

    order_id: UUID
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class StockRejected(Fact):
    """No line of the order is held, because of the shortages."""

    name: ClassVar[str] = "stock.rejected"
    aggregate: ClassVar[str] = "order_id"

    order_id: UUID
    shortages: tuple[Shortage, ...]


@dataclass(frozen=True, kw_only=True)
class StockReleased(Fact):
    """The order's hold ended without a sale. `reason` is expired or cancelled."""

    name: ClassVar[str] = "stock.released"
    aggregate: ClassVar[str] = "order_id"

    order_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class StockCommitted(Fact):
    """The held units left the stock for good: they are sold."""

    name: ClassVar[str] = "stock.committed"
    aggregate: ClassVar[str] = "order_id"

    order_id: UUID


@dataclass(frozen=True, kw_only=True)
class StockChanged(Fact):
    """How many units of a SKU can be bought now. Ordered by aggregate_version."""

    name: ClassVar[str] = "stock.changed"
    aggregate: ClassVar[str] = "sku"

    sku: str
    on_hand: int
    available: int


@dataclass(frozen=True, kw_only=True)
class StockLow(Fact):
    """Availability fell to or below the SKU's threshold."""

    name: ClassVar[str] = "stock.low"
    aggregate: ClassVar[str] = "sku"

    sku: str
    available: int
    threshold: int

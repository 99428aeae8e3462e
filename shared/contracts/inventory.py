"""Facts that inventory publishes."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Fact
from shared.contracts.parts import Quantity, Shortage


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
    """How many units of a SKU can be bought now. Ordered by aggregate_version. Nobody has said yet
    how many units there are of what is not `counted`: it cannot be bought."""

    name: ClassVar[str] = "stock.changed"
    aggregate: ClassVar[str] = "sku"

    sku: str
    on_hand: int
    available: int
    counted: bool = True


@dataclass(frozen=True, kw_only=True)
class StockLow(Fact):
    """Availability fell to or below the SKU's threshold. Not told anew while it stays there."""

    name: ClassVar[str] = "stock.low"
    aggregate: ClassVar[str] = "sku"

    sku: str
    available: int
    threshold: int


@dataclass(frozen=True, kw_only=True)
class StatedReservation:
    """The reservation of an order as inventory has it. `status` is held, committed, released (it
    expired), rejected or restocked."""

    order_id: UUID
    status: str
    expires_at: datetime | None
    changed_at: datetime
    lines: tuple[Quantity, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReservationsStated(Fact):
    """What inventory held for some orders at `as_of`, for comparison; nothing happened. `missing`
    are orders that it was asked about (statement.requested) and has no reservation of."""

    name: ClassVar[str] = "reservations.stated"
    aggregate: ClassVar[str] = "statement_id"

    statement_id: UUID
    as_of: datetime
    reservations: tuple[StatedReservation, ...]
    missing: tuple[UUID, ...] = ()

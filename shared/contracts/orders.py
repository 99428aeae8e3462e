"""Facts that orders publishes."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Fact
from shared.contracts.parts import PricedLine, Quantity, Totals
from shared.money import Money


@dataclass(frozen=True, kw_only=True)
class OrderFact(Fact):
    """What every order fact says: whose order it is, by id and by the number people read."""

    aggregate: ClassVar[str] = "order_id"

    order_id: UUID
    number: str
    customer_id: UUID | None
    email: str


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(OrderFact):
    """An order exists; its stock is to be reserved."""

    name: ClassVar[str] = "order.placed"

    cart_id: UUID
    lines: tuple[PricedLine, ...]
    totals: Totals


@dataclass(frozen=True, kw_only=True)
class OrderAwaitingPayment(OrderFact):
    """The stock is held until `expires_at`; the shopper may pay `amount`."""

    name: ClassVar[str] = "order.awaiting_payment"

    amount: Money
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class OrderPaid(OrderFact):
    """The order's amount was captured. Its stock is to be committed."""

    name: ClassVar[str] = "order.paid"

    cart_id: UUID
    lines: tuple[PricedLine, ...]
    totals: Totals


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(OrderFact):
    """The order ends. `reason` is sold_out, hold_expired, customer, merchant, payment_failed,
    payment_refused (the provider will never take it) or refunded (all of its money went back
    before the parcel left); held stock is to be released and committed
    stock put back. `was_paid` tells whether money is going back (an order.refund_requested
    follows), but for what the bank holds or took: `dispute` is open or lost then, or won."""

    name: ClassVar[str] = "order.cancelled"

    cart_id: UUID
    reason: str
    was_paid: bool
    lines: tuple[Quantity, ...] = ()
    dispute: str = ""


@dataclass(frozen=True, kw_only=True)
class RefundRequested(OrderFact):
    """Money is to go back. `refund_id` names this refund for ever: the same one is paid once."""

    name: ClassVar[str] = "order.refund_requested"

    refund_id: UUID
    amount: Money
    reason: str


@dataclass(frozen=True, kw_only=True)
class OrderShipped(OrderFact):
    """The parcel left. `carrier` and `tracking_number` may be empty."""

    name: ClassVar[str] = "order.shipped"

    carrier: str = ""
    tracking_number: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderDelivered(OrderFact):
    """The parcel arrived."""

    name: ClassVar[str] = "order.delivered"

    product_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OrderClaimed(OrderFact):
    """A guest's order became that of the account `customer_id`, which has proved its address; once
    in an order's life. Facts of the order that were said before name no customer. `status` is the
    order's at this moment: placed, awaiting_payment, paid, shipped, delivered, cancelled or
    refunded; `paid_at` is None for one that was not paid before it was claimed."""

    name: ClassVar[str] = "order.claimed"

    status: str
    total: Money
    paid_at: datetime | None = None
    product_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OrderForgotten(Fact):
    """The order has ended and its person was erased: what is kept of the order names nobody from
    now on. Facts of the same order that come later all the same are older ones."""

    name: ClassVar[str] = "order.forgotten"
    aggregate: ClassVar[str] = "order_id"

    order_id: UUID


@dataclass(frozen=True, kw_only=True)
class OrderRefunded(OrderFact):
    """The provider returned the money; `amount` is what went back in all, of what was `paid` (None
    where an older version of orders said it)."""

    name: ClassVar[str] = "order.refunded"

    amount: Money
    paid: Money | None = None


@dataclass(frozen=True, kw_only=True)
class OrderRefundFailed(OrderFact):
    """Money that was told as gone back (order.refunded) did not arrive: `failed` is the shop's
    again, so that `amount` went back in all, of what was `paid`. `status` is what the order is now,
    and `product_ids` are what was bought by it."""

    name: ClassVar[str] = "order.refund_failed"

    failed: Money
    amount: Money
    paid: Money
    status: str
    product_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReturnReceived(OrderFact):
    """Goods came back and may be sold again."""

    name: ClassVar[str] = "return.received"

    return_id: UUID
    lines: tuple[Quantity, ...]


@dataclass(frozen=True, kw_only=True)
class OrderLinkRequested(OrderFact):
    """Somebody who knows the order's number and its address looks for it: the address is to get a
    link to the order."""

    name: ClassVar[str] = "order.link_requested"


@dataclass(frozen=True, kw_only=True)
class StatementRequested(Fact):
    """Orders wants to compare: payments and inventory are to state what they hold for these
    orders (payments.stated, reservations.stated)."""

    name: ClassVar[str] = "statement.requested"
    aggregate: ClassVar[str] = "request_id"

    request_id: UUID
    order_ids: tuple[UUID, ...]

"""Facts that payments publishes."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Fact
from shared.money import Money


@dataclass(frozen=True, kw_only=True)
class PaymentSucceeded(Fact):
    """The provider captured the order's amount."""

    name: ClassVar[str] = "payment.succeeded"
    aggregate: ClassVar[str] = "order_id"

    order_id: UUID
    payment_id: UUID
    amount: Money


@dataclass(frozen=True, kw_only=True)
class PaymentFailed(Fact):
    """An attempt was declined; the shopper may try again. `code` is the provider's."""

    name: ClassVar[str] = "payment.failed"
    aggregate: ClassVar[str] = "order_id"

    order_id: UUID
    payment_id: UUID
    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class PaymentRefunded(Fact):
    """The provider took the refund. `total_refunded` counts all refunds of the payment."""

    name: ClassVar[str] = "payment.refunded"
    aggregate: ClassVar[str] = "order_id"

    order_id: UUID
    payment_id: UUID
    refund_id: UUID
    amount: Money
    total_refunded: Money

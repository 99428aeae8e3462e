"""Facts that payments publishes."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Fact
from shared.money import Money


@dataclass(frozen=True, kw_only=True)
class _PaymentFact(Fact):
    """What every payment fact says: of which order, and of which payment."""

    aggregate: ClassVar[str] = "order_id"

    order_id: UUID
    payment_id: UUID


@dataclass(frozen=True, kw_only=True)
class PaymentSucceeded(_PaymentFact):
    """The provider captured the order's amount."""

    name: ClassVar[str] = "payment.succeeded"

    amount: Money


@dataclass(frozen=True, kw_only=True)
class PaymentFailed(_PaymentFact):
    """An attempt was declined; the shopper may try again. `code` is the provider's."""

    name: ClassVar[str] = "payment.failed"

    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class PaymentRefused(_PaymentFact):
    """The provider will never take this payment as it is: its amount, currency or account is not
    allowed. Nothing was charged, and nobody can pay the order. `message` is the provider's."""

    name: ClassVar[str] = "payment.refused"

    message: str


@dataclass(frozen=True, kw_only=True)
class RefundNoted(_PaymentFact):
    """Somebody began a refund at the provider, of which orders did not know: the money is on its
    way back. What becomes of it follows (payment.refunded, payment.refund_failed)."""

    name: ClassVar[str] = "payment.refund_noted"

    refund_id: UUID
    amount: Money


@dataclass(frozen=True, kw_only=True)
class PaymentRefunded(_PaymentFact):
    """The provider took the refund. `total_refunded` counts all refunds of the payment. A
    `foreign` one was made at the provider, and orders did not ask for it."""

    name: ClassVar[str] = "payment.refunded"

    refund_id: UUID
    amount: Money
    total_refunded: Money
    foreign: bool = False


@dataclass(frozen=True, kw_only=True)
class RefundFailed(_PaymentFact):
    """A refund will not arrive, perhaps after it was told as taken (payment.refunded): its money
    is with the shop, and what is owed may be asked for anew."""

    name: ClassVar[str] = "payment.refund_failed"

    refund_id: UUID
    amount: Money
    message: str


@dataclass(frozen=True, kw_only=True)
class PaymentDisputed(_PaymentFact):
    """The cardholder's bank disputes the payment. `status` is open (the money is withheld), won
    (it is the shop's again) or lost (it is gone). There may be several of one payment: `standing`
    is open while one of them is, else lost if one is, and else won; `charged_back` is what they
    have taken for good in all. An older version of payments said neither (empty, None)."""

    name: ClassVar[str] = "payment.disputed"

    dispute_id: str
    amount: Money
    status: str
    standing: str = ""
    charged_back: Money | None = None


@dataclass(frozen=True, kw_only=True)
class StatedRefund:
    """A refund as payments has it. `status` is pending, succeeded or failed; a `foreign` one was
    made at the provider."""

    refund_id: UUID
    amount: Money
    status: str
    foreign: bool = False


@dataclass(frozen=True, kw_only=True)
class StatedPayment:
    """The payment of an order as payments has it. `status` is pending, requires_payment,
    requires_action, processing, cancelling (its end was asked for), succeeded or cancelled;
    `dispute` is empty or the standing of its disputes, open, won or lost; `charged_back` is what
    they took (None where an older version of payments said it)."""

    order_id: UUID
    status: str
    amount: Money
    captured: Money
    refunded: Money
    changed_at: datetime
    refunds: tuple[StatedRefund, ...] = ()
    dispute: str = ""
    charged_back: Money | None = None


@dataclass(frozen=True, kw_only=True)
class PaymentsStated(Fact):
    """What payments held for some orders at `as_of`, for comparison; nothing happened. `missing`
    are orders that it was asked about (statement.requested) and has no payment of."""

    name: ClassVar[str] = "payments.stated"
    aggregate: ClassVar[str] = "statement_id"

    statement_id: UUID
    as_of: datetime
    payments: tuple[StatedPayment, ...]
    missing: tuple[UUID, ...] = ()

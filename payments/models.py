"""Payments, the refunds of them, and one audit row for each step. How far a payment may go is
said here once, in `Payment.move`."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from shared.database.amounts import AmountField
from shared.events.ids import uuid7
from shared.money import Money


class Status(models.TextChoices):
    PENDING = "pending"
    REQUIRES_PAYMENT = "requires_payment"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"


# Only from these a payment goes on. A cancelled one cannot succeed any more: the provider decides
# between the two, and its word is final.
OPEN = frozenset(
    {Status.PENDING, Status.REQUIRES_PAYMENT, Status.REQUIRES_ACTION, Status.PROCESSING}
)


class Dispute(models.TextChoices):
    """How a dispute of the cardholder's bank stands, or all those of a payment together."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Payment(models.Model):
    """The money of one order. `client_secret` lets a browser pay it; `check_at` is when the
    sweeper asks the provider about it (None: settled)."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    order_id = models.UUIDField(unique=True)
    number = models.CharField(max_length=20)
    customer_id = models.UUIDField(null=True, blank=True, db_index=True)
    email = models.EmailField()
    amount = AmountField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    cancel_wanted = models.BooleanField(default=False)
    provider_intent_id = models.CharField(max_length=100, unique=True, null=True, blank=True)
    client_secret = models.CharField(max_length=200, blank=True)
    last_error_code = models.CharField(max_length=60, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    refunded_amount = AmountField(default=Decimal(0))
    dispute = models.CharField(
        max_length=10, choices=Dispute.choices, blank=True, default="", db_default=""
    )
    # What banks have taken for good, of disputes that are lost.
    charged_back = AmountField(default=Decimal(0), db_default=Decimal(0))
    dispute_id = models.CharField(max_length=100, blank=True, default="", db_default="")
    expires_at = models.DateTimeField()
    check_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    version = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["check_at"], name="payment_due_idx", condition=Q(check_at__isnull=False)
            ),
            models.Index(fields=["-created_at"], name="payment_created_idx"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_positive"),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0) & Q(refunded_amount__lte=F("amount")),
                name="payment_refunded_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount=0) | Q(status=Status.SUCCEEDED),
                name="payment_refunded_only_if_paid",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def move(self, status: Status, **changes: Any) -> bool:
        """Takes the status if the payment may; False when it may not. The caller has locked the
        row, so of two callers one moves it."""
        if not self.is_open or self.status == status:
            return False
        self.change(status=status, **changes)
        return True

    def change(self, **values: Any) -> None:
        """Stores the values of a locked row under a new version."""
        for name, value in values.items():
            setattr(self, name, value)
        self.version += 1
        self.save(update_fields=[*values, "version"])


class PaymentEvent(models.Model):
    """The audit: what happened to a payment, and who said so. `attempt` names a declined attempt,
    which is told of once."""

    payment = models.ForeignKey(Payment, models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    what = models.CharField(max_length=30)
    source = models.CharField(max_length=20)
    detail = models.CharField(max_length=300, blank=True)
    attempt = models.CharField(max_length=100, blank=True)

    class Meta:
        indexes = [models.Index(fields=["at"], name="payment_event_at_idx")]
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "attempt"], condition=~Q(attempt=""), name="payment_attempt_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.what}"


class RefundStatus(models.TextChoices):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Refund(models.Model):
    """Money that goes back. The id is the one that orders gave it; a `foreign` one was made at the
    provider. `attempt` counts how often staff had it sent again after the provider refused."""

    id = models.UUIDField(primary_key=True)
    payment = models.ForeignKey(Payment, models.CASCADE, related_name="refunds")
    amount = AmountField()
    reason = models.CharField(max_length=100)
    status = models.CharField(
        max_length=10, choices=RefundStatus.choices, default=RefundStatus.PENDING
    )
    provider_refund_id = models.CharField(max_length=100, unique=True, null=True, blank=True)
    foreign = models.BooleanField(default=False, db_default=False)
    attempt = models.PositiveIntegerField(default=1)
    error = models.CharField(max_length=300, blank=True)
    requested_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    check_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["check_at"], name="refund_due_idx", condition=Q(check_at__isnull=False)
            )
        ]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="refund_positive")]

    def __str__(self) -> str:
        return f"{self.amount} {self.reason}"


class BankDispute(models.Model):
    """One dispute of a payment; the id is the provider's."""

    id = models.CharField(primary_key=True, max_length=100)
    payment = models.ForeignKey(Payment, models.CASCADE, related_name="disputes")
    amount = AmountField()
    status = models.CharField(max_length=10, choices=Dispute.choices)

    def __str__(self) -> str:
        return f"{self.amount} {self.status}"


class CancelledOrder(models.Model):
    """An order that ended before we heard that it awaits payment, so that the late fact opens no
    payment."""

    order_id = models.UUIDField(primary_key=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return str(self.order_id)


class ClaimedOrder(models.Model):
    """Whose a guest's order became before we heard that it awaits payment."""

    order_id = models.UUIDField(primary_key=True)
    customer_id = models.UUIDField(db_index=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return str(self.order_id)


class ForgottenOrder(models.Model):
    """An order that has ended and whose person was erased, so that a late fact names nobody."""

    order_id = models.UUIDField(primary_key=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return str(self.order_id)


class ProviderEvent(models.Model):
    """An event of the provider that we have accepted; it never takes effect twice."""

    id = models.CharField(primary_key=True, max_length=100)
    type = models.CharField(max_length=60)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)
    handled_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


def next_check(*, since: datetime, now: datetime) -> datetime:
    """Soon at first, then ever more rarely: after half of the time that has already passed."""
    seconds = (now - since).total_seconds() / 2
    return now + timedelta(seconds=max(15.0, min(seconds, 600.0)))

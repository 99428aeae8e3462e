"""Orders and their story. The status machine lives here: a table of transitions and one audit row
for each that was made."""

from collections.abc import Mapping
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone

from orders.rules.reconciliation import PaymentDrift, StockDrift
from shared.database.amounts import AmountField
from shared.money import Money

# The database counts order numbers, so that two orders never share one (see 0001_initial).
NUMBER_SEQUENCE = "orders_number_seq"


class Status(models.TextChoices):
    PLACED = "placed", "Received"
    AWAITING_PAYMENT = "awaiting_payment", "Waiting for payment"
    PAID = "paid"
    SHIPPED = "shipped", "On its way"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class Dispute(models.TextChoices):
    """How the disputes of the cardholder's bank stand together: open while one of them is, else
    lost if one is. Open and lost ones hold the parcel."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


TRANSITIONS: Mapping[str, frozenset[str]] = {
    Status.PLACED: frozenset({Status.AWAITING_PAYMENT, Status.CANCELLED}),
    Status.AWAITING_PAYMENT: frozenset({Status.PAID, Status.CANCELLED}),
    Status.PAID: frozenset({Status.SHIPPED, Status.CANCELLED, Status.REFUNDED}),
    Status.SHIPPED: frozenset({Status.DELIVERED, Status.REFUNDED}),
    Status.DELIVERED: frozenset({Status.REFUNDED}),
    Status.CANCELLED: frozenset({Status.REFUNDED}),
    Status.REFUNDED: frozenset(),
}


class Order(models.Model):
    """One purchase with the prices of its checkout. All amounts are in `currency`;
    total = subtotal - discount + shipping, and `tax` is contained in it."""

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=20, unique=True)
    cart_id = models.UUIDField()
    customer_id = models.UUIDField(null=True, blank=True)
    email = models.EmailField()
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PLACED)
    currency = models.CharField(max_length=3)
    subtotal = AmountField()
    discount = AmountField()
    shipping = AmountField()
    tax = AmountField()
    total = AmountField()
    paid = AmountField(default=Decimal(0))
    refunded = AmountField(default=Decimal(0))
    coupon = models.CharField(max_length=40, blank=True)
    shipping_method = models.CharField(max_length=40)
    shipping_title = models.CharField(max_length=100)
    shipping_address = models.JSONField()
    billing_address = models.JSONField(null=True, blank=True)
    language = models.CharField(max_length=8, default="en")
    cancel_reason = models.CharField(max_length=30, blank=True)
    dispute = models.CharField(
        max_length=10, choices=Dispute.choices, blank=True, default="", db_default=""
    )
    # What the bank took of the payment for good, and the version of payments' newest word of it.
    charged_back = AmountField("taken back by the bank", default=Decimal(0), db_default=Decimal(0))
    dispute_told = models.BigIntegerField(default=0, db_default=0, editable=False)
    carrier = models.CharField(max_length=60, blank=True)
    tracking_number = models.CharField(max_length=80, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    placed_at = models.DateTimeField(default=timezone.now)
    # The person was erased while the order was open: once it has ended, it names nobody.
    forget_when_ended = models.BooleanField(default=False, db_default=False, editable=False)
    # A guest's, until an account proved the address; links to it carry its token.
    claimed = models.BooleanField(default=False, db_default=False, editable=False)
    link_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(
                Upper("email"), name="order_guest_idx", condition=Q(customer_id__isnull=True)
            ),
            models.Index(fields=["customer_id", "-placed_at"], name="order_customer_idx"),
            models.Index(fields=["status", "-placed_at"], name="order_status_idx"),
            models.Index(fields=["placed_at"], name="order_placed_idx"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(total=F("subtotal") - F("discount") + F("shipping")),
                name="order_total_adds_up",
            ),
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total_not_negative"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0) & Q(refunded__lte=F("paid")),
                name="order_refunded_within_paid",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def money(self, amount: Decimal) -> Money:
        return Money(amount, self.currency)

    def may_transition_to(self, status: str) -> bool:
        return status in TRANSITIONS[self.status]

    @property
    def may_be_cancelled(self) -> bool:
        return self.may_transition_to(Status.CANCELLED)


class KnownAccount(models.Model):
    """How much we have heard of an account. The row of an erased one stays."""

    customer_id = models.UUIDField(primary_key=True)
    removed = models.BooleanField(default=False)
    version = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.customer_id)


class ProvedAddress(models.Model):
    """Whose the guests' orders of an address are: the one account that has proved it, in small
    letters. `told_at` is when users said so; of two accounts the later word counts."""

    email = models.EmailField(primary_key=True)
    customer_id = models.UUIDField(db_index=True)
    told_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.email


class OrderLine(models.Model):
    """What was ordered, as it was called and priced then."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    product_id = models.UUIDField()
    product_slug = models.CharField(max_length=255, blank=True)
    sku = models.CharField(max_length=64)
    title = models.CharField(max_length=255)
    options = models.TextField(blank=True)
    image_url = models.CharField(max_length=500, blank=True)
    quantity = models.PositiveIntegerField()
    unit_price = AmountField()
    total = AmountField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "sku"], name="order_line_sku_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_positive"),
            models.CheckConstraint(
                condition=Q(total=F("unit_price") * F("quantity")), name="order_line_adds_up"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"


class OrderTransition(models.Model):
    """The audit: one row for each status that the order took. `actor` is an account's id, or one of
    "system", "guest" and "erased"; older rows name an e-mail address."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="transitions")
    status = models.CharField(max_length=20, choices=Status.choices)
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=254)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["at"], name="order_transition_at_idx")]

    def __str__(self) -> str:
        return self.get_status_display()


class Refund(models.Model):
    """Money that goes back: asked for here, or made at the provider; sent by payments, confirmed
    by the provider. One that has failed counts for nothing. `told` is the version of payments'
    newest word about it."""

    id = models.UUIDField(primary_key=True)
    order = models.ForeignKey(Order, models.CASCADE, related_name="refunds")
    amount = AmountField()
    reason = models.CharField(max_length=100)
    requested_at = models.DateTimeField(default=timezone.now)
    foreign = models.BooleanField("made at the provider", default=False, db_default=False)
    refunded_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    told = models.BigIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        indexes = [models.Index(fields=["requested_at"], name="refund_requested_idx")]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="refund_positive")]

    def __str__(self) -> str:
        return f"{self.amount} {self.reason}"


class Return(models.Model):
    """Goods that the shopper sends back. `lines` is [{"sku", "quantity"}]."""

    id = models.UUIDField(primary_key=True)
    order = models.ForeignKey(Order, models.CASCADE, related_name="returns")
    lines = models.JSONField()
    reason = models.CharField(max_length=300, blank=True)
    requested_at = models.DateTimeField(default=timezone.now)
    # What of its value waits for the bank's decision on a dispute.
    owed = AmountField(default=Decimal(0), db_default=Decimal(0), editable=False)
    received_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"return of {self.order_id}"


class Discrepancy(models.Model):
    """An order and what payments or inventory state about it differ. One row is open for an order
    and a kind; it is closed by the first statement that no longer shows it. `order_id` may be an
    order that we do not have."""

    class Outcome(models.TextChoices):
        OPEN = "open"
        REPAIRED = "repaired"
        GONE = "gone"

    order_id = models.UUIDField()
    number = models.CharField(max_length=20, blank=True)
    kind = models.CharField(
        max_length=40, choices=[(kind, kind) for kind in (*PaymentDrift, *StockDrift)]
    )
    details = models.CharField(max_length=500)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    auto_repairs = models.PositiveIntegerField(default=0)
    repaired_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "discrepancies"
        indexes = [models.Index(fields=["-last_seen"], name="discrepancy_seen_idx")]
        constraints = [
            models.UniqueConstraint(
                fields=["order_id", "kind"],
                condition=Q(outcome="open"),
                name="discrepancy_open_once",
            ),
            models.CheckConstraint(
                condition=Q(outcome="open", resolved_at=None)
                | (~Q(outcome="open") & Q(resolved_at__isnull=False)),
                name="discrepancy_resolved_or_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number or self.order_id} {self.kind}"


def format_number(count: int) -> str:
    """The number that people read: S-100001."""
    return f"S-{100_000 + count}"

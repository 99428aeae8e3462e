"""Stock per SKU, the reservations on it and the ledger of its movements."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from shared.database.constraints import worded


class StockItem(models.Model):
    """The units of one SKU. The constraints make overselling impossible whatever the code does:
    0 <= reserved <= on_hand. `version` orders the facts about the item; it is UNPUBLISHED until one
    was. Catalog said the last word about it at `said_at`. A SKU is `counted` once somebody said how
    many units there are, and orders take no units of it unless it is `tracked`."""

    UNPUBLISHED = 0

    sku = models.CharField(max_length=64, unique=True)
    title = models.TextField(blank=True)
    on_hand = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    low_threshold = models.PositiveIntegerField(default=3)
    counted = models.BooleanField(default=False)
    tracked = models.BooleanField(default=True, db_default=True)
    version = models.BigIntegerField(default=UNPUBLISHED)
    said_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(on_hand__gte=0),
                **worded("stock_on_hand_not_negative", "There cannot be fewer than no units."),
            ),
            models.CheckConstraint(
                condition=Q(reserved__gte=0),
                **worded("stock_reserved_not_negative", "No fewer than no units can be reserved."),
            ),
            models.CheckConstraint(
                condition=Q(reserved__lte=F("on_hand")),
                **worded("stock_reserved_within_on_hand", "Orders hold more units than that."),
            ),
        ]
        indexes = [models.Index(fields=["sku"], condition=Q(version=0), name="stock_untold_idx")]

    def __str__(self) -> str:
        return self.sku

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


class KnownProduct(models.Model):
    """The newest word of catalog about a product that was taken over."""

    product_id = models.UUIDField(primary_key=True)
    version = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.product_id)


class Reservation(models.Model):
    """What one order holds. A row exists for every order that was ever heard of, so that a fact
    that comes again, or too late, finds its answer here."""

    class Status(models.TextChoices):
        HELD = "held"
        REJECTED = "rejected"
        COMMITTED = "committed"
        RELEASED = "released"
        RESTOCKED = "restocked"

    order_id = models.UUIDField(primary_key=True)
    status = models.CharField(max_length=10, choices=Status.choices)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(status="held"), name="reservation_held_idx"
            ),
            models.Index(fields=["created_at"], name="reservation_created_idx"),
            models.Index(fields=["updated_at"], name="reservation_updated_idx"),
        ]

    def __str__(self) -> str:
        return str(self.order_id)


class ReservationLine(models.Model):
    """So many units of a SKU in a reservation. `took` is False where the stock gave none, because
    the SKU was not tracked then."""

    reservation = models.ForeignKey(Reservation, models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=64)
    quantity = models.PositiveIntegerField()
    took = models.BooleanField(default=True, db_default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reservation", "sku"], name="reservation_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_line_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"


class ReceivedReturn(models.Model):
    """A return whose units are back, so that it is never counted twice."""

    return_id = models.UUIDField(primary_key=True)
    order_id = models.UUIDField()

    def __str__(self) -> str:
        return str(self.return_id)


class StockMovement(models.Model):
    """One change of a SKU's units on hand. Append only; the sum per SKU is its on_hand."""

    class Kind(models.TextChoices):
        COUNT = "count"
        ADJUSTMENT = "adjustment"
        SALE = "sale"
        RETURN = "return"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(StockItem, models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    delta = models.IntegerField()
    reason = models.CharField(max_length=300, blank=True)
    order_id = models.UUIDField(null=True, blank=True)
    actor = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "order_id", "kind"],
                condition=Q(kind="sale"),
                name="movement_sale_once_per_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.delta:+d} {self.kind}"

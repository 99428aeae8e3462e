"""Reviews, who may say "verified purchase", and the sums that the shop shows."""

from decimal import ROUND_HALF_UP, Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from shared.database.constraints import worded
from shared.events.ids import uuid7


class Product(models.Model):
    """What can be reviewed: a copy of what catalog said. The row of a removed one stays, so that
    no late fact revives it."""

    id = models.UUIDField(primary_key=True)
    slug = models.CharField(max_length=255)
    title = models.CharField(max_length=255)
    image_url = models.CharField(max_length=500, blank=True)
    active = models.BooleanField(default=True)
    version = models.BigIntegerField(default=0)
    removed = models.BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        return self.title


class Author(models.Model):
    """Copy of an account's name. The row of an erased one stays, empty."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=200, blank=True)
    version = models.BigIntegerField()
    removed = models.BooleanField(default=False)

    def __str__(self) -> str:
        return str(self.pk)


class Order(models.Model):
    """Copy of what an order still gives a right to. `removed` once it was called off; `refunded`
    is what went back of `total`, which is None until the order was paid; `refund_version` is that
    of the newest word about it."""

    id = models.UUIDField(primary_key=True)
    total = models.DecimalField(max_digits=16, decimal_places=3, null=True)
    refunded = models.DecimalField(max_digits=16, decimal_places=3, default=0)
    refund_version = models.BigIntegerField(default=0, db_default=0)
    version = models.BigIntegerField()
    removed = models.BooleanField(default=False)

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def stands(self) -> bool:
        """Whether the goods were bought, and not all of the money went back."""
        if self.removed or self.total is None:
            return False
        return not self.refunded or self.refunded < self.total


class PurchaseRight(models.Model):
    """This person bought this product."""

    customer_id = models.UUIDField()
    product_id = models.UUIDField()
    order_id = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "product_id", "order_id"], name="purchase_right_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.product_id}"


class Review(models.Model):
    """What a person says of a product, once. Erased people leave it without a name."""

    class Status(models.TextChoices):
        PENDING = "pending"
        PUBLISHED = "published"
        REJECTED = "rejected"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="reviews")
    customer_id = models.UUIDField(null=True, blank=True)
    author_name = models.CharField(max_length=100, blank=True)
    rating = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    body = models.TextField(max_length=4000)
    verified_purchase = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=Status.choices)
    hold_reasons = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    reply = models.TextField(max_length=2000, blank=True)
    helpful = models.PositiveIntegerField(default=0)
    unhelpful = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "customer_id"],
                **worded("review_once_per_customer", "This person reviewed the product already."),
            ),
            models.CheckConstraint(
                condition=Q(rating__gte=1) & Q(rating__lte=5),
                **worded("review_rating_1_to_5", "A rating is one to five stars."),
            ),
        ]
        indexes = [
            models.Index(fields=["product", "status", "-created_at"], name="review_product_idx")
        ]

    def __str__(self) -> str:
        return self.title


class Vote(models.Model):
    """One person's word on whether a review helps."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="votes")
    voter_id = models.UUIDField()
    helpful = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "voter_id"], name="vote_once_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.voter_id} {self.helpful}"


class RatingSummary(models.Model):
    """The published reviews of a product, summed. `version` orders the facts."""

    product = models.OneToOneField(Product, models.CASCADE, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    histogram = ArrayField(models.PositiveIntegerField(), size=5)
    version = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.count} reviews"

    @property
    def bars(self) -> list[tuple[int, int]]:
        """(stars, count) from 5 down to 1."""
        return [(stars, self.histogram[stars - 1]) for stars in range(5, 0, -1)]

    @property
    def average(self) -> Decimal | None:
        """Two decimals; None without reviews."""
        if not self.count:
            return None
        mean = Decimal(self.total) / self.count
        return mean.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)

"""Signals of shoppers, and what was learnt from them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from shared.database.amounts import AmountField
from shared.events.ids import uuid7


class Product(models.Model):
    """What can be recommended: a copy of what catalog said. `price` is the lowest variant's,
    `price_max` the highest's; None until catalog speaks of the product again."""

    id = models.UUIDField(primary_key=True)
    slug = models.CharField(max_length=255)
    title = models.CharField(max_length=255)
    category = models.CharField(max_length=255, blank=True)
    image_url = models.CharField(max_length=500, blank=True)
    price = AmountField(null=True)
    price_max = AmountField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    active = models.BooleanField(default=True)
    rating = models.DecimalField(max_digits=3, decimal_places=2, null=True, blank=True)
    rating_count = models.PositiveIntegerField(default=0)
    rating_version = models.BigIntegerField(default=0)
    version = models.BigIntegerField(default=0)
    removed = models.BooleanField(default=False, db_default=False)
    first_seen = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["category"], name="recommend_category_idx")]

    def __str__(self) -> str:
        return self.title


class Order(models.Model):
    """Which orders were paid and which called off: the row stays, so that a late word about a
    cancelled one is no signal."""

    id = models.UUIDField(primary_key=True)
    version = models.BigIntegerField()
    removed = models.BooleanField(default=False)

    def __str__(self) -> str:
        return str(self.pk)


class Purchase(models.Model):
    """A product in a paid order."""

    order_id = models.UUIDField()
    product_id = models.UUIDField()
    customer_id = models.UUIDField(null=True, blank=True, db_index=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order_id", "product_id"], name="purchase_once")
        ]
        indexes = [models.Index(fields=["product_id", "-at"], name="purchase_of_product_idx")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.product_id}"


class ProductView(models.Model):
    """Somebody looked at a product. `customer_id` is None for strangers."""

    product_id = models.UUIDField()
    customer_id = models.UUIDField(null=True, blank=True, db_index=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.product_id)


class Trend(models.Model):
    """How often a product was bought and looked at. The scores weigh what is newer more, so that
    they can be compared at any time (see rules.trend_weight)."""

    product_id = models.UUIDField(primary_key=True)
    bought = models.IntegerField(default=0)
    bought_score = models.FloatField(default=0)
    bought_at = models.DateTimeField(null=True)
    viewed = models.IntegerField(default=0)
    viewed_score = models.FloatField(default=0)
    viewed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["-bought_score"], name="trend_bought_idx"),
            models.Index(fields=["-viewed_score"], name="trend_viewed_idx"),
        ]

    def __str__(self) -> str:
        return str(self.product_id)


class Popularity(models.Model):
    """What all baskets with a product weighed together, at that time."""

    product_id = models.UUIDField(primary_key=True)
    weight = models.FloatField()
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.product_id)


class Unlearnt(models.Model):
    """A product whose baskets changed since its pairs were learnt."""

    product_id = models.UUIDField(primary_key=True)
    marked_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.product_id)


class TrainedModel(models.Model):
    """A run of the training that learnt something; how much is known since."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    trained_at = models.DateTimeField(default=timezone.now)
    purchases = models.PositiveIntegerField()
    pairs = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.trained_at:%Y-%m-%d %H:%M}"


class Pair(models.Model):
    """Who bought `product_id` also bought `other_id`, so many times together."""

    product_id = models.UUIDField()
    other_id = models.UUIDField()
    together = models.PositiveIntegerField()
    score = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product_id", "other_id"], name="pair_once"),
            models.CheckConstraint(condition=Q(score__gte=0), name="pair_score_not_negative"),
        ]
        indexes = [
            models.Index(fields=["product_id", "-score"], name="pair_ranking_idx"),
            models.Index(fields=["other_id"], name="pair_other_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.other_id}"

"""Carts, the codes and tariffs that price them, and cart's own copy of what can be bought."""

import uuid
from collections.abc import Iterable
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.signing import Signer
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone

from shared.addresses import country_codes
from shared.database.amounts import AmountField, check_step
from shared.database.constraints import worded
from shared.money import Money

MAX_QUANTITY = 99
EVERYWHERE = "*"
CART_SIGNER = Signer(salt="cart")


def validate_country(code: str) -> None:
    if code not in country_codes():
        raise ValidationError(f"There is no country {code}.", code="no_country")


def validate_destination(code: str) -> None:
    if code != EVERYWHERE:
        validate_country(code)


class Offer(models.Model):
    """What can be bought, as catalog and inventory last said. `available` is None until inventory
    has spoken, and then nothing can be bought, unless it is not `tracked`; the two versions order
    the facts of the two."""

    sku = models.CharField(max_length=64, unique=True)
    product_id = models.UUIDField(db_index=True)
    product_slug = models.CharField(max_length=255, blank=True)
    title = models.CharField(max_length=255)
    options = models.TextField(blank=True)
    price = AmountField()
    tax_class = models.CharField(max_length=20, default="standard")
    weight_grams = models.PositiveIntegerField(default=0)
    image_url = models.CharField(max_length=500, blank=True)
    active = models.BooleanField(default=True)
    product_version = models.BigIntegerField(default=0)
    said_at = models.DateTimeField(null=True, blank=True)
    available = models.IntegerField(null=True, blank=True)
    tracked = models.BooleanField(default=True, db_default=True)
    stock_version = models.BigIntegerField(default=-1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="offer_price_positive")
        ]

    def __str__(self) -> str:
        return self.sku

    @property
    def most(self) -> int:
        """How many units a cart may hold."""
        return MAX_QUANTITY if not self.tracked else min(MAX_QUANTITY, self.available or 0)


class KnownProduct(models.Model):
    """How new our copy of a product is. The row of a removed one stays, so that no late fact
    revives it; also of one that we never had offers of. `withheld` is the version that could not
    be taken over, 0 for none."""

    product_id = models.UUIDField(primary_key=True)
    version = models.BigIntegerField()
    removed = models.BooleanField(default=False)
    withheld = models.BigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return str(self.product_id)


class StockLevel(models.Model):
    """Inventory's last word about a SKU, also before catalog has told us of it. Its row is what
    the two facts about a SKU wait for each other at; UNSPOKEN is its version until inventory
    has spoken."""

    UNSPOKEN = -1

    sku = models.CharField(max_length=64, primary_key=True)
    available = models.IntegerField()
    version = models.BigIntegerField()

    def __str__(self) -> str:
        return self.sku

    @staticmethod
    def lock(skus: Iterable[str]) -> dict[str, "StockLevel"]:
        """The rows of these SKUs until the transaction ends, made where there is none."""
        wanted, unspoken = sorted(set(skus)), StockLevel.UNSPOKEN
        rows = [StockLevel(sku=sku, available=0, version=unspoken) for sku in wanted]
        StockLevel.objects.bulk_create(rows, ignore_conflicts=True)
        locked = StockLevel.objects.select_for_update().filter(sku__in=wanted)
        return {row.sku: row for row in locked.order_by("sku")}


class Coupon(models.Model):
    """A discount code. `used` counts checkouts and never exceeds `max_uses`."""

    class Kind(models.TextChoices):
        PERCENT = "percent"
        AMOUNT = "amount"
        FREE_SHIPPING = "free_shipping"

    code = models.CharField(max_length=40)
    kind = models.CharField(max_length=15, choices=Kind.choices)
    value = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal(0))
    minimum = AmountField(default=Decimal(0))
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    used = models.PositiveIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Upper("code"),
                **worded("coupon_code_once", "There is a coupon with this code already."),
            ),
            models.CheckConstraint(
                condition=Q(value__gte=0),
                **worded("coupon_value_not_negative", "A coupon is worth nothing or more."),
            ),
            models.CheckConstraint(
                condition=~Q(kind="percent") | Q(value__lte=100),
                **worded("coupon_percent_at_most_100", "A coupon takes 100 per cent off at most."),
            ),
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(used__lte=F("max_uses")),
                **worded("coupon_within_limit", "The coupon has been used more often than that."),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        """A form's check: `value` is per cent or money."""
        if self.kind == self.Kind.AMOUNT and self.value is not None:
            try:
                check_step(self.value)
            except ValidationError as error:
                raise ValidationError({"value": error}) from error


class ShippingMethod(models.Model):
    """A way to send. `countries` holds ISO codes, or "*" for everywhere."""

    code = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=100)
    note = models.CharField(max_length=100, blank=True)
    countries = ArrayField(models.CharField(max_length=2, validators=[validate_destination]))
    price = AmountField()
    free_over = AmountField(null=True, blank=True)
    position = models.PositiveIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gte=0),
                **worded("shipping_not_negative", "Shipping costs nothing or more."),
            )
        ]

    def __str__(self) -> str:
        return self.title


class TaxRate(models.Model):
    """Per cent of tax in the prices of a class of goods sent to a country."""

    country = models.CharField(max_length=2, validators=[validate_country])
    tax_class = models.CharField(max_length=20)
    rate = models.DecimalField(max_digits=5, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["country", "tax_class"],
                **worded("tax_rate_once", "This country has a rate for the class already."),
            ),
            models.CheckConstraint(
                condition=Q(rate__gte=0) & Q(rate__lt=100),
                **worded("tax_rate_sensible", "A tax rate is from 0 to less than 100 per cent."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.tax_class} {self.rate} %"


class Cart(models.Model):
    """Somebody's cart: an account's (at most one open), or a guest's, who holds its id signed.

    A cart that was checked out knows its order. `follows` is the cart that a guest had before this
    one, whose lines come here if its order comes to nothing."""

    class Status(models.TextChoices):
        OPEN = "open"
        CHECKED_OUT = "checked_out"
        CLOSED = "closed"
        MERGED = "merged"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer_id = models.UUIDField(null=True, blank=True)
    status = models.CharField(max_length=15, choices=Status.choices, default=Status.OPEN)
    coupon = models.ForeignKey(Coupon, models.SET_NULL, null=True, blank=True)
    order_id = models.UUIDField(null=True, blank=True, unique=True)
    follows = models.UUIDField(null=True, blank=True, db_index=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id"],
                condition=Q(status="open"),
                name="cart_one_open_per_customer",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def token(self) -> str:
        """Whoever has it holds the cart, if that is a guest's."""
        return CART_SIGNER.sign(str(self.pk))


class CartLine(models.Model):
    """So many units of an offer, which is named by its SKU. `price_seen` is the price that the
    shopper was last shown. What a line costs is read of its offer: select that too."""

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="lines")
    offer = models.ForeignKey(
        Offer,
        models.DO_NOTHING,
        to_field="sku",
        related_name="+",
        db_column="sku",
        db_index=False,
        db_constraint=False,
    )
    quantity = models.PositiveIntegerField()
    price_seen = AmountField()
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cart", "offer"], name="cart_line_sku_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1) & Q(quantity__lte=MAX_QUANTITY),
                name="cart_line_quantity_sensible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"

    @property
    def sku(self) -> str:
        return self.offer_id

    @property
    def unit_price(self) -> Money:
        return Money(self.offer.price, settings.CURRENCY)

    @property
    def total(self) -> Money:
        return self.unit_price * self.quantity

    @property
    def available(self) -> int | None:
        """None where it does not matter."""
        return self.offer.available if self.offer.tracked else None

    @property
    def problem(self) -> str:
        """Empty, sold_out (fewer are left than wanted), not_for_sale or price_changed."""
        if not self.offer.active:
            return "not_for_sale"
        if self.offer.tracked and (self.offer.available or 0) < self.quantity:
            return "sold_out"
        return "price_changed" if self.offer.price != self.price_seen else ""


class Checkout(models.Model):
    """The answer that an Idempotency-Key got. `owner` is the account or the guest's cart."""

    owner = models.UUIDField()
    key = models.CharField(max_length=100)
    fingerprint = models.CharField(max_length=64)
    order_id = models.UUIDField()
    cart = models.ForeignKey(Cart, models.CASCADE)
    coupon = models.ForeignKey(Coupon, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="checkout_key_once")]

    def __str__(self) -> str:
        return f"{self.key} {self.order_id}"


class Addition(models.Model):
    """An addition to a cart that had an Idempotency-Key, kept while it may be repeated. `owner` is
    the account or the guest's cart."""

    owner = models.UUIDField()
    key = models.CharField(max_length=100)
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="addition_key_once")]

    def __str__(self) -> str:
        return self.key

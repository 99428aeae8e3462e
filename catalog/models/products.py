"""Products, their variants and pictures, categories and brands."""

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, GistIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from treebeard.mp_tree import MP_Node

from catalog.rules.product import StoredImage
from catalog.rules.text import BAD_SKU
from shared.database.amounts import AmountField
from shared.database.constraints import worded
from shared.events.ids import uuid7

VISIBLE = Q(status="active", min_price__isnull=False)


class Buckets(models.Func):
    """The parts of the shop that a product is in, as migration 0014 makes them: by chance `sample0`
    (three of four) to `sample5` (one of 1,024), by how well it is known `popularity0` to
    `popularity8`, and `category` with the id of its category."""

    function = "catalog_buckets"
    output_field: "models.Field[Any, Any]" = ArrayField(models.TextField())

    def __init__(self) -> None:
        super().__init__("id", "in_stock", "rating_count", "category_id")


class TaxClass(models.TextChoices):
    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO = "zero"


class Category(MP_Node):  # type: ignore[misc]
    """A node of the tree that shoppers browse."""

    title = models.CharField(max_length=100)
    slug = models.SlugField(max_length=120, unique=True, allow_unicode=True)

    class Meta:
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return f"{'– ' * (self.depth - 1)}{self.title}"


class Brand(models.Model):
    """Who makes it. Titles that differ in case only are the same brand."""

    title = models.CharField(max_length=100)
    slug = models.SlugField(max_length=120, unique=True, allow_unicode=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("title"), **worded("brand_title_once", "This brand exists.")
            )
        ]

    def __str__(self) -> str:
        return self.title


class Product(models.Model):
    """What a page shows. `slug` is its address, and `handle` what files know it by, to the letter:
    `handle_guessed` from its address where it is older than handles are. `version` orders the facts
    about it; `withheld` is why the cart could not take this version over, so that nobody can buy
    it, and `restored_version` one that it took over later after all. The columns from `min_price`
    on are derived from variants, pictures and other services' facts, so that lists read one row a
    card."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        ACTIVE = "active"
        ARCHIVED = "archived"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=255, unique=True, allow_unicode=True)
    handle = models.CharField(max_length=255, blank=True, default="", db_default="")
    handle_guessed = models.BooleanField(default=False, db_default=False, editable=False)
    title = models.CharField(max_length=255)
    description = models.TextField(blank=True, help_text="HTML; unsafe parts are taken out.")
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="products"
    )
    brand = models.ForeignKey(Brand, models.PROTECT, null=True, blank=True, related_name="products")
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True)
    seo_title = models.CharField("SEO title", max_length=255, blank=True)
    seo_description = models.CharField("SEO description", max_length=500, blank=True)
    version = models.BigIntegerField(default=0)
    withheld = models.CharField(max_length=500, blank=True, default="", db_default="")
    restored_version = models.BigIntegerField(default=0, db_default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    min_price = AmountField(null=True)
    max_price = AmountField(null=True)
    compare_at_price = AmountField(null=True)
    in_stock = models.BooleanField(default=False)
    image_url = models.CharField(max_length=255, blank=True)
    attributes = ArrayField(models.TextField(), default=list)
    option_pairs = ArrayField(models.TextField(), default=list)
    rating_average = models.DecimalField(max_digits=3, decimal_places=2, null=True)
    rating_count = models.PositiveIntegerField(default=0)
    rating_version = models.BigIntegerField(default=0)
    search_vector = SearchVectorField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "active", "archived"]),
                **worded("product_status_known", "A product is a draft, active or archived."),
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(published_at__isnull=False) | Q(status="archived"),
                **worded("product_active_was_published", "What is in the shop was published."),
            ),
            models.UniqueConstraint(
                fields=["handle"],
                condition=~Q(handle=""),
                **worded("product_handle_once", "Another product has this handle."),
            ),
        ]
        indexes = [
            # One, because what has a word and an option and is in a bucket is found in it without
            # looking at all that have the word.
            GinIndex(
                *("search_vector", "attributes", "option_pairs"),
                Buckets(),
                name="product_search_gin_idx",
            ),
            # Alone it answers how many there are in each category.
            models.Index(fields=["category"], condition=VISIBLE, name="product_category_idx"),
            models.Index(
                fields=["-published_at", "id"], condition=Q(status="active"), name="product_new_idx"
            ),
            models.Index(
                fields=["min_price", "id"], condition=Q(status="active"), name="product_price_idx"
            ),
            models.Index(
                fields=["title", "id"], condition=Q(status="active"), name="product_title_idx"
            ),
            models.Index(
                F("rating_average").desc(nulls_last=True),
                F("rating_count").desc(),
                condition=Q(status="active"),
                name="product_rated_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Variant(models.Model):
    """What can be bought. `available` is inventory's word, None while nobody has counted;
    `declared_quantity` what an import or a person last said. Where stock is not tracked it is
    always there."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="variants")
    sku = models.CharField("SKU", max_length=64, unique=True)
    options = models.JSONField(
        default=dict, blank=True, help_text='What sets it apart, as {"Size": "M"}.'
    )
    price = AmountField()
    compare_at_price = AmountField(null=True, blank=True)
    tax_class = models.CharField(max_length=10, choices=TaxClass.choices, default=TaxClass.STANDARD)
    barcode = models.CharField(max_length=64, blank=True)
    weight_grams = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    track_stock = models.BooleanField(
        default=True, db_default=True, help_text="Off: always in stock, and orders take no units."
    )
    available = models.IntegerField(null=True, blank=True, editable=False)
    declared_quantity = models.IntegerField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(sku=""), **worded("variant_has_a_sku", "A variant needs a SKU.")
            ),
            # What SQL can say of rules.text.is_good_sku.
            models.CheckConstraint(
                condition=Q(sku__regex=r"^[^/\\%?#\x01-\x1f\x7f]+$")
                & ~Q(sku__in=[".", ".."])
                & ~Q(sku__startswith=" ")
                & ~Q(sku__endswith=" "),
                name="variant_sku_fits_an_address",
                violation_error_code="bad_sku",
                violation_error_message=BAD_SKU,
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0),
                **worded("variant_price_not_negative", "A price is nothing or more."),
            ),
            models.CheckConstraint(
                condition=Q(compare_at_price__isnull=True) | Q(compare_at_price__gte=0),
                **worded("variant_compare_at_not_negative", "A former price is nothing or more."),
            ),
            models.CheckConstraint(
                condition=Q(tax_class__in=["standard", "reduced", "zero"]),
                **worded("variant_tax_class_known", "The tax class is standard, reduced or zero."),
            ),
            models.UniqueConstraint(
                fields=["product", "options"],
                **worded("variant_options_once", "Another variant has these options."),
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return self.sku


class StockLevel(models.Model):
    """Inventory's last word about a SKU, kept also for SKUs that are not ours yet, or again. Its
    row is what inventory's word and a change of the product wait for each other at, after the
    product's own; UNSPOKEN is its version until inventory has spoken."""

    UNSPOKEN = -1

    sku = models.CharField(max_length=64, primary_key=True)
    available = models.IntegerField()
    counted = models.BooleanField(default=True, db_default=True)
    version = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.available} x {self.sku}"

    @staticmethod
    def lock(skus: Iterable[str]) -> dict[str, "StockLevel"]:
        """The rows of these SKUs until the transaction ends, made where there is none."""
        wanted, unspoken = sorted(set(skus)), StockLevel.UNSPOKEN
        rows = [StockLevel(sku=sku, available=0, version=unspoken) for sku in wanted]
        StockLevel.objects.bulk_create(rows, ignore_conflicts=True)
        locked = StockLevel.objects.select_for_update().filter(sku__in=wanted)
        return {row.sku: row for row in locked.order_by("sku")}

    @property
    def spoken(self) -> int | None:
        """How many units can be bought; None while nobody has counted them."""
        return self.available if self.counted and self.version != self.UNSPOKEN else None


class ProductImage(models.Model):
    """A picture: our own file (`key`, a name that its content gives) or an address elsewhere that
    is only remembered. `sizes` are the widths that exist of our own file."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="images")
    key = models.CharField(max_length=64, blank=True, editable=False)
    sizes = ArrayField(models.PositiveIntegerField(), default=list, editable=False)
    source_url = models.CharField(max_length=1000, blank=True)
    alt = models.CharField(max_length=255, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~(Q(key="") & Q(source_url="")),
                **worded("image_has_a_source", "Choose a picture."),
            )
        ]

    def __str__(self) -> str:
        return self.alt or self.source_url or self.key

    @property
    def stored(self) -> StoredImage | None:
        """Our own file, of a picture that has one."""
        return StoredImage(key=self.key, sizes=tuple(self.sizes)) if self.key else None


class SlugRedirect(models.Model):
    """An address that a product had before."""

    slug = models.SlugField(max_length=255, unique=True, allow_unicode=True)
    product = models.ForeignKey(Product, models.CASCADE, related_name="redirects")

    def __str__(self) -> str:
        return self.slug


class WordIndex(models.Model):
    """How far the products have been given the words of a `version` of cutting text into words: up
    to the product `after`, in the order of ids."""

    version = models.PositiveSmallIntegerField(primary_key=True)
    after = models.UUIDField(null=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"words {self.version}"


class SearchWord(models.Model):
    """A word of some product, of letters only: what is meant by a mistyped one is looked for among
    these. Two changes at a time may add the same word twice, which does no harm; a constraint would
    let them wait for each other."""

    word = models.CharField(max_length=64, db_index=True)

    class Meta:
        indexes = [
            GistIndex(OpClass("word", name="gist_trgm_ops"), name="search_word_trigram_idx"),
        ]

    def __str__(self) -> str:
        return self.word

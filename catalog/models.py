"""Products, their variants and pictures, categories, brands, and the imports that made them."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from treebeard.mp_tree import MP_Node

from shared.events.ids import uuid7


class TaxClass(models.TextChoices):
    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO = "zero"


class Category(MP_Node):  # type: ignore[misc]
    """A node of the tree that shoppers browse."""

    title = models.CharField(max_length=100)
    slug = models.SlugField(max_length=120, unique=True)

    class Meta:
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return f"{'– ' * (self.depth - 1)}{self.title}"


class Brand(models.Model):
    """Who makes it. Titles that differ in case only are the same brand."""

    title = models.CharField(max_length=100)
    slug = models.SlugField(max_length=120, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("title"), name="brand_title_once")]

    def __str__(self) -> str:
        return self.title


class Product(models.Model):
    """What a page shows. `version` orders the facts about it. The columns from `min_price` on are
    derived from variants, pictures and other services' facts, so that lists read one row a card."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        ACTIVE = "active"
        ARCHIVED = "archived"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=255, unique=True)
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
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    min_price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    max_price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    compare_at_price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    in_stock = models.BooleanField(default=False)
    image_url = models.CharField(max_length=255, blank=True)
    attributes = ArrayField(models.TextField(), default=list)
    rating_average = models.DecimalField(max_digits=3, decimal_places=2, null=True)
    rating_count = models.PositiveIntegerField(default=0)
    rating_version = models.BigIntegerField(default=0)
    search_vector = SearchVectorField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "active", "archived"]), name="product_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(published_at__isnull=False) | Q(status="archived"),
                name="product_active_was_published",
            ),
        ]
        indexes = [
            GinIndex(fields=["search_vector"], name="product_search_idx"),
            GinIndex(fields=["attributes"], name="product_attributes_idx"),
            models.Index(
                fields=["-published_at", "id"], condition=Q(status="active"), name="product_new_idx"
            ),
            models.Index(
                fields=["min_price", "id"], condition=Q(status="active"), name="product_price_idx"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Variant(models.Model):
    """What can be bought. `available` is inventory's word, None while it has said nothing;
    `declared_quantity` what the last import said."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="variants")
    sku = models.CharField("SKU", max_length=64, unique=True)
    options = models.JSONField(
        default=dict, blank=True, help_text='What sets it apart, as {"Size": "M"}.'
    )
    price = models.DecimalField(max_digits=12, decimal_places=2)
    compare_at_price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    tax_class = models.CharField(max_length=10, choices=TaxClass.choices, default=TaxClass.STANDARD)
    barcode = models.CharField(max_length=64, blank=True)
    weight_grams = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    available = models.IntegerField(null=True, blank=True, editable=False)
    declared_quantity = models.IntegerField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(sku=""), name="variant_has_a_sku"),
            models.CheckConstraint(condition=Q(price__gte=0), name="variant_price_not_negative"),
            models.CheckConstraint(
                condition=Q(compare_at_price__isnull=True) | Q(compare_at_price__gte=0),
                name="variant_compare_at_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(tax_class__in=["standard", "reduced", "zero"]),
                name="variant_tax_class_known",
            ),
            models.UniqueConstraint(
                fields=["product", "options"],
                name="variant_options_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return self.sku


class StockLevel(models.Model):
    """Inventory's last word about a SKU, kept also for SKUs that are not ours yet, or again."""

    sku = models.CharField(max_length=64, primary_key=True)
    available = models.IntegerField()
    version = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.available} x {self.sku}"


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
                condition=~(Q(key="") & Q(source_url="")), name="image_has_a_source"
            )
        ]

    def __str__(self) -> str:
        return self.alt or self.source_url or self.key


class SlugRedirect(models.Model):
    """An address that a product had before."""

    slug = models.SlugField(max_length=255, unique=True)
    product = models.ForeignKey(Product, models.CASCADE, related_name="redirects")

    def __str__(self) -> str:
        return self.slug


class ImportRun(models.Model):
    """One import of a product file and what became of it. Counts are of products."""

    class Status(models.TextChoices):
        RUNNING = "running"
        DONE = "done"

    class Format(models.TextChoices):
        SHOPIFY = "shopify", "Shopify product CSV"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    file_name = models.CharField(max_length=255)
    format = models.CharField(max_length=20, choices=Format.choices)
    dry_run = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RUNNING)
    actor = models.CharField(max_length=254, blank=True)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=F("started_at")),
                name="import_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportRowError(models.Model):
    """Why a row of the file did not land. `row` counts as a spreadsheet does: the header is 1."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="errors")
    row = models.PositiveIntegerField()
    handle = models.CharField(max_length=255, blank=True)
    code = models.CharField(max_length=40)
    message = models.CharField(max_length=500)

    def __str__(self) -> str:
        return f"{self.row}: {self.code}"

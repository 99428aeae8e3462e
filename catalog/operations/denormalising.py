"""The end of every change of a product."""

from datetime import datetime

from django.conf import settings

from catalog.models import Product, ProductImage, SlugRedirect, StockLevel, Variant
from catalog.operations.indexing import make_words
from catalog.rules.product import (
    availability_of,
    list_attributes,
    list_option_pairs,
    picture_url,
    reduction_of,
)
from catalog.rules.text import describe_options
from shared.contracts.catalog import ProductChanged, ProductVariant
from shared.events.publishing import publish
from shared.money import Money

CARD_WIDTH = 640


def denormalise(product: Product, *, now: datetime, touched: bool = True) -> None:
    """Derives what lists read, counts a version and publishes ProductChanged with the whole state.
    The product's row is locked by the caller. `touched` is False where it is only
    published anew."""
    variants = _take_stock_levels(product)
    images = list(product.images.order_by("position", "id"))
    _derive(product, variants, images)
    if product.status == Product.Status.ACTIVE and product.published_at is None:
        product.published_at = now
    product.version += 1
    product.withheld = ""
    if touched:
        product.updated_at = now
    product.search_vector = make_words(product, variants)
    product.save()
    # What the database made of it is not known here, and shall not be written again.
    del product.search_vector
    publish(describe_product(product, variants), version=product.version, now=now)


def _take_stock_levels(product: Product) -> list[Variant]:
    variants = list(product.variants.order_by("position", "id"))
    levels = StockLevel.lock(variant.sku for variant in variants)
    for variant in variants:
        available = levels[variant.sku].spoken
        if variant.available != available:
            variant.available = available
            variant.save(update_fields=["available"])
    return variants


def _derive(product: Product, variants: list[Variant], images: list[ProductImage]) -> None:
    cheapest = min(variants, key=lambda v: v.price, default=None)
    product.min_price = cheapest.price if cheapest else None
    product.max_price = max((v.price for v in variants), default=None)
    reduced = cheapest and reduction_of(cheapest.price, cheapest.compare_at_price)
    product.compare_at_price = cheapest.compare_at_price if cheapest and reduced else None
    product.in_stock = any(
        availability_of(v.available, v.track_stock) != "out_of_stock" for v in variants
    )
    product.attributes = list_attributes(v.options for v in variants)
    product.option_pairs = list_option_pairs(v.options for v in variants)
    urls = (picture_url(image.key, image.sizes, CARD_WIDTH) for image in images)
    product.image_url = next((url for url in urls if url), "")


def describe_product(product: Product, variants: list[Variant]) -> ProductChanged:
    """The fact about the product as it is now."""
    facts = tuple(
        ProductVariant(
            sku=variant.sku,
            title=product.title,
            price=Money(variant.price, settings.CURRENCY),
            options=describe_options(variant.options),
            tax_class=variant.tax_class,
            weight_grams=variant.weight_grams,
            image_url=product.image_url,
            tracked=variant.track_stock,
        )
        for variant in variants
    )
    return ProductChanged(
        product_id=product.pk,
        slug=product.slug,
        title=product.title,
        active=product.status == Product.Status.ACTIVE,
        variants=facts,
        brand=product.brand.title if product.brand else "",
        category=product.category.title if product.category else "",
        image_url=product.image_url,
    )


def remember_slug(product: Product, old: str) -> None:
    """The old address leads to the product from now on; its new one to nothing else."""
    SlugRedirect.objects.filter(slug=product.slug).delete()
    SlugRedirect.objects.update_or_create(slug=old, defaults={"product": product})

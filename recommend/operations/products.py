"""Our copy of what can be recommended."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from recommend.models import Product
from shared.contracts.catalog import ProductChanged
from shared.database.read_models import upsert_newer

# What a row begins with that another fact than catalog's made, and before reviews spoke.
UNSEEN = {"slug": "", "title": "", "category": "", "image_url": "", "currency": ""}
UNRATED = {"rating": None, "rating_count": 0, "rating_version": 0}
UNSPOKEN = -1


@transaction.atomic
def take_product(*, product: ProductChanged, version: int, now: datetime) -> None:
    """Takes over catalog's word, unless a newer one is known."""
    prices = sorted(variant.price.amount for variant in product.variants)
    upsert_newer(
        Product,
        id=product.product_id,
        slug=product.slug,
        title=product.title,
        category=product.category,
        image_url=product.image_url,
        active=product.active,
        price=prices[0] if prices else None,
        price_max=prices[-1] if prices else None,
        currency=product.variants[0].price.currency if prices else "",
        first={**UNRATED, "first_seen": now},
        version=version,
    )


@transaction.atomic
def withdraw_product(*, product_id: UUID, version: int, now: datetime) -> None:
    """The product is gone for good, whatever is still said of it."""
    first = {**UNSEEN, **UNRATED, "first_seen": now}
    upsert_newer(Product, id=product_id, active=False, removed=True, first=first, version=version)


@transaction.atomic
def take_rating(*, product_id: UUID, average: Decimal | None, count: int, version: int) -> None:
    """Takes over reviews' word, unless a newer one is known; also before catalog's first."""
    unseen = {**UNSEEN, "active": False, "version": UNSPOKEN}
    Product.objects.get_or_create(pk=product_id, defaults=unseen)
    Product.objects.filter(pk=product_id, rating_version__lt=version).update(
        rating=average, rating_count=count, rating_version=version
    )

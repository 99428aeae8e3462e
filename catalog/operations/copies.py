"""What inventory and reviews say about our products."""

from decimal import Decimal
from uuid import UUID

from django.db import transaction

from catalog.models import Product, StockLevel, Variant
from catalog.rules.product import availability_of


@transaction.atomic
def apply_stock(*, sku: str, available: int, version: int) -> None:
    """Takes over inventory's word about a SKU, unless a newer one is known."""
    product_id = _lock_product_of(sku)
    if version <= StockLevel.lock([sku])[sku].version:
        return
    StockLevel.objects.filter(sku=sku).update(available=available, version=version)
    # A variant may have been made while we waited for its level.
    product_id = product_id or _lock_product_of(sku)
    if product_id is None:
        return
    Variant.objects.filter(sku=sku).update(available=available)
    units = Variant.objects.filter(product_id=product_id).values_list("available", flat=True)
    in_stock = any(availability_of(number) != "out_of_stock" for number in units)
    Product.objects.filter(pk=product_id).update(in_stock=in_stock)


def _lock_product_of(sku: str) -> UUID | None:
    """The product's row guards what is derived from its variants."""
    owner = Product.objects.filter(variants__sku=sku).select_for_update(of=("self",)).first()
    return owner.pk if owner else None


def apply_rating(*, product_id: UUID, average: Decimal | None, count: int, version: int) -> None:
    """Takes over reviews' word about a product, unless a newer one is known."""
    Product.objects.filter(pk=product_id, rating_version__lt=version).update(
        rating_average=average, rating_count=count, rating_version=version
    )

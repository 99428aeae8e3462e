"""What inventory and reviews say about our products."""

from decimal import Decimal
from uuid import UUID

from django.db import transaction

from catalog.models import Product, StockLevel, Variant
from catalog.rules.product import availability_of
from shared.database.read_models import upsert_newer


@transaction.atomic
def apply_stock(*, sku: str, available: int, version: int, counted: bool = True) -> None:
    """Takes over inventory's word about a SKU, unless a newer one is known."""
    product_id = _lock_product_of(sku)
    if not upsert_newer(StockLevel, sku=sku, available=available, counted=counted, version=version):
        return
    # A variant may have been made while we waited for its level.
    product_id = product_id or _lock_product_of(sku)
    if product_id is None:
        return
    Variant.objects.filter(sku=sku).update(available=available if counted else None)
    units = Variant.objects.filter(product_id=product_id).values_list("available", "track_stock")
    in_stock = any(availability_of(*each) != "out_of_stock" for each in units)
    # Most changes leave it as it is, and the row is wide and has many indexes.
    Product.objects.filter(pk=product_id).exclude(in_stock=in_stock).update(in_stock=in_stock)


def _lock_product_of(sku: str) -> UUID | None:
    """The product's row guards what is derived from its variants."""
    owners = Product.objects.filter(variants__sku=sku).select_for_update(of=("self",))
    return owners.values_list("pk", flat=True).first()


def note_withheld(*, product_id: UUID, version: int, reason: str) -> None:
    """The cart could not take this version over, which matters while it is the newest one."""
    newest = Product.objects.filter(pk=product_id, version=version, restored_version__lt=version)
    newest.update(withheld=reason)


def note_restored(*, product_id: UUID, version: int) -> None:
    """The cart has taken this version over after all, and withholds it no more."""
    newest = Product.objects.filter(pk=product_id, version=version)
    newest.update(withheld="", restored_version=version)


def apply_rating(*, product_id: UUID, average: Decimal | None, count: int, version: int) -> None:
    """Takes over reviews' word about a product, unless a newer one is known."""
    Product.objects.filter(pk=product_id, rating_version__lt=version).update(
        rating_average=average, rating_count=count, rating_version=version
    )

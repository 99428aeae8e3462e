"""Cart's read models of what catalog and inventory say."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from cart.models import KnownProduct, Offer, StockLevel
from shared.contracts.cart import OfferRestored, OfferWithheld
from shared.contracts.catalog import ProductChanged
from shared.database.read_models import upsert_newer
from shared.events.publishing import publish


@transaction.atomic
def take_offers(*, product: ProductChanged, version: int, said_at: datetime) -> None:
    """Takes over catalog's word about a product, unless a newer one is known. Variants that are
    no longer there stop being for sale. A SKU that another product took later stays with it.
    Publishes OfferRestored for a version that had been withheld."""
    stock = StockLevel.lock(variant.sku for variant in product.variants)
    product_id = product.product_id
    if not upsert_newer(KnownProduct, product_id=product_id, version=version):
        return
    offers = Offer.objects.select_for_update().filter(product_id=product.product_id)
    if any(version <= offer.product_version for offer in offers.order_by("sku")):
        return
    skus = sorted(variant.sku for variant in product.variants)
    moved = _list_moved(skus, product_id, said_at)
    for variant in sorted(product.variants, key=lambda x: x.sku):
        if variant.sku in moved:
            continue
        fields = {
            "product_id": product_id,
            "product_slug": product.slug,
            "title": product.title,
            "options": variant.options,
            "price": variant.price.amount,
            "tax_class": variant.tax_class,
            "weight_grams": variant.weight_grams,
            "image_url": variant.image_url or product.image_url,
            "tracked": variant.tracked,
            "active": product.active,
            "product_version": version,
            "said_at": said_at,
        }
        level = stock[variant.sku]
        known = level.version != StockLevel.UNSPOKEN
        first = {"available": level.available, "stock_version": level.version} if known else {}
        Offer.objects.update_or_create(
            sku=variant.sku, defaults=fields, create_defaults={**fields, **first}
        )
    offers.exclude(sku__in=skus).update(active=False, product_version=version)
    if KnownProduct.objects.filter(pk=product_id, withheld=version).update(withheld=0):
        publish(OfferRestored(product_id=product_id, product_version=version), version=version)


def _list_moved(skus: Iterable[str], product_id: UUID, said_at: datetime) -> set[str]:
    """Which of the SKUs another product has had since then. Versions of two products say nothing
    about each other; when catalog said them does."""
    later = Offer.objects.filter(sku__in=list(skus), said_at__gt=said_at)
    return set(later.exclude(product_id=product_id).values_list("sku", flat=True))


@transaction.atomic
def withdraw_offers(*, product_id: UUID, version: int) -> None:
    """The product is gone for good, whatever is still said of it."""
    upsert_newer(KnownProduct, product_id=product_id, removed=True, version=version)
    Offer.objects.filter(product_id=product_id).update(active=False)


@transaction.atomic
def withhold_offers(*, product_id: UUID, version: int, reason: str) -> None:
    """This version of the product could not be taken over: what is known of it is older, and
    nobody shall buy by it. The version itself may still come; an older one may not. Publishes
    OfferWithheld."""
    known = Offer.objects.filter(product_id=product_id, product_version__lt=version)
    known.update(active=False, product_version=version - 1)
    upsert_newer(KnownProduct, product_id=product_id, version=version - 1)
    KnownProduct.objects.filter(pk=product_id, version__lt=version).update(withheld=version)
    withheld = OfferWithheld(product_id=product_id, product_version=version, reason=reason)
    publish(withheld, version=version)


@transaction.atomic(savepoint=False)
def take_stock_level(*, sku: str, available: int, version: int) -> None:
    """Takes over inventory's word about a SKU, unless a newer one is known."""
    if not upsert_newer(StockLevel, sku=sku, available=available, version=version):
        return
    older = Offer.objects.filter(sku=sku, stock_version__lt=version)
    older.update(available=available, stock_version=version)

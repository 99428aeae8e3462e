"""Cart's own copy of what catalog and inventory say."""

from uuid import UUID

from django.db import connection, transaction

from cart.models import Offer, StockLevel
from shared.contracts.cart import OfferWithheld
from shared.contracts.catalog import ProductChanged
from shared.database.copies import take_newer
from shared.events.publishing import publish


@transaction.atomic
def take_offers(*, product: ProductChanged, version: int) -> None:
    """Takes over catalog's word about a product, unless a newer one is known. Variants that are
    no longer there stop being for sale."""
    stock = StockLevel.lock(variant.sku for variant in product.variants)
    offers = Offer.objects.select_for_update().filter(product_id=product.product_id)
    if any(version <= offer.product_version for offer in offers.order_by("sku")):
        return
    skus = sorted(variant.sku for variant in product.variants)
    for variant in sorted(product.variants, key=lambda x: x.sku):
        fields = {
            "product_id": product.product_id,
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
        }
        level = stock[variant.sku]
        known = level.version != StockLevel.UNSPOKEN
        first = {"available": level.available, "stock_version": level.version} if known else {}
        Offer.objects.update_or_create(
            sku=variant.sku, defaults=fields, create_defaults={**fields, **first}
        )
    offers.exclude(sku__in=skus).update(active=False, product_version=version)


@transaction.atomic
def withdraw_offers(*, product_id: UUID, version: int) -> None:
    """The product is gone: an older word about it does not bring it back."""
    Offer.objects.filter(product_id=product_id, product_version__lte=version).update(
        active=False, product_version=version
    )


@transaction.atomic
def withhold_offers(*, product_id: UUID, version: int, reason: str) -> None:
    """This version of the product could not be taken over: what is known of it is older, and
    nobody shall buy by it. The version itself may still come; an older one may not. Publishes
    OfferWithheld."""
    known = Offer.objects.filter(product_id=product_id, product_version__lt=version)
    known.update(active=False, product_version=version - 1)
    withheld = OfferWithheld(product_id=product_id, product_version=version, reason=reason)
    publish(withheld, version=version)


@transaction.atomic
def take_stock_level(*, sku: str, available: int, version: int) -> None:
    """Takes over inventory's word about a SKU, unless a newer one is known."""
    if not take_newer(StockLevel, sku=sku, available=available, version=version):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cart_offer SET available = %s, stock_version = %s"
            " WHERE sku = %s AND stock_version < %s",
            [available, version, sku, version],
        )

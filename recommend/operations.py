"""Every write of recommend."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from recommend.models import Pair, Product, ProductView, Purchase, TrainedModel
from recommend.queries import UnknownProduct
from recommend.rules import score_pairs, strongest, weight
from shared.auth.erasure import forget_account
from shared.auth.exporting import as_export
from shared.contracts.catalog import ProductChanged
from shared.contracts.recommend import ModelTrained
from shared.contracts.users import DataExported, DataExportRequested
from shared.events.publishing import publish

PAIRS_PER_PRODUCT = 30
# Baskets beyond this size are wholesale; they would pair everything with everything.
LARGEST_BASKET = 40
MEMORY = timedelta(days=730)


@transaction.atomic
def take_product(*, product: ProductChanged, version: int) -> None:
    """Takes over catalog's word, unless a newer one is known."""
    prices = [variant.price for variant in product.variants]
    cheapest = min(prices, key=lambda price: price.amount) if prices else None
    fields = {
        "slug": product.slug,
        "title": product.title,
        "category": product.category,
        "image_url": product.image_url,
        "active": product.active,
        "price": cheapest.amount if cheapest else None,
        "currency": cheapest.currency if cheapest else "",
        "version": version,
    }
    _, is_new = Product.objects.get_or_create(pk=product.product_id, defaults=fields)
    if not is_new:
        Product.objects.filter(pk=product.product_id, version__lt=version).update(**fields)


@transaction.atomic
def withdraw_product(*, product_id: UUID) -> None:
    Product.objects.filter(pk=product_id).update(active=False)


@transaction.atomic
def take_rating(*, product_id: UUID, average: Decimal | None, count: int, version: int) -> None:
    Product.objects.filter(pk=product_id, rating_version__lt=version).update(
        rating=average, rating_count=count, rating_version=version
    )


@transaction.atomic
def record_purchase(
    *, order_id: UUID, customer_id: UUID | None, product_ids: Iterable[UUID], at: datetime
) -> None:
    """A paid order says what goes together."""
    Purchase.objects.bulk_create(
        [
            Purchase(order_id=order_id, product_id=product_id, customer_id=customer_id, at=at)
            for product_id in sorted(set(product_ids))
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def record_view(*, product_id: UUID, customer_id: UUID | None, at: datetime) -> None:
    """Somebody looked at a product. Raises UnknownProduct."""
    if not Product.objects.filter(pk=product_id, active=True).exists():
        raise UnknownProduct()
    ProductView.objects.create(product_id=product_id, customer_id=customer_id, at=at)


@transaction.atomic
def train_copurchases(*, now: datetime) -> TrainedModel | None:
    """Learns anew what is bought together, when something was bought since the last time.
    Readers see the old rows until the commit. Publishes ModelTrained."""
    purchases = Purchase.objects.count()
    newest = TrainedModel.objects.order_by("-trained_at").first()
    if newest is not None and newest.purchases == purchases:
        return None
    rows = _rank(now)
    Pair.objects.all().delete()
    Pair.objects.bulk_create(rows, batch_size=2000)
    model = TrainedModel.objects.create(trained_at=now, purchases=purchases, pairs=len(rows))
    fact = ModelTrained(
        model_id=model.pk,
        kind="copurchase",
        products=len({row.product_id for row in rows}),
        pairs=len(rows),
    )
    publish(fact, now=now)
    return model


def _rank(now: datetime) -> list[Pair]:
    baskets: dict[UUID, set[UUID]] = defaultdict(set)
    bought_at: dict[UUID, datetime] = {}
    lines = Purchase.objects.filter(at__gte=now - MEMORY).values_list(
        "order_id", "product_id", "at"
    )
    for order_id, product_id, at in lines.iterator(chunk_size=5000):
        baskets[order_id].add(product_id)
        bought_at[order_id] = at
    weighted = (
        (frozenset(things), weight((now - bought_at[order_id]) / timedelta(days=1)))
        for order_id, things in baskets.items()
        if 1 <= len(things) <= LARGEST_BASKET
    )
    return [
        Pair(product_id=a, other_id=b, together=scored.together, score=scored.score)
        for a, others in strongest(score_pairs(weighted), PAIRS_PER_PRODUCT).items()
        for b, scored in others
    ]


@transaction.atomic
def forget_customer(*, customer_id: UUID, email: str, now: datetime) -> None:
    """What was bought together stays; by whom does not."""
    forget_account(account_id=customer_id, email=email, now=now)
    Purchase.objects.filter(customer_id=customer_id).update(customer_id=None)
    ProductView.objects.filter(customer_id=customer_id).delete()


@transaction.atomic
def forget_purchase(*, order_id: UUID) -> None:
    """The order was called off."""
    Purchase.objects.filter(order_id=order_id).delete()


@transaction.atomic
def forget_old_views(*, now: datetime) -> None:
    ProductView.objects.filter(at__lt=now - timedelta(days=90)).delete()


@transaction.atomic
def export_person(*, request: DataExportRequested) -> None:
    """Tells users what is kept of the person."""
    data = as_export(
        purchases=Purchase.objects.filter(customer_id=request.user_id),
        views=ProductView.objects.filter(customer_id=request.user_id),
    )
    publish(DataExported(export_id=request.export_id, service="recommend", data=data))

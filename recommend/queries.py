"""What to recommend. Ranked rows are prepared by training; reading them is a look-up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Max, QuerySet, Sum

from recommend.models import Pair, Product, ProductView, Purchase, Trend
from shared.errors import NotFound
from shared.money import Money

LIMIT = 8
TRENDING_DAYS = 14


class UnknownProduct(NotFound):
    code = "unknown_product"
    title = "No such product"


@dataclass(frozen=True)
class Recommended:
    """A product and why it is shown: copurchase, category, trending or new."""

    product_id: UUID
    title: str
    url: str
    image_url: str
    price: Money | None
    price_max: Money | None
    rating: Decimal | None
    rating_count: int
    reason: str
    reason_text: str


REASONS = {
    "copurchase": "Often bought together",
    "category": "More of this kind",
    "trending": "Much looked at",
    "new": "New here",
}


def recommend_similar(product_id: UUID, now: datetime, limit: int = LIMIT) -> list[Recommended]:
    """What goes with a product: bought together first, then its kind, then what is trending.
    Raises UnknownProduct."""
    product = Product.objects.filter(pk=product_id).first()
    if product is None:
        raise UnknownProduct()
    together = Pair.objects.filter(product_id=product_id).order_by("-score")
    ranked = [("copurchase", pk) for pk in together.values_list("other_id", flat=True)[:limit]]
    if len(ranked) < limit and product.category:
        kind = Product.objects.filter(category=product.category).order_by("-first_seen", "pk")
        ranked += [("category", pk) for pk in kind.values_list("pk", flat=True)[: limit + 1]]
    if len(ranked) <= limit:
        ranked += _trending(now, limit + 1)
    return _shape(ranked, {product_id}, limit)


def recommend_for(customer_id: UUID, now: datetime, limit: int = LIMIT) -> list[Recommended]:
    """What goes with everything a person bought or looked at, without what they bought."""
    bought = set(_products_of(Purchase, customer_id))
    seen = [*bought, *_products_of(ProductView, customer_id)]
    pairs = (
        Pair.objects.filter(product_id__in=seen)
        .values("other_id")
        .annotate(total=Sum("score"))
        .order_by("-total")
    )
    ranked = [("copurchase", row["other_id"]) for row in pairs[: limit + len(bought)]]
    kinds = Product.objects.filter(pk__in=seen).exclude(category="").values("category")
    of_kind = Product.objects.filter(category__in=kinds).order_by("-first_seen", "pk")
    ranked += [("category", pk) for pk in of_kind.values_list("pk", flat=True)[: limit * 2]]
    ranked += _trending(now, limit + len(bought))
    return _shape(ranked, bought, limit)


def _products_of(model: type[Purchase] | type[ProductView], customer_id: UUID) -> list[UUID]:
    rows = model.objects.filter(customer_id=customer_id)
    newest = rows.values("product_id").annotate(latest=Max("at")).order_by("-latest")
    return [row["product_id"] for row in newest[:20]]


def recommend_trending(now: datetime, limit: int = LIMIT) -> list[Recommended]:
    """What many bought or looked at lately; the newest products where nobody did."""
    return _shape(_trending(now, limit), set(), limit)


def _trending(now: datetime, limit: int) -> list[tuple[str, UUID]]:
    since = now - timedelta(days=TRENDING_DAYS)
    bought = _most(Trend.objects.filter(bought__gt=0, bought_at__gte=since), "bought", limit)
    viewed = _most(Trend.objects.filter(viewed__gt=0, viewed_at__gte=since), "viewed", limit)
    newest = Product.objects.filter(active=True).order_by("-first_seen", "pk")
    return [
        *(("trending", pk) for pk in (*bought, *viewed)),
        *(("new", pk) for pk in newest.values_list("pk", flat=True)[: limit * 2]),
    ]


def _most(trends: QuerySet[Trend], what: str, limit: int) -> list[UUID]:
    ranked = trends.order_by(f"-{what}_score", "product_id")
    return list(ranked.values_list("product_id", flat=True)[:limit])


def _shape(ranked: Iterable[tuple[str, UUID]], without: set[UUID], limit: int) -> list[Recommended]:
    """The first `limit` products that are for sale, each once."""
    reasons: dict[UUID, str] = {}
    for reason, product_id in ranked:
        if product_id not in without:
            reasons.setdefault(product_id, reason)
    products = {x.pk: x for x in Product.objects.filter(pk__in=reasons, active=True)}
    shown = [(products[pk], reason) for pk, reason in reasons.items() if pk in products]
    return [_view(product, reason) for product, reason in shown[:limit]]


def _view(product: Product, reason: str) -> Recommended:
    return Recommended(
        product_id=product.pk,
        title=product.title,
        url=f"/catalog/products/{product.slug}/",
        image_url=product.image_url,
        price=_money(product.price, product.currency),
        price_max=_money(product.price_max, product.currency),
        rating=product.rating,
        rating_count=product.rating_count,
        reason=reason,
        reason_text=REASONS[reason],
    )


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount, currency)

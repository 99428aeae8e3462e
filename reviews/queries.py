"""Reads of reviews."""

from uuid import UUID

from django.db.models import QuerySet

from reviews.models import Product, PurchaseRight, RatingSummary, Review
from shared.errors import NotFound

ORDERINGS = {
    "newest": ("-created_at", "-id"),
    "oldest": ("created_at", "id"),
    "highest": ("-rating", "-created_at"),
    "lowest": ("rating", "-created_at"),
    "helpful": ("-helpful", "-created_at"),
}


class UnknownProduct(NotFound):
    code = "unknown_product"
    title = "There is no such product to review"


class ReviewNotFound(NotFound):
    code = "review_not_found"
    title = "No such review"


def get_product(product_id: UUID) -> Product:
    """Raises UnknownProduct, for withdrawn ones too."""
    product = Product.objects.filter(pk=product_id, active=True).first()
    if product is None:
        raise UnknownProduct()
    return product


def list_published(product_id: UUID | None = None, *, ordering: str = "newest") -> QuerySet[Review]:
    """Visible reviews in one of ORDERINGS (others mean newest)."""
    reviews = Review.objects.filter(status=Review.Status.PUBLISHED)
    if product_id is not None:
        reviews = reviews.filter(product_id=product_id)
    return reviews.order_by(*ORDERINGS.get(ordering, ORDERINGS["newest"]))


def get_published(review_id: UUID) -> Review:
    """Raises ReviewNotFound."""
    review = list_published().filter(pk=review_id).first()
    if review is None:
        raise ReviewNotFound()
    return review


def find_own(product_id: UUID, customer_id: UUID) -> Review | None:
    """What the person said of the product, whatever became of it."""
    return Review.objects.filter(product_id=product_id, customer_id=customer_id).first()


def get_summary(product_id: UUID) -> RatingSummary:
    """Zeros for a product without reviews."""
    summary = RatingSummary.objects.filter(pk=product_id).first()
    return summary or RatingSummary(product_id=product_id, histogram=[0] * 5)


def has_bought(customer_id: UUID, product_id: UUID) -> bool:
    return PurchaseRight.objects.filter(customer_id=customer_id, product_id=product_id).exists()

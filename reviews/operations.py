"""Every write of reviews. A product's summary changes in the transaction of its review."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count

from reviews.models import Author, Order, Product, PurchaseRight, RatingSummary, Review, Vote
from reviews.queries import ReviewNotFound, get_product, get_published, has_bought
from reviews.rules import MAX_RATING, MIN_RATING, reasons_to_hold
from shared.auth.erasure import forget_account
from shared.auth.exporting import as_export
from shared.auth.principal import Principal
from shared.contracts.catalog import ProductChanged
from shared.contracts.reviews import RatingChanged, ReviewPublished
from shared.contracts.users import DataExported, DataExportRequested
from shared.database.read_models import upsert_newer
from shared.errors import Conflict, Forbidden, InvalidInput
from shared.events.publishing import publish

Status = Review.Status


class AlreadyReviewed(Conflict):
    code = "already_reviewed"
    title = "You have reviewed this product already"


class OwnReview(Forbidden):
    code = "own_review"
    title = "Nobody votes on their own review"


@transaction.atomic
def post_review(
    *, product_id: UUID, author: Principal, rating: int, title: str, body: str, now: datetime
) -> Review:
    """Takes a review; it stands at once unless a rule wants a person to look first.
    Raises UnknownProduct, AlreadyReviewed and InvalidInput."""
    product = get_product(product_id)
    if not MIN_RATING <= rating <= MAX_RATING:
        raise InvalidInput(rating=["A whole number from 1 to 5"])
    reasons = reasons_to_hold(title, body)
    try:
        with transaction.atomic():
            review = Review.objects.create(
                product=product,
                customer_id=author.user_id,
                author_name=author.name[:100],
                rating=rating,
                title=title,
                body=body,
                verified_purchase=has_bought(author.user_id, product_id),
                status=Status.PENDING if reasons else Status.PUBLISHED,
                hold_reasons=reasons,
                created_at=now,
            )
    except IntegrityError as error:
        raise AlreadyReviewed() from error
    if review.status == Status.PUBLISHED:
        _publish_review(review, now)
    return review


@transaction.atomic
def moderate_review(*, review_id: UUID, status: str, now: datetime) -> Review:
    """Publishes, rejects or holds a review. Raises ReviewNotFound."""
    review = Review.objects.select_for_update().filter(pk=review_id).first()
    if review is None:
        raise ReviewNotFound()
    if review.status == status:
        return review
    was_published = review.status == Status.PUBLISHED
    review.status = status
    review.save(update_fields=["status"])
    if status == Status.PUBLISHED:
        _publish_review(review, now)
    elif was_published:
        _sum_up(review.product_id, now)
    return review


@transaction.atomic
def reply_to_review(*, review_id: UUID, reply: str) -> None:
    """The merchant's public answer."""
    Review.objects.filter(pk=review_id).update(reply=reply)


@transaction.atomic
def vote(*, review_id: UUID, voter_id: UUID, helpful: bool) -> Review:
    """Counts one person's word; a second one replaces the first. Raises ReviewNotFound and
    OwnReview."""
    review = get_published(review_id)
    if review.customer_id == voter_id:
        raise OwnReview()
    Review.objects.select_for_update().get(pk=review_id)
    Vote.objects.update_or_create(review=review, voter_id=voter_id, defaults={"helpful": helpful})
    counts = Counter(review.votes.values_list("helpful", flat=True))
    Review.objects.filter(pk=review_id).update(helpful=counts[True], unhelpful=counts[False])
    review.refresh_from_db()
    return review


def _publish_review(review: Review, now: datetime) -> None:
    if review.customer_id is not None:
        fact = ReviewPublished(
            review_id=review.pk,
            product_id=review.product_id,
            customer_id=review.customer_id,
            rating=review.rating,
            verified_purchase=review.verified_purchase,
        )
        publish(fact, now=now)
    _sum_up(review.product_id, now)


def _sum_up(product_id: UUID, now: datetime) -> None:
    RatingSummary.objects.get_or_create(product_id=product_id, defaults={"histogram": [0] * 5})
    summary = RatingSummary.objects.select_for_update().get(pk=product_id)
    counts = dict(
        Review.objects.filter(product_id=product_id, status=Status.PUBLISHED)
        .values_list("rating")
        .annotate(count=Count("pk"))
    )
    summary.histogram = [counts.get(stars, 0) for stars in range(1, 6)]
    summary.count = sum(summary.histogram)
    summary.total = sum(stars * n for stars, n in enumerate(summary.histogram, start=1))
    summary.version += 1
    summary.save()
    fact = RatingChanged(product_id=product_id, average=summary.average, count=summary.count)
    publish(fact, version=summary.version, now=now)


@transaction.atomic
def take_product(*, product: ProductChanged, version: int) -> None:
    """Takes over catalog's word, unless a newer one is known."""
    upsert_newer(
        Product,
        id=product.product_id,
        slug=product.slug,
        title=product.title,
        image_url=product.image_url,
        active=product.active,
        version=version,
    )


@transaction.atomic
def withdraw_product(*, product_id: UUID, version: int) -> None:
    """The product is gone for good, whatever is still said of it."""
    blank = {"slug": "", "title": "", "image_url": ""}
    upsert_newer(Product, id=product_id, active=False, removed=True, first=blank, version=version)


@transaction.atomic
def grant_purchase_rights(
    *,
    customer_id: UUID,
    order_id: UUID,
    product_ids: Iterable[UUID],
    total: Decimal,
    version: int,
) -> None:
    """The person bought these: what they say of them is a verified purchase, also what they have
    said before. Nothing was bought by an order that was called off, or paid back, meanwhile."""
    upsert_newer(Order, id=order_id, total=total, first={"refunded": 0}, version=version)
    Order.objects.filter(pk=order_id, total=None).update(total=total)
    _grant(customer_id, order_id, set(product_ids))


def _grant(customer_id: UUID, order_id: UUID, products: set[UUID]) -> None:
    is_erased = Author.objects.filter(pk=customer_id, removed=True).exists()
    if is_erased or not Order.objects.get(pk=order_id).stands:
        return
    PurchaseRight.objects.bulk_create(
        [
            PurchaseRight(customer_id=customer_id, product_id=product_id, order_id=order_id)
            for product_id in sorted(products)
        ],
        ignore_conflicts=True,
    )
    _verify(customer_id, products)


@transaction.atomic
def revoke_purchase_rights(*, order_id: UUID, version: int) -> None:
    """The order was called off before it was sent: nothing was bought."""
    upsert_newer(Order, id=order_id, removed=True, first={"refunded": 0}, version=version)
    _revoke(order_id)


@transaction.atomic
def note_refund(*, order_id: UUID, refunded: Decimal, version: int) -> None:
    """So much went back of the order's money in all. Without its price nothing was bought."""
    order = _take_refunded(order_id, refunded, version)
    if order.total is not None and not order.stands:
        _revoke(order_id)


@transaction.atomic
def note_failed_refund(
    *,
    customer_id: UUID,
    order_id: UUID,
    product_ids: Iterable[UUID],
    refunded: Decimal,
    version: int,
) -> None:
    """So much and no more went back: the person has bought these after all, unless the order was
    called off."""
    _take_refunded(order_id, refunded, version)
    _grant(customer_id, order_id, set(product_ids))


def _take_refunded(order_id: UUID, refunded: Decimal, version: int) -> Order:
    upsert_newer(Order, id=order_id, first={"refunded": 0}, version=version)
    Order.objects.filter(pk=order_id, refund_version__lte=version).update(
        refunded=refunded, refund_version=version
    )
    return Order.objects.get(pk=order_id)


def _revoke(order_id: UUID) -> None:
    rights = PurchaseRight.objects.filter(order_id=order_id)
    owners = set(rights.values_list("customer_id", "product_id"))
    rights.delete()
    for customer_id, product_id in sorted(owners):
        _verify(customer_id, {product_id})


def _verify(customer_id: UUID, product_ids: set[UUID]) -> None:
    """Shows on a person's reviews which products they bought; another order may be left."""
    rights = PurchaseRight.objects.filter(customer_id=customer_id, product_id__in=product_ids)
    bought = set(rights.values_list("product_id", flat=True))
    reviews = Review.objects.filter(customer_id=customer_id)
    reviews.filter(product_id__in=bought).update(verified_purchase=True)
    reviews.filter(product_id__in=product_ids - bought).update(verified_purchase=False)


@transaction.atomic
def rename_author(*, customer_id: UUID, name: str, version: int) -> None:
    """Takes over an account's name, unless a newer one is known."""
    if upsert_newer(Author, id=customer_id, name=name[:200], version=version):
        Review.objects.filter(customer_id=customer_id).update(author_name=name[:100])


@transaction.atomic
def forget_customer(*, customer_id: UUID, emails: Collection[str], now: datetime) -> None:
    """The words and stars stay; who wrote them does not."""
    forget_account(account_id=customer_id, emails=emails, now=now)
    upsert_newer(Author, id=customer_id, name="", removed=True, version=0)
    Review.objects.filter(customer_id=customer_id).update(customer_id=None, author_name="")
    Vote.objects.filter(voter_id=customer_id).delete()
    PurchaseRight.objects.filter(customer_id=customer_id).delete()


@transaction.atomic
def export_person(*, request: DataExportRequested) -> None:
    """Tells users what is kept of the person."""
    data = as_export(
        author=Author.objects.filter(pk=request.user_id).values("name"),
        reviews=Review.objects.filter(customer_id=request.user_id).values(
            *("id", "product_id", "author_name", "rating", "title", "body", "reply"),
            *("verified_purchase", "status", "helpful", "unhelpful", "created_at"),
        ),
        votes=Vote.objects.filter(voter_id=request.user_id).values("review_id", "helpful"),
        rights=PurchaseRight.objects.filter(customer_id=request.user_id).values(
            "product_id", "order_id"
        ),
    )
    publish(DataExported(export_id=request.export_id, service="reviews", data=data))

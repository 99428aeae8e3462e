from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection

from reviews import operations, queries
from reviews.models import RatingSummary, Review
from reviews.tests.conftest import NOW
from shared.auth.principal import Principal
from shared.contracts.reviews import RatingChanged, ReviewPublished
from shared.errors import InvalidInput
from shared.events.ids import uuid7
from shared.testing.events import published, published_names
from shared.testing.users import ALICE, BOB, CAROL

pytestmark = pytest.mark.django_db


def test_a_review_stands_at_once_and_is_told(reviewed, tea):
    review = reviewed()

    assert (review.status, review.author_name, review.verified_purchase) == (
        "published",
        "Alice",
        False,
    )
    assert published(ReviewPublished)[0].rating == 5
    assert published(RatingChanged) == [
        RatingChanged(product_id=tea.pk, average=Decimal("5.00"), count=1)
    ]


def test_nobody_reviews_twice(reviewed):
    reviewed()

    with pytest.raises(operations.AlreadyReviewed):
        reviewed(rating=1)

    assert Review.objects.count() == 1
    assert len(published(RatingChanged)) == 1


def test_what_is_not_there_cannot_be_reviewed(reviewed, tea):
    operations.withdraw_product(product_id=tea.pk, version=2)

    with pytest.raises(queries.UnknownProduct):
        reviewed()

    assert published_names() == []


@pytest.mark.parametrize("rating", [0, 6, -1])
def test_there_are_one_to_five_stars(reviewed, rating):
    with pytest.raises(InvalidInput):
        reviewed(rating=rating)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("Buy at http://evil.example", "link"),
        ("This is SHIT and the word is banned", "words"),
        ("THIS IS THE BEST TEA OF THE WORLD", "shouting"),
    ],
)
def test_a_suspicious_text_waits_for_a_person(reviewed, body, reason):
    review = reviewed(body=body)

    assert (review.status, review.hold_reasons) == ("pending", [reason])
    assert published_names() == []


def test_a_person_publishes_and_rejects(reviewed, tea):
    review = reviewed(body="See www.tea.example")

    for _ in range(2):
        operations.moderate_review(review_id=review.pk, status="published", now=NOW)
    assert queries.get_summary(tea.pk).count == 1

    operations.moderate_review(review_id=review.pk, status="rejected", now=NOW)
    assert queries.get_summary(tea.pk).count == 0
    assert [fact.count for fact in published(RatingChanged)] == [1, 0]


def test_the_summary_counts_stars(reviewed, tea):
    reviewed(ALICE, rating=5)
    reviewed(BOB, rating=4)
    reviewed(CAROL, rating=4)

    summary = queries.get_summary(tea.pk)

    assert summary.average == Decimal("4.33")
    assert summary.bars == [(5, 1), (4, 2), (3, 0), (2, 0), (1, 0)]


def test_a_second_vote_replaces_the_first(reviewed):
    review = reviewed()

    operations.vote(review_id=review.pk, voter_id=BOB.user_id, helpful=True)
    voted = operations.vote(review_id=review.pk, voter_id=BOB.user_id, helpful=False)

    assert (voted.helpful, voted.unhelpful) == (0, 1)


def test_nobody_votes_for_themselves(reviewed):
    review = reviewed()

    with pytest.raises(operations.OwnReview):
        operations.vote(review_id=review.pk, voter_id=ALICE.user_id, helpful=True)


@pytest.mark.django_db(transaction=True)
def test_twenty_reviews_at_once_are_all_counted(reviewed, tea):
    def write(number):
        try:
            reviewed(Principal(uuid7(), f"p{number}@souk.example"), rating=1 + number % 5)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(write, range(20)))

    summary = RatingSummary.objects.get()
    assert (summary.count, summary.histogram) == (20, [4] * 5)

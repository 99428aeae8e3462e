"""Names that were made of an address, before that ended, are taken back."""

from importlib import import_module

import pytest
from django.apps import apps

from reviews.models import Review
from shared.events.ids import uuid7
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("published", "left"),
    [
        ("jane.roe", ""),
        ("jane", ""),
        ("j_roe1970", ""),
        ("Jane.Roe", ""),
        ("Jane", "Jane"),
        ("Jane Roe", "Jane Roe"),
        ("Anne-Marie", "Anne-Marie"),
        ("Мария", "Мария"),
        ("", ""),
    ],
)
def test_a_name_like_an_address_is_taken_back(tea, published, left):
    review = Review.objects.create(
        id=uuid7(),
        product=tea,
        customer_id=ALICE.user_id,
        author_name=published,
        rating=5,
        status="published",
    )

    import_module("reviews.migrations.0002_late_facts").forget_addresses(apps, None)

    review.refresh_from_db()
    assert review.author_name == left

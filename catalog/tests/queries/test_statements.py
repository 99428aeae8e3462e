"""A statement answers as the queryset that it was made of, however often it is asked."""

import pytest

from catalog.models import Product
from catalog.queries.statements import Statement

pytestmark = pytest.mark.django_db


@pytest.fixture
def titles(shelved):
    for title in ("Half price", "Lamp", "Silk"):
        shelved(title)
    Product.objects.filter(title="Half price").update(title="50% off %s")
    rows = Product.objects.order_by("title").values_list("title")
    return Statement.of(rows.filter(title__in=["50% off %s", "Lamp", "Silk"]))


def test_it_answers_alike_however_often_it_is_asked(titles):
    for _ in range(3):
        assert titles.rows() == [("50% off %s",), ("Lamp",), ("Silk",)]
        assert titles.part(1, 1) == [("Lamp",)]
        assert titles.count() == 3


def test_where_nothing_can_be_found_nothing_is_asked(django_assert_num_queries):
    nothing = Statement.of(Product.objects.none().values_list("title"))
    with django_assert_num_queries(0):
        assert (nothing.rows(), nothing.part(0, 9), nothing.count()) == ([], [], 0)

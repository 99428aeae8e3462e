"""A statement that is kept answers as the one that it was made of, however often it is asked."""

import pytest
from django.db import connection

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


def test_it_has_the_same_rows_parts_and_count(titles):
    kept = titles.keep()
    for _ in range(3):
        assert kept.rows() == titles.rows() == [("50% off %s",), ("Lamp",), ("Silk",)]
        assert kept.part(1, 1) == titles.part(1, 1) == [("Lamp",)]
        assert kept.count() == titles.count() == 3


def test_the_server_plans_it_once(titles):
    kept = titles.keep()
    for _ in range(3):
        kept.rows()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_prepared_statements WHERE name = %s", [kept.sql.name])
        assert cursor.fetchone()


def test_where_nothing_can_be_found_nothing_is_asked(django_assert_num_queries):
    nothing = Statement.of(Product.objects.none().values_list("title")).keep()
    with django_assert_num_queries(0):
        assert (nothing.rows(), nothing.part(0, 9), nothing.count()) == ([], [], 0)

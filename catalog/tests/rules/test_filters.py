from decimal import Decimal

import pytest
from django.http import QueryDict

from catalog.rules.filters import Filters, read_filters


def test_a_query_string_becomes_filters():
    query = QueryDict("q=mint+tea&category=teas&brand=a&brand=b&attr.Size=M&min_price=5&in_stock=1")
    filters, errors = read_filters(query)

    assert errors == {}
    assert filters.search == "mint tea"
    assert filters.brands == ("a", "b")
    assert filters.attributes == {"Size": ("M",)}
    assert filters.min_price == Decimal(5)
    assert filters.in_stock
    assert filters.without("brands").brands == ()
    assert filters.without("attr.Size").attributes == {}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("min_price=-1", "min_price"),
        ("max_price=NaN", "max_price"),
        ("min_price=%D9%A3", "min_price"),
        ("in_stock=perhaps", "in_stock"),
        ("rating_min=6", "rating_min"),
        ("ordering=id;drop", "ordering"),
    ],
)
def test_nonsense_is_told_and_left_out(query, name):
    filters, errors = read_filters(QueryDict(query))

    assert list(errors) == [name]
    assert filters == Filters()


def test_a_price_may_be_as_long_and_as_fine_as_those_of_any_currency():
    filters, errors = read_filters(QueryDict("min_price=1.250&max_price=12000000"))

    assert errors == {}
    assert (filters.min_price, filters.max_price) == (Decimal("1.25"), Decimal(12_000_000))

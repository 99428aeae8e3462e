"""Statements are kept from question to question; answers never are."""

import pytest
from django.http import QueryDict

from catalog import operations
from catalog.models import Category, Product
from catalog.queries.listing import list_products, make_plan
from catalog.queries.selecting import read_shelves
from catalog.queries.statements import Statement
from catalog.rules.filters import Filters, read_filters

pytestmark = pytest.mark.django_db
QUERIES = ["", "q=tea", "q=teaa", "brand=dar", "attr.Size=S&attr.Colour=Red", "category=drinks"]


def find(query, **options):
    return list_products(read_filters(QueryDict(query), **options)[0])


@pytest.fixture
def teas(shelved):
    options = [{"Size": "S", "Colour": "Red"}]
    for title in ("Mint tea", "Green tea"):
        shelved(title, shelf=("Drinks",), brand="Dar", options=options)


@pytest.mark.parametrize("query", QUERIES)
def test_a_list_that_is_asked_again_tells_what_changed(teas, query):
    assert [str(card.price) for card in find(query).cards] == ["€10.00", "€10.00"]
    made = make_plan.cache_info().misses

    Product.objects.filter(title="Mint tea").update(min_price="7.00", max_price="7.00")
    Product.objects.filter(title="Green tea").update(status="archived")

    found = find(query)
    assert make_plan.cache_info().misses == made
    assert [(card.title, str(card.price)) for card in found.cards] == [("Mint tea", "€7.00")]
    assert (found.count, str(found.lowest)) == (1, "€7.00")
    assert {choice.count for facet in found.facets for choice in facet.choices} == {1}


def test_a_new_shelf_and_a_moved_one_are_seen_at_once(teas, shelved):
    assert find("category=drinks").count == 2
    shelved("Cola", shelf=("Drinks", "Cold"))
    assert find("category=drinks").count == 3
    assert find("category=cold").count == 1
    food = operations.ensure_category(path=("Food",))
    Category.objects.move(Category.objects.get(slug="cold"), food, "last-child")
    assert find("category=drinks").count == 2
    assert find("", scope="food").count == 1


def test_the_shelves_are_the_same_object_while_they_are_the_same(teas):
    assert read_shelves("") is read_shelves("")
    before = read_shelves("drinks")
    Category.objects.update(title="Things to drink")
    assert read_shelves("drinks") is not before
    assert read_shelves("drinks").tree[0].title == "Things to drink"


def test_the_second_page_is_another_part_of_the_same_statement(teas, monkeypatch):
    monkeypatch.setattr("catalog.queries.listing.PAGE_SIZE", 1)
    filters = Filters(ordering="title")
    titles = [list_products(filters, page=page).cards[0].title for page in (1, 2)]
    assert titles == ["Green tea", "Mint tea"]
    assert make_plan.cache_info().currsize == 1


def test_the_same_filters_in_another_order_are_the_same_question():
    one = Filters(attributes={"Size": ("S",), "Colour": ("Red",)})
    other = Filters(attributes={"Colour": ("Red",), "Size": ("S",)})
    assert (one, hash(one)) == (other, hash(other))
    assert len({one, other, Filters(), Filters(in_stock=True)}) == 3


def test_what_can_find_nothing_asks_nothing(db, django_assert_num_queries):
    nothing = Statement.of(Product.objects.none())
    with django_assert_num_queries(0):
        assert (nothing.rows(), nothing.part(0, 9), nothing.count()) == ([], [], 0)


def test_a_value_is_never_part_of_the_statement(db):
    title = "50 % of '; DROP %s"
    made = Statement.of(Product.objects.filter(title=title).values_list("id"))
    assert title in made.values
    assert "DROP" not in made.sql
    assert (made.rows(), made.part(0, 5), made.count()) == ([], [], 0)

from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection
from django.http import QueryDict

from catalog import operations
from catalog.models import Category, Product
from catalog.queries.categories import list_tree
from catalog.queries.products import CategoryNotFound
from catalog.queries.search import Choice, Facet, PageNotFound, list_products
from catalog.rules.filters import read_filters

pytestmark = pytest.mark.django_db


def find(query="", **options):
    return list_products(read_filters(QueryDict(query), **options)[0])


def titles(query=""):
    return [card.title for card in find(query).cards]


def facet(query, name):
    found = {f.name: f for f in find(query).facets}
    return {c.value: c.count for c in found[name].choices} if name in found else {}


@pytest.fixture
def shop(shelved):
    sizes = [{"Size": "S", "Colour": "Red"}, {"Size": "L", "Colour": "Blue"}]
    shelved("Blue shirt", shelf=("Clothes", "Shirts"), brand="Ada", options=sizes, price="20.00")
    shelved("Red shirt", shelf=("Clothes", "Shirts"), brand="Bea", options=sizes[:1], price="30.00")
    shelved("Warm hat", shelf=("Clothes",), brand="Ada", price="15.00", description="with a shirt")
    shelved("Mint tea", shelf=("Drinks",), brand="Dar", price="5.00", tags=["herbal"])
    shelved("Old tea", shelf=("Drinks",), status="draft")


def test_titles_rank_before_descriptions(shop):
    assert set(titles("q=shirt")[:2]) == {"Blue shirt", "Red shirt"}
    assert titles("q=shirt")[2] == "Warm hat"


@pytest.mark.parametrize("text", ["shirts", "SHIR", "blue shi", "mint-tea-1", "herbal", "drink te"])
def test_stems_beginnings_skus_and_shelves_are_found(shop, text):
    assert titles(f"q={text}")


def test_every_word_counts(shop):
    assert find("q=mint+shirt").is_fuzzy
    assert not find("q=blue+shirt").is_fuzzy
    assert titles("q=blue+shirt") == ["Blue shirt"]
    assert titles("q=xylophone") == []


def test_a_slip_of_the_finger_finds_what_is_alike(shop):
    found = find("q=shrit")
    assert found.is_fuzzy
    assert "Blue shirt" in [card.title for card in found.cards]


@pytest.mark.parametrize("text", ["'", "a & | !", "\\", ":*", "%", "--", "<!--#", "\x00", "ß é"])
def test_signs_do_no_harm(shop, text):
    query = QueryDict(mutable=True)
    query["q"] = text
    find(query.urlencode())


def test_facets_count_under_the_other_filters(shop):
    assert facet("", "brand") == {"ada": 2, "bea": 1, "dar": 1}
    assert facet("brand=ada", "brand") == {"ada": 2, "bea": 1, "dar": 1}
    assert facet("brand=ada", "category") == {"clothes": 2}
    assert facet("brand=ada&attr.Size=S", "brand") == {"ada": 1, "bea": 1}
    assert facet("attr.Size=L", "attr.Size") == {"L": 1, "S": 2}
    assert facet("attr.Size=L", "attr.Colour") == {"Blue": 1, "Red": 1}
    assert facet("max_price=16", "brand") == {"ada": 1, "dar": 1}
    assert facet("brand=dar&category=clothes", "brand") == {"ada": 2, "bea": 1, "dar": 0}
    assert facet("brand=dar&max_price=1", "brand") == {"dar": 0}


def test_options_must_be_those_of_one_variant(shop):
    assert titles("attr.Size=L&attr.Colour=Blue") == ["Blue shirt"]
    assert titles("attr.Size=L&attr.Colour=Red") == []


def test_three_options_must_be_those_of_one_variant(shelved):
    """Each two of S, Red and Wool belong to a variant here, and no variant has all of them."""
    options = [
        {"Size": "S", "Colour": "Red", "Cloth": "Silk"},
        {"Size": "S", "Colour": "Blue", "Cloth": "Wool"},
        {"Size": "L", "Colour": "Red", "Cloth": "Wool"},
    ]
    shelved("Scarf", options=options)
    query = "attr.Size=S&attr.Colour=Red&attr.Cloth="
    assert titles(f"{query}Silk") == ["Scarf"]
    assert titles(f"{query}Wool") == []
    assert titles(f"{query}Wool&attr.Cloth=Silk") == ["Scarf"]


def test_the_migration_derives_the_same_pairs(shop, shelved, monkeypatch):
    three = [{"b": "1", "B": "ä", "a\u00e9": "2"}, {"b": "1", "B": "z"}, {}]
    shelved("Odd names", options=three)
    before = dict(Product.objects.values_list("title", "option_pairs"))
    assert len(before["Odd names"]) == 4
    Product.objects.update(option_pairs=[])
    migration = import_module("catalog.migrations.0004_pairs_of_options")
    monkeypatch.setattr(migration, "BATCH", migration.BATCH.replace("5000", "2"))
    migration.fill(None, connection.schema_editor(atomic=False))
    assert dict(Product.objects.values_list("title", "option_pairs")) == before


def test_filters_narrow_and_values_widen(shop):
    assert set(titles("brand=bea&brand=dar")) == {"Red shirt", "Mint tea"}
    assert titles("category=drinks") == ["Mint tea"]
    assert titles("min_price=16&max_price=25") == ["Blue shirt"]
    assert find("min_price=16").lowest.amount == Decimal("5.00")
    assert titles("ordering=price")[0] == "Mint tea"
    assert titles("ordering=-price")[0] == "Red shirt"
    assert titles("category=nope") == []


def test_stock_and_rating_filter(shop):
    Product.objects.filter(title="Mint tea").update(in_stock=False, rating_average="4.20")
    assert "Mint tea" not in titles("in_stock=1")
    assert titles("rating_min=4") == ["Mint tea"]
    assert facet("", "rating_min") == {"4": 1, "3": 1, "2": 1}


def test_a_shelf_shows_what_is_under_it(shop):
    found = find(scope="clothes")
    assert found.count == 3
    assert [f.name for f in found.facets][0] == "category"
    with pytest.raises(CategoryNotFound):
        find(scope="nope")


def test_a_shelf_is_filled_by_what_is_under_it(shelved, django_assert_num_queries):
    shelved("Blue shirt", shelf=("Clothes", "Shirts"))
    shelved("Old tea", shelf=("Drinks",), status="draft")
    with django_assert_num_queries(1):
        tree = list_tree()

    assert [(s.slug, s.parent, s.is_filled) for s in tree] == [
        ("clothes", "", True),
        ("shirts", "clothes", True),
        ("drinks", "", False),
    ]
    assert [s.slug for s in list_tree(max_depth=1)] == ["clothes", "drinks"]


@pytest.mark.parametrize("search", ["", "q=shirt&"])
def test_a_list_with_all_filters_takes_one_query(shop, django_assert_num_queries, search):
    with django_assert_num_queries(1):
        find(
            f"{search}brand=ada&attr.Size=S&attr.Colour=Red&min_price=1&in_stock=1&category=clothes"
        )


def test_another_page_is_another_part_of_the_same_list(shop, monkeypatch):
    monkeypatch.setattr("catalog.queries.search.listing.PAGE_SIZE", 2)
    pages = [
        list_products(read_filters(QueryDict("ordering=title"))[0], page=page) for page in (1, 2)
    ]
    assert [[card.title for card in page.cards] for page in pages] == [
        ["Blue shirt", "Mint tea"],
        ["Red shirt", "Warm hat"],
    ]


@pytest.mark.parametrize("query", ["", "q=tea", "q=teaa", "category=drinks"])
def test_a_list_that_is_asked_again_tells_what_changed(shelved, query):
    for title in ("Mint tea", "Green tea"):
        shelved(title, shelf=("Drinks",), brand="Dar")
    assert find(query).count == 2

    Product.objects.filter(title="Mint tea").update(min_price="7.00", max_price="7.00")
    Product.objects.filter(title="Green tea").update(status="archived")

    found = find(query)
    assert [(card.title, str(card.price)) for card in found.cards] == [("Mint tea", "€7.00")]
    assert (found.count, str(found.lowest)) == (1, "€7.00")
    assert {choice.count for facet in found.facets for choice in facet.choices} == {1}


def test_a_new_category_and_a_moved_one_are_seen_at_once(shop, shelved):
    shelved("Cola", shelf=("Drinks", "Cold"))
    assert (find("category=drinks").count, find("category=cold").count) == (2, 1)
    food = operations.ensure_category(path=("Food",))
    Category.objects.move(Category.objects.get(slug="cold"), food, "last-child")
    assert (find("category=drinks").count, find("", scope="food").count) == (1, 1)


def test_what_filters_leave_nothing_of_was_found_all_the_same(shop):
    found = find("q=shirt&brand=dar")

    assert (found.count, found.is_fuzzy) == (0, False)


def test_a_page_that_is_not_there(shop):
    filters = read_filters(QueryDict(""))[0]
    assert list_products(filters, page=9).page.number == 1
    with pytest.raises(PageNotFound):
        list_products(filters, page=9, strict=True)


def test_a_long_facet_shows_the_chosen_and_the_most_frequent_first():
    sizes = [Choice(f"{n} g", f"{n} g", 9 if n == 12 else 1, n == 11) for n in range(1, 13)]
    long = Facet("attr.Size", "Size", sizes, is_sampled=False)

    shown, more = long.split_choices()
    assert [choice.value for choice in shown[-2:]] == ["11 g", "12 g"]
    assert (len(shown), len(more)) == (8, 4)
    short = Facet("attr.Size", "Size", sizes[:9], is_sampled=False)
    assert short.split_choices() == (sizes[:9], [])


def test_sizes_stand_in_the_order_of_their_numbers(shelved):
    shelved("Tea", options=[{"Size": size} for size in ("100 g", "3 g", "50 g", "XL")])

    assert list(facet("", "attr.Size")) == ["3 g", "50 g", "100 g", "XL"]

"""Facets of a shop that is larger than what is read of it."""

import pytest
from django.http import QueryDict

from catalog.models import Product
from catalog.queries.search import browsing, facets, list_products, listing, statements
from catalog.rules.filters import read_filters

pytestmark = pytest.mark.django_db
SIZE = "Size"


def find(query="", **options):
    return list_products(read_filters(QueryDict(query), **options)[0])


def facet(query, name, **options):
    found = {f.name: f for f in find(query, **options).facets}
    return {c.value: c.count for c in found[name].choices} if name in found else {}


def spread_ids(titles):
    """The pool goes by the ends of ids: here the first eight titles are the first half of it."""
    for number, title in enumerate(titles, start=1):
        product = Product.objects.get(title=title)
        end = f"{number * 16**8 // (len(titles) + 1):08x}"
        renamed = f"{product.pk}"[:-8] + end
        product.variants.all().delete()
        Product.objects.filter(pk=product.pk).update(id=renamed)


@pytest.fixture
def large(shelved, monkeypatch):
    """Twelve teas and four scarves, every fourth being one, where a pool holds eight, a list has
    to have two in it, four of a list are read and it has two pages of two."""
    names = [f"{'Scarf' if n % 4 == 0 else 'Tea'} {n}" for n in range(1, 17)]
    for name in names:
        is_tea = name.startswith("Tea")
        shelf = ("Drinks", "Teas") if is_tea else ("Clothes",)
        shelved(name, shelf=shelf, brand="Ada" if is_tea else "Bea", options=[{SIZE: "S"}])
    spread_ids(names)
    monkeypatch.setattr(browsing, "shop_size", 16)
    monkeypatch.setattr(browsing, "ENOUGH", 2)
    monkeypatch.setattr(browsing, "SHOP_POOL", statements.make_shop_pool(8))
    monkeypatch.setattr(browsing, "POOL", 8)
    for room in (browsing, statements):
        monkeypatch.setattr(room, "MAX_READ", 4)
    monkeypatch.setattr(browsing, "SAMPLE", 4)
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    monkeypatch.setattr(listing, "MAX_PAGE", 2)


def test_a_sample_has_the_shares_of_the_whole(large):
    assert facet("in_stock=1", "brand") == {"ada": 4, "bea": 1}


@pytest.mark.parametrize("size", [0, 16])
def test_a_long_list_says_so_and_is_read_no_further(large, monkeypatch, size):
    """Also where the shop was taken for a small one."""
    monkeypatch.setattr(browsing, "shop_size", size)
    found = find("")

    assert (found.count, found.is_capped, found.is_sampled) == (4, True, True)
    assert (len(found.cards), found.page.paginator.num_pages) == (2, 2)


def test_a_long_list_takes_two_queries(large, django_assert_num_queries):
    with django_assert_num_queries(2):
        find("")


def test_a_short_list_in_a_large_shop_is_counted_whole(large):
    """Two scarves are in the pool; the shop has four."""
    found = find("brand=bea")

    assert (found.count, found.is_capped) == (4, False)


def test_what_the_pool_has_nothing_of_is_found_all_the_same(large, shelved):
    last = shelved("Rare rug", brand="Rar", options=[{SIZE: "XL"}])
    last.variants.all().delete()
    Product.objects.filter(pk=last.pk).update(id=f"{last.pk}"[:-8] + "ffffffff")
    found = find(f"attr.{SIZE}=XL")

    assert (found.count, found.cards[0].title) == (1, "Rare rug")
    assert facet(f"attr.{SIZE}=XL", "brand") == {"rar": 1}


def test_a_category_is_looked_for_in_the_pool_of_the_shop(large):
    found = find("", scope="drinks")

    assert (found.count, found.is_capped, found.is_sampled) == (4, True, True)
    assert facet("", "category", scope="drinks") == {"teas": 5}


def test_products_with_many_options_are_sampled_like_the_others(large):
    """They do not fit into the index that the pool is read from."""
    wide = [f"{SIZE}\x1f{'x' * 100}{number}" for number in range(40)]
    Product.objects.filter(title__startswith="Scarf").update(attributes=wide)

    assert facet("in_stock=1", "brand") == {"ada": 4, "bea": 1}
    assert facet("", "brand") == {"ada": 4, "bea": 1}


def test_options_are_those_of_one_variant_in_the_pool_too(shelved, monkeypatch):
    monkeypatch.setattr(browsing, "shop_size", 10**6)
    red, blue = {"Colour": "Red", SIZE: "S"}, {"Colour": "Blue", SIZE: "L"}
    shelved("Shirt", brand="Ada", options=[red, blue])
    shelved("Skirt", brand="Bea", options=[red | {SIZE: "L"}])

    assert facet(f"attr.{SIZE}=L&attr.Colour=Red", "brand") == {"bea": 1}
    assert find("").is_sampled is False


def test_a_product_that_is_gone_is_not_sampled(large):
    Product.objects.filter(title__startswith="Tea").update(status="archived")

    assert find("").is_sampled is False
    assert facet("", "brand") == {"bea": 4}


def test_of_many_makers_the_chosen_and_the_most_frequent_are_shown(large, monkeypatch):
    for room in (facets, listing):
        monkeypatch.setattr(room, "MAX_CHOICES", 1)

    assert facet("in_stock=1", "brand") == {"ada": 4}
    assert facet("brand=bea", "brand") == {"bea": 1}


def test_a_list_of_which_the_pool_has_too_little_is_read_itself(large, monkeypatch):
    monkeypatch.setattr(browsing, "ENOUGH", 3)
    found = find("brand=bea&in_stock=1")

    assert (found.count, found.is_capped) == (4, False)
    counts = {f.name: {c.value: c.count for c in f.choices} for f in found.facets}
    assert counts[f"attr.{SIZE}"] == {"S": 4}

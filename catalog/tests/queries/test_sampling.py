"""Facets of a shop that is larger than what is read of it."""

import pytest
from django.http import QueryDict

from catalog.models import Product
from catalog.queries.search import facets, list_products, listing, sampling, statements
from catalog.rules.filters import read_filters

pytestmark = pytest.mark.django_db
SIZE = "Size"


def find(query="", **options):
    return list_products(read_filters(QueryDict(query), **options)[0])


def facet(query, name, **options):
    found = {f.name: f for f in find(query, **options).facets}
    return {c.value: c.count for c in found[name].choices} if name in found else {}


def spread_ids(titles):
    """Samples go by the ends of ids: here the first quarter of the titles is in sample 1."""
    for number, title in enumerate(titles, start=1):
        product = Product.objects.get(title=title)
        end = f"{number * 16**8 // (len(titles) + 1):08x}"
        renamed = f"{product.pk}"[:-8] + end
        product.variants.all().delete()
        Product.objects.filter(pk=product.pk).update(id=renamed)


@pytest.fixture
def large(shelved, monkeypatch):
    """Twelve teas and four scarves, every fourth being one, where a sample has two at least, two of
    it will do for a list, four of a list are read and it has two pages of two."""
    names = [f"{'Scarf' if n % 4 == 0 else 'Tea'} {n}" for n in range(1, 17)]
    for name in names:
        is_tea = name.startswith("Tea")
        shelf = ("Drinks", "Teas") if is_tea else ("Clothes",)
        shelved(name, shelf=shelf, brand="Ada" if is_tea else "Bea", options=[{SIZE: "S"}])
    spread_ids(names)
    monkeypatch.setattr(sampling, "shop_size", 16)
    monkeypatch.setattr(sampling, "SAMPLE", 2)
    monkeypatch.setattr(sampling, "ENOUGH", 2)
    for room in (sampling, statements):
        monkeypatch.setattr(room, "MAX_READ", 4)
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    monkeypatch.setattr(listing, "MAX_PAGE", 2)


def test_a_sample_stands_for_the_whole(large):
    assert facet("in_stock=1", "brand") == {"ada": 12, "bea": 4}


def test_facets_say_whether_they_are_estimates(large):
    found = {f.name: f.is_sampled for f in find("brand=bea").facets}

    assert found == {
        "category": False,
        "brand": True,
        f"attr.{SIZE}": False,
        "in_stock": False,
    }


@pytest.mark.parametrize("size", [0, 16])
def test_a_long_list_says_so_and_is_read_no_further(large, monkeypatch, size):
    """Also where the shop was taken for a small one."""
    monkeypatch.setattr(sampling, "shop_size", size)
    found = find("")

    assert (found.count, found.is_capped, found.is_sampled) == (4, True, True)
    assert (len(found.cards), found.page.paginator.num_pages) == (2, 2)


def test_a_long_list_takes_two_queries(large, django_assert_num_queries):
    with django_assert_num_queries(2):
        find("")


def test_a_short_list_in_a_large_shop_is_counted_whole(large):
    """One scarf is in the sample; the shop has four."""
    found = find("brand=bea")

    assert (found.count, found.is_capped) == (4, False)


def test_what_the_sample_has_nothing_of_is_found_all_the_same(large, shelved):
    last = shelved("Rare rug", brand="Rar", options=[{SIZE: "XL"}])
    last.variants.all().delete()
    Product.objects.filter(pk=last.pk).update(id=f"{last.pk}"[:-8] + "ffffffff")
    found = find(f"attr.{SIZE}=XL")

    assert (found.count, found.cards[0].title) == (1, "Rare rug")
    assert facet(f"attr.{SIZE}=XL", "brand") == {"rar": 1}


def test_a_long_category_is_sampled(large):
    found = find("", scope="drinks")

    assert (found.count, found.is_capped, found.is_sampled) == (4, True, True)
    assert facet("", "category", scope="drinks") == {"teas": 12}


def test_options_are_those_of_one_variant_in_a_large_shop_too(shelved, monkeypatch):
    monkeypatch.setattr(sampling, "shop_size", 10**6)
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
    monkeypatch.setattr(facets, "MAX_CHOICES", 1)

    assert facet("in_stock=1", "brand") == {"ada": 12}
    assert facet("brand=bea", "brand") == {"bea": 4}


def test_a_list_of_which_the_sample_has_too_little_is_read_itself(large, monkeypatch):
    monkeypatch.setattr(sampling, "ENOUGH", 3)
    found = find("brand=bea&in_stock=1")

    assert (found.count, found.is_capped) == (4, False)
    counts = {f.name: {c.value: c.count for c in f.choices} for f in found.facets}
    assert counts[f"attr.{SIZE}"] == {"S": 4}

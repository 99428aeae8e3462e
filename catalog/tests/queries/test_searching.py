"""Searching a shop where many have the word."""

import pytest
from django.db import connection
from django.http import QueryDict

from catalog.models import Buckets, Product, SearchWord
from catalog.queries.search import list_products, sampling, statements, words
from catalog.queries.search.conditions import choose_level
from catalog.rules.filters import read_filters

pytestmark = pytest.mark.django_db


def find(query):
    return list_products(read_filters(QueryDict(query))[0])


def titles(query):
    return [card.title for card in find(query).cards]


@pytest.fixture
def teas(shelved):
    """Twelve teas, of which eight are of green tea, with ids of which half are in sample 5."""
    for number in range(12):
        title = f"{'Green' if number < 8 else 'Black'} tea {number}"
        product = shelved(title, brand="Ada", options=[{"Colour": "Red" if number else "Blue"}])
        product.variants.all().delete()
        end = "00000000" if number % 2 else "ffffffff"
        Product.objects.filter(pk=product.pk).update(
            id=f"{product.pk}"[:-12] + f"{number:04x}{end}"
        )


@pytest.fixture
def common(teas, monkeypatch):
    """Where two in the sample make a word common, of which no more than two are ranked."""
    monkeypatch.setattr(sampling, "LARGE_SHOP", -2)
    monkeypatch.setattr(sampling, "COMMON", 2)
    monkeypatch.setattr(sampling, "PLENTY", 2)
    monkeypatch.setattr(sampling, "SAMPLE", 2)
    monkeypatch.setattr(sampling, "ENOUGH", 1)
    monkeypatch.setattr(statements, "CANDIDATES", 2)
    monkeypatch.setattr(statements, "RANK", statements.RANK.replace("LIMIT 600", "LIMIT 2"))
    for room in (sampling, statements):
        monkeypatch.setattr(room, "MAX_READ", 4)


def test_of_a_common_word_the_best_known_are_always_ranked(common):
    Product.objects.filter(title="Green tea 4").update(rating_count=5000)
    Product.objects.filter(title="Green tea 6").update(rating_count=300)

    assert titles("q=tea") == ["Green tea 4", "Green tea 6"]


def test_of_those_known_alike_some_are_taken_by_chance(common):
    found = find("q=tea")

    assert (found.count, found.is_capped, found.is_sampled) == (2, True, True)
    assert {int(card.title[-1]) % 2 for card in found.cards} == {1}


def test_a_rare_word_among_common_ones_is_found(common):
    assert titles("q=green+tea+4") == ["Green tea 4"]
    assert find("q=green+tea+4").is_capped is False


def test_filters_that_leave_few_of_a_common_word_show_them_all(common):
    found = find("q=tea&attr.Colour=Blue")

    assert ([card.title for card in found.cards], found.is_capped) == (["Green tea 0"], False)


def test_a_common_word_in_another_order_is_counted(common):
    found = find("q=tea&ordering=title")

    assert [card.title for card in found.cards[:2]] == ["Black tea 10", "Black tea 11"]
    assert found.is_capped


def test_a_word_that_was_taken_for_rare_is_found(common, monkeypatch):
    monkeypatch.setattr(sampling, "LARGE_SHOP", 10**9)

    found = find("q=tea")

    assert (len(found.cards), found.is_capped, found.is_sampled) == (2, True, True)


def test_a_beginning_counts_where_the_word_is_not_common(teas):
    assert len(titles("q=gre")) == 8
    assert len(titles("q=tea+gre")) == 8


@pytest.fixture
def known_to_the_server(common):
    """A grey tea too, which is one of few; and the server has seen which words there are."""
    Product.objects.filter(title="Black tea 9").update(search_vector="'grey':1A 'tea':2A")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_product")


@pytest.mark.parametrize("query", ["q=gre", "q=tea+gre"])
def test_frequent_words_will_do_for_a_beginning_that_many_share(
    known_to_the_server, monkeypatch, query
):
    Product.objects.filter(title="Black tea 9").update(rating_count=5000)
    assert titles(query)[0] == "Black tea 9"

    monkeypatch.setattr(words, "MAX_PREFIXED", 1)

    assert all(title.startswith("Green") for title in titles(query))
    assert titles("q=grey") == ["Black tea 9"]


def test_words_with_signs_are_known_as_they_are(common):
    rows = [f"'{word}':1" for word in ("it''s", "it\\\\s", "it|s&")]
    for number, row in enumerate(rows * 4):
        Product.objects.filter(title__endswith=f" {number}").update(search_vector=row)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_product")
        cursor.execute("SELECT catalog_words_begun('it', 9)::text")
        (found,) = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FROM catalog_product WHERE search_vector @@ %s::tsquery", [found]
        )
        assert cursor.fetchone() == (12,)


def test_a_new_product_is_found_like_an_old_one(common, shelved):
    assert titles("q=zinc") == []
    shelved("Zinc tea", description="with marjoram")

    assert titles("q=zinc") == titles("q=zin") == titles("q=marjorem") == ["Zinc tea"]
    assert find("q=marjorem").is_fuzzy
    assert find("q=zinc").is_fuzzy is False


def test_a_typo_is_corrected_among_many(common):
    assert find("q=gree").is_fuzzy is False
    assert find("q=graen").is_fuzzy
    assert all(title.startswith("Green") for title in titles("q=graen"))


def test_words_that_no_product_is_like_are_found_nowhere(teas):
    found = find("q=xylophone")
    assert (found.cards, found.count, found.is_fuzzy) == ([], 0, True)


def test_codes_are_no_words_and_a_word_is_known_once(shelved):
    for title in ("Tea AB12", "Teapot tea"):
        shelved(title)
    known = sorted(SearchWord.objects.values_list("word", flat=True))
    assert known == ["tea", "teapot"]


def test_a_small_shop_is_asked_once_and_a_typo_costs_two_queries_more(
    teas, django_assert_num_queries
):
    for query, number in (("q=tea", 1), ("q=tea&attr.Colour=Blue&brand=ada", 1), ("q=graen", 3)):
        with django_assert_num_queries(number):
            find(query)


def test_searching_a_large_shop_takes_five_queries_at_most(common, django_assert_max_num_queries):
    for query in ("q=tea", "q=tea&attr.Colour=Blue", "q=tea&ordering=price"):
        with django_assert_max_num_queries(5):
            find(query)


def test_what_is_read_whole_is_in_order_and_counted(teas):
    Product.objects.filter(title="Black tea 8").update(in_stock=False)
    Product.objects.filter(title="Green tea 3").update(rating_count=9, rating_average="4.5")
    Product.objects.filter(title="Black tea 9").update(search_vector="'tea':1D")

    found = find("q=tea&brand=ada&attr.Colour=Red")

    assert (found.count, found.is_capped, found.is_sampled) == (11, False, False)
    shown = [card.title for card in found.cards]
    assert (shown[0], shown[-2:]) == ("Green tea 3", ["Black tea 9", "Black tea 8"])
    counts = {f.name: {c.value: c.count for c in f.choices} for f in found.facets}
    assert counts["brand"] == {"ada": 11}
    assert counts["attr.Colour"] == {"Blue": 1, "Red": 11}
    assert (counts["rating_min"], counts["in_stock"]) == ({"4": 1, "3": 1, "2": 1}, {"1": 10})


def test_samples_lie_within_each_other():
    assert [choose_level(size, 600) for size in (500, 2400, 40_000, 10**9)] == [0, 1, 3, 5]


@pytest.mark.parametrize(
    ("end", "in_stock", "rating_count", "buckets"),
    [
        ("ffffffff", False, 9, ["sample0", "popularity0", "category0"]),
        ("3fffffff", True, 0, ["sample1", "popularity1", "category0"]),
        ("0fffffff", True, 3, ["sample2", "popularity2", "category0"]),
        ("03ffffff", True, 4, ["sample3", "popularity3", "category0"]),
        ("00ffffff", True, 63, ["sample4", "popularity4", "category0"]),
        ("003fffff", True, 4096, ["sample5", "popularity8", "category0"]),
    ],
)
def test_buckets_are_what_their_names_say(shelved, end, in_stock, rating_count, buckets):
    product = shelved("Tea")
    product.variants.all().delete()
    changes = {"in_stock": in_stock, "rating_count": rating_count}
    Product.objects.filter(pk=product.pk).update(id=f"{product.pk}"[:-8] + end, **changes)

    assert Product.objects.values_list(Buckets(), flat=True).get() == buckets


def test_one_index_knows_words_options_and_buckets(teas):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = (
            Product.objects.alias(bucket=Buckets())
            .filter(bucket__overlap=["sample4", "sample5"])
            .filter(search_vector="tea", attributes__overlap=["Colour\x1fRed"])
            .explain()
        )
    assert plan.count("Bitmap Index Scan on product_search_gin_idx") == 1

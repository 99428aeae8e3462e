"""Searching a shop where many have the word."""

import pytest
from django.db import connection
from django.http import QueryDict

from catalog.models import Bands, Product
from catalog.queries import listing, sampling, scouting, searching, vocabulary
from catalog.queries.listing import list_products
from catalog.queries.scouting import in_rings
from catalog.queries.searching import ring_of
from catalog.rules.filters import read_filters

pytestmark = pytest.mark.django_db
KEPT = (
    scouting.make_scouting,
    sampling.make_drawing_of_hits,
    sampling.make_reading,
    searching.make_ranking,
)


def find(query):
    return list_products(read_filters(QueryDict(query))[0])


def titles(query):
    return [card.title for card in find(query).cards]


@pytest.fixture
def teas(shelved):
    """Twelve teas, of which eight are of green tea, with ids of which every other is in ring 5."""
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
    """Where two in the scouted ring make a word common, of which no more than two are ranked."""
    for room in (scouting, searching):
        monkeypatch.setattr(room, "COMMON", 2)
    for room in (scouting, searching):
        monkeypatch.setattr(room, "PLENTY", 2)
    monkeypatch.setattr(searching, "MANY", 2)
    monkeypatch.setattr(searching, "CANDIDATES", 2)
    for room in (listing, searching):
        monkeypatch.setattr(room, "MAX_RANKED", 2)
    monkeypatch.setattr(listing, "MANY", 2)
    monkeypatch.setattr(listing, "FOUND_ONCE", 2)
    monkeypatch.setattr(listing, "DRAWN_HITS", 4)
    monkeypatch.setattr(sampling, "MAX_COUNTED", 3)
    monkeypatch.setattr(sampling, "ENOUGH", 1)


def test_of_a_common_word_the_best_known_are_always_ranked(common):
    Product.objects.filter(title="Green tea 4").update(rating_count=5000)
    Product.objects.filter(title="Green tea 6").update(rating_count=300)

    assert titles("q=tea") == ["Green tea 4", "Green tea 6"]


def test_of_those_known_alike_some_are_taken_by_chance(common):
    found = find("q=tea")

    assert (found.count, found.is_capped, found.is_sampled) == (2, True, True)
    assert {int(card.title[-1]) % 2 for card in found.cards} == {1}


def test_what_is_sold_out_comes_after_what_is_there(common):
    Product.objects.exclude(title="Black tea 8").update(in_stock=False)

    assert titles("q=tea")[0] == "Black tea 8"


def test_a_rare_word_among_common_ones_is_found(common):
    assert titles("q=green+tea+4") == ["Green tea 4"]
    assert titles("q=tea+4+gree") == ["Green tea 4"]
    assert find("q=green+tea+4").is_capped is False


def test_filters_that_leave_few_of_a_common_word_show_them_all(common):
    found = find("q=tea&attr.Colour=Blue")

    assert ([card.title for card in found.cards], found.is_capped) == (["Green tea 0"], False)


def test_a_common_word_in_another_order_is_counted(common, monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    monkeypatch.setattr(listing, "MAX_PAGE", 2)
    found = find("q=tea&ordering=title")

    assert ([card.title for card in found.cards]) == ["Black tea 10", "Black tea 11"]
    assert (found.count, found.is_capped) == (4, True)


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
def test_words_that_many_have_will_do_for_a_beginning_that_many_share(
    known_to_the_server, monkeypatch, query
):
    Product.objects.filter(title="Black tea 9").update(rating_count=5000)
    assert titles(query)[0] == "Black tea 9"

    monkeypatch.setattr(vocabulary, "MAX_BEGUN", 1)
    scouting.make_scouting.cache_clear()
    scouting.kept.clear()

    assert all(title.startswith("Green") for title in titles(query))
    assert titles("q=grey") == ["Black tea 9"]


def test_a_beginning_that_few_share_is_one_of_all_words(known_to_the_server, monkeypatch):
    monkeypatch.setattr(vocabulary, "MAX_BEGUN", 1)
    scouting.make_scouting.cache_clear()
    scouting.kept.clear()
    for room in (scouting, searching):
        monkeypatch.setattr(room, "COMMON", 9)

    assert "Black tea 9" in titles("q=gre") + titles("q=gre&page=2")
    assert titles("q=tea+grey") == ["Black tea 9"]


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


def test_how_common_a_word_is_is_known_for_a_minute(common, monkeypatch, django_assert_num_queries):
    clock = [1000.0]
    monkeypatch.setattr(scouting.time, "monotonic", lambda: clock[0])
    for seconds, queries in ((0, 5), (59, 4), (1, 5)):
        clock[0] += seconds
        with django_assert_num_queries(queries):
            assert len(titles("q=tea")) == 2


def test_whether_few_have_a_word_is_asked_each_time(teas, shelved):
    assert titles("q=zinc") == []
    shelved("Zinc tea")
    assert titles("q=zinc") == ["Zinc tea"]
    assert titles("q=zin") == ["Zinc tea"]
    assert scouting.kept == {}


def test_what_is_known_of_common_words_has_a_bound(common, monkeypatch):
    monkeypatch.setattr(scouting, "MAX_KEPT", 2)
    for text in ("tea", "green", "green+tea", "black+tea"):
        titles(f"q={text}")
    assert 1 <= len(scouting.kept) <= 2


def test_a_slip_is_found_among_many(common):
    assert find("q=gree").is_fuzzy is False
    assert find("q=graen").is_fuzzy


@pytest.mark.parametrize("once", [0, 100_000])
def test_what_is_found_once_is_what_is_found_for_each(teas, monkeypatch, once):
    """A word that is somewhat common: the whole list, its order and its facets."""
    for room in (scouting, searching):
        monkeypatch.setattr(room, "COMMON", 2)
    for room in (scouting, searching):
        monkeypatch.setattr(room, "PLENTY", 2)
    monkeypatch.setattr(listing, "FOUND_ONCE", once)
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


def test_what_is_found_once_takes_one_query_less(teas, monkeypatch, django_assert_num_queries):
    for room in (scouting, searching):
        monkeypatch.setattr(room, "COMMON", 2)
    with django_assert_num_queries(4):
        find("q=tea")


def test_of_filters_that_leave_little_of_a_common_word_hits_are_found_once(
    common, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(sampling, "ENOUGH", 2)
    with django_assert_num_queries(5):
        found = find("q=tea&attr.Colour=Blue")

    assert [card.title for card in found.cards] == ["Green tea 0"]


@pytest.mark.parametrize("once", [0, 100_000])
def test_a_common_word_that_is_asked_again_tells_what_changed(teas, monkeypatch, once):
    for room in (scouting, searching):
        monkeypatch.setattr(room, "COMMON", 2)
    for room in (scouting, searching):
        monkeypatch.setattr(room, "PLENTY", 2)
    monkeypatch.setattr(searching, "MANY", 2)
    monkeypatch.setattr(listing, "FOUND_ONCE", once)
    assert len(titles("q=tea")) == 12
    made = [kept.cache_info().misses for kept in KEPT]

    Product.objects.filter(title="Black tea 9").update(status="archived")
    Product.objects.filter(title="Green tea 3").update(rating_count=9, rating_average="4.5")

    found = find("q=tea")
    assert [kept.cache_info().misses for kept in KEPT] == made
    assert sum(made) == (2 if once else 3)
    assert (found.count, found.cards[0].title) == (11, "Green tea 3")
    assert {c.count for f in found.facets if f.name == "brand" for c in f.choices} == {11}
    assert titles("q=green+tea")[0] == "Green tea 3"


def test_searching_takes_six_queries_at_most(common, django_assert_max_num_queries):
    for query in ("q=tea", "q=tea&attr.Colour=Blue", "q=graen&brand=ada", "q=tea&ordering=price"):
        with django_assert_max_num_queries(6):
            find(query)


def test_rings_lie_within_each_other(teas):
    everything = Product.objects.all()

    assert [in_rings(everything, first).count() for first in (0, 1, 5)] == [12, 6, 6]
    assert [ring_of(size, 600) for size in (500, 2400, 40_000, 10**9)] == [0, 1, 3, 5]


@pytest.mark.parametrize(
    ("end", "in_stock", "rating_count", "bands"),
    [
        ("ffffffff", False, 9, ["ring0", "known0", "shelf0"]),
        ("3fffffff", True, 0, ["ring1", "known1", "shelf0"]),
        ("0fffffff", True, 3, ["ring2", "known2", "shelf0"]),
        ("03ffffff", True, 4, ["ring3", "known3", "shelf0"]),
        ("00ffffff", True, 63, ["ring4", "known4", "shelf0"]),
        ("003fffff", True, 4096, ["ring5", "known8", "shelf0"]),
    ],
)
def test_bands_are_what_their_names_say(shelved, end, in_stock, rating_count, bands):
    product = shelved("Tea")
    product.variants.all().delete()
    changes = {"in_stock": in_stock, "rating_count": rating_count}
    Product.objects.filter(pk=product.pk).update(id=f"{product.pk}"[:-8] + end, **changes)

    assert Product.objects.values_list(Bands(), flat=True).get() == bands
    assert searching._known(in_stock, rating_count) == int(bands[1].removeprefix("known"))


def test_one_index_knows_words_options_and_bands(teas):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = (
            in_rings(Product.objects.all(), 4)
            .filter(search_vector="tea", attributes__overlap=["Colour\x1fRed"])
            .explain()
        )
    assert plan.count("Bitmap Index Scan on product_gin_idx") == 1

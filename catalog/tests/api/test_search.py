"""What people type, and what the shop finds."""

import pytest
from django.utils import timezone

from catalog import jobs, operations
from catalog.models import Product, WordIndex
from catalog.operations import indexing
from catalog.tests.conftest import variant
from shared.events.models import OutboxMessage

pytestmark = pytest.mark.django_db
PRODUCTS = "/catalog/api/v1/products/"


@pytest.fixture
def shop(shelved):
    shelved("Hammer", variants=[variant("4711-0815", barcode="4006381333931")])
    shelved("Water bottle", variants=[variant("HYD-2024-07")])
    shelved("Boot cream", variants=[variant("1460-77")])
    shelved("Fjord jacket", variants=[variant("FJ-0042")])
    shelved("Tool case", variants=[variant("TO-5316-92")])
    shelved("Bicycle pump Zorvak-500", variants=[variant("PUMP")])
    shelved("Dr.Martens boot", variants=[variant("DRM")])
    shelved("Battery AA/AAA 1.5 mm", variants=[variant("BAT")])
    shelved("Straße nach Łódź", variants=[variant("MAP")])
    shelved("Smørkvist", variants=[variant("SMO")])
    shelved("Ceylon sticks", tags=["cinnamon"], variants=[variant("CEY")])
    shelved("Sound for two", brand="Headphones", variants=[variant("SND")])
    OutboxMessage.objects.all().delete()


@pytest.fixture
def find(client):
    def find(text):
        found = client.get(PRODUCTS, {"search": text}).json()
        page = client.get("/catalog/search/", {"q": text}).text
        titles = [card["title"] for card in found["results"]]
        assert all(title in page for title in titles)
        return titles, found["fuzzy"]

    return find


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("4711-0815", "Hammer"),
        ("0815", "Hammer"),
        ("47110815", "Hammer"),
        ("4006381333931", "Hammer"),
        ("HYD-2024-07", "Water bottle"),
        ("hyd 2024 07", "Water bottle"),
        ("1460-77", "Boot cream"),
        ("FJ-0042", "Fjord jacket"),
        ("0042", "Fjord jacket"),
        ("TO-5316-92", "Tool case"),
        ("500", "Bicycle pump Zorvak-500"),
        ("zorvak 500", "Bicycle pump Zorvak-500"),
        ("martens", "Dr.Martens boot"),
        ("AAA", "Battery AA/AAA 1.5 mm"),
        ("1.5", "Battery AA/AAA 1.5 mm"),
        ("strasse", "Straße nach Łódź"),
        ("Straße", "Straße nach Łódź"),
        ("lodz", "Straße nach Łódź"),
        ("smorkvist", "Smørkvist"),
        ("smørkvist", "Smørkvist"),
    ],
)
def test_codes_numbers_and_words_are_found_as_they_stand(shop, find, text, title):
    assert find(text) == ([title], False)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("cinamon", "Ceylon sticks"),
        ("hedphones", "Sound for two"),
        ("hamer", "Hammer"),
        ("cinamon ceylom", "Ceylon sticks"),
        ("sound for tow", "Sound for two"),
        ("martens dr bot", "Dr.Martens boot"),
        ("bottle of watre", "Water bottle"),
    ],
)
def test_a_slip_of_the_finger_in_any_word_finds_what_was_meant(shop, find, text, title):
    titles, is_fuzzy = find(text)
    assert (titles[0], is_fuzzy) == (title, True)


@pytest.mark.parametrize("sign", ["㌖", "ﷺ", "é", "4"])
def test_a_word_that_no_index_can_hold_finds_nothing(shop, find, sign):
    assert find(sign * 200)[0] == []


def test_who_has_the_code_comes_first(shelved, find):
    for number in range(6):
        shelved(f"Screw {number} for 4711 and 0815", tags=["0815", "4711"])
    shelved("Hammer", variants=[variant("4711-0815")])

    titles, _ = find("4711-0815")

    assert titles[0] == "Hammer"
    assert len(titles) == 7


def test_the_clock_gives_all_products_their_words_once(shop, find, monkeypatch):
    monkeypatch.setattr(indexing, "BATCH", 5)
    Product.objects.update(search_vector=None)
    assert find("4711-0815")[0] == []
    versions = list(Product.objects.order_by("pk").values_list("version", flat=True))

    assert operations.index_products(most=5, now=timezone.now()) == 5
    jobs.index_products()

    assert find("4711-0815") == (["Hammer"], False)
    assert find("smorkvist") == (["Smørkvist"], False)
    assert list(Product.objects.order_by("pk").values_list("version", flat=True)) == versions
    assert not OutboxMessage.objects.exists()
    assert WordIndex.objects.get().finished_at is not None
    assert operations.index_products(most=5, now=timezone.now()) == 0

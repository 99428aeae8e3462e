"""One meaning of stock: what nobody has counted is not there, unless it is not tracked."""

import json
import re

import pytest
from django.test import Client

from catalog import operations
from catalog.models import Product, StockLevel, Variant
from catalog.rules.product import availability_of
from catalog.tests.conftest import NOW, variant
from shared.contracts.catalog import ProductChanged, StockDeclared
from shared.contracts.inventory import StockChanged
from shared.testing.events import deliver, published

pytestmark = pytest.mark.django_db
API = "/catalog/api/v1/products/"


def seen(api_of):
    """What the API, its filter, the page and the page's data say of the only product."""
    shown = api_of(None).get(API + "tea/").json()
    found = api_of(None).get(API + "?in_stock=true").json()["count"]
    page = Client().get("/catalog/products/tea/").text
    data = json.loads(re.search(r'ld\+json">(.*?)</script>', page, re.S).group(1))
    sells = "Add to cart" in page
    (offer,) = shown["variants"]
    return (
        (shown["in_stock"], offer["availability"], offer["available"]),
        (found, sells, data["offers"][0]["availability"].rsplit("/", 1)[1]),
    )


NOT_THERE = (0, False, "OutOfStock")
THERE = (1, True, "InStock")


@pytest.mark.parametrize(
    ("available", "tracked", "expected"),
    [
        (None, True, "out_of_stock"),
        (-1, True, "out_of_stock"),
        (0, True, "out_of_stock"),
        (1, True, "low_stock"),
        (5, True, "low_stock"),
        (6, True, "in_stock"),
        (None, False, "in_stock"),
        (0, False, "in_stock"),
    ],
)
def test_availability(available, tracked, expected):
    assert availability_of(available, tracked) == expected


def test_what_nobody_counted_is_sold_out_everywhere(shelved, api_of):
    shelved("Tea", units=None)

    assert seen(api_of) == ((False, "out_of_stock", None), NOT_THERE)


def test_inventorys_word_that_nobody_counted_leaves_it_so(shelved, api_of):
    shelved("Tea", units=None)
    deliver(StockChanged(sku="TEA-1", on_hand=0, available=0, counted=False), version=1)

    assert seen(api_of) == ((False, "out_of_stock", None), NOT_THERE)
    operations.update_product(
        product_id=Product.objects.get().pk, changes={"title": "Green tea"}, now=NOW
    )
    assert Variant.objects.get().available is None


def test_the_first_count_makes_it_available(shelved, api_of):
    shelved("Tea", units=None)
    deliver(StockChanged(sku="TEA-1", on_hand=0, available=0, counted=False), version=1)
    deliver(StockChanged(sku="TEA-1", on_hand=9, available=9), version=2)

    assert seen(api_of) == ((True, "in_stock", 9), THERE)


def test_what_is_not_tracked_is_always_there(shelved, api_of):
    shelved("Tea", units=None, variants=[variant("TEA-1", track_stock=False)])
    assert seen(api_of) == ((True, "in_stock", None), THERE)

    deliver(StockChanged(sku="TEA-1", on_hand=0, available=0), version=1)

    assert seen(api_of) == ((True, "in_stock", None), THERE)


def test_the_fact_says_whether_it_is_tracked(db):
    operations.create_product(
        changes={
            "title": "Tea",
            "variants": [
                variant("A", options={"Size": "S"}, track_stock=False),
                variant("B", options={"Size": "M"}),
            ],
        },
        now=NOW,
    )

    (fact,) = published(ProductChanged)
    assert [(x.sku, x.tracked) for x in fact.variants] == [("A", False), ("B", True)]
    assert published(StockDeclared) == []


def test_who_says_nothing_about_it_leaves_it_as_it_is(shelved):
    product = shelved("Tea", variants=[variant("TEA-1", track_stock=False)])

    operations.update_product(
        product_id=product.pk, changes={"variants": [variant("TEA-1", "11.00")]}, now=NOW
    )

    assert not Variant.objects.get().track_stock
    assert [x.variants[0].tracked for x in published(ProductChanged)] == [False]


def test_an_upgraded_shop_converges_by_inventorys_first_word(shelved, api_of):
    """Before, what nobody counted was shown as there."""
    shelved("Tea", units=None)
    Product.objects.update(in_stock=True)
    StockLevel.objects.update(version=StockLevel.UNSPOKEN)

    deliver(StockChanged(sku="TEA-1", on_hand=0, available=0, counted=False), version=1)

    assert seen(api_of) == ((False, "out_of_stock", None), NOT_THERE)

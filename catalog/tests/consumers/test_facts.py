from concurrent.futures import ThreadPoolExecutor, wait
from decimal import Decimal

import pytest
from django.db import connection, transaction

from catalog import operations
from catalog.models import Product, Variant
from catalog.tests.conftest import NOW
from shared.contracts.cart import OfferWithheld
from shared.contracts.inventory import StockChanged
from shared.contracts.reviews import RatingChanged
from shared.events.ids import uuid7
from shared.testing.events import deliver, published_names
from shared.testing.users import MIA

pytestmark = pytest.mark.django_db


def stock(available: int) -> StockChanged:
    return StockChanged(sku="TEA-1", on_hand=available, available=available)


def test_stock_shows_and_an_older_word_does_not(shelved):
    shelved("Tea")

    deliver(stock(0), version=2)
    deliver(stock(9), version=1)

    assert Variant.objects.get().available == 0
    assert not Product.objects.get().in_stock
    deliver(stock(3), version=3)
    assert Product.objects.get().in_stock
    assert published_names() == []


def test_stock_heard_before_the_product_counts(shelved):
    deliver(stock(0), version=1)
    shelved("Tea")

    assert Variant.objects.get().available == 0
    assert not Product.objects.get().in_stock


@pytest.mark.django_db(transaction=True)
def test_stock_and_product_that_come_at_the_same_time_meet(shelved):
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            shelved("Tea")
            other = pool.submit(in_thread, stock(0))
            # The other transaction waits for this one, or has missed it.
            wait([other], timeout=0.5)
        other.result(timeout=10)

    assert Variant.objects.get().available == 0
    assert not Product.objects.get().in_stock


def in_thread(fact: StockChanged) -> None:
    try:
        deliver(fact, version=1)
    finally:
        connection.close()


def test_one_variant_to_be_had_is_enough(shelved):
    shelved("Tea", options=[{"Size": "S"}, {"Size": "M"}])
    deliver(stock(0), version=1)
    assert Product.objects.get().in_stock


def test_a_rating_shows_and_an_older_word_does_not(shelved):
    pk = shelved("Tea").pk

    deliver(RatingChanged(product_id=pk, average=Decimal("4.50"), count=2), version=2)
    deliver(RatingChanged(product_id=pk, average=Decimal("1.00"), count=1), version=1)
    deliver(RatingChanged(product_id=uuid7(), average=None, count=0), version=1)

    product = Product.objects.get()
    assert (product.rating_average, product.rating_count) == (Decimal("4.50"), 2)
    assert product.version == 1


def test_an_edit_keeps_what_others_said(shelved):
    pk = shelved("Tea").pk
    deliver(stock(0), version=1)
    operations.update_product(product_id=pk, changes={"title": "Green tea"}, now=NOW)
    assert not Product.objects.get().in_stock


def withheld(product, version):
    deliver(
        OfferWithheld(product_id=product.pk, product_version=version, reason="too long"),
        version=version,
    )


def test_the_merchant_is_told_of_what_the_cart_could_not_take_over(shelved, client_of):
    product = shelved("Tea")
    address = f"/catalog/admin/catalog/product/{product.pk}/change/"
    told = "The cart could not take over version 1 of this product"

    withheld(product, 1)

    assert told in client_of(MIA).get(address).text
    assert "Not for sale" in client_of(MIA).get("/catalog/admin/catalog/product/").text
    operations.update_product(product_id=product.pk, changes={"title": "Green tea"}, now=NOW)
    assert told not in client_of(MIA).get(address).text


def test_what_became_of_an_older_version_does_not_matter(shelved):
    product = shelved("Tea")
    operations.update_product(product_id=product.pk, changes={"title": "Green tea"}, now=NOW)

    withheld(product, 1)

    assert Product.objects.get().withheld == ""

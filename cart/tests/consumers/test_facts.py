from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection, transaction

from cart import queries
from cart.models import Cart, Offer
from cart.tests.conftest import ALICES
from cart.tests.operations.test_check_out import check_out
from shared.contracts.catalog import ProductChanged, ProductRemoved, ProductVariant
from shared.contracts.inventory import StockChanged
from shared.contracts.orders import OrderCancelled
from shared.contracts.users import UserDeleted
from shared.events.ids import uuid7
from shared.money import Money
from shared.testing.cast import ALICE
from shared.testing.events import deliver

pytestmark = pytest.mark.django_db
PRODUCT = uuid7()


def changed(price="5.00", skus=("TEA", "BIG")):
    variants = tuple(
        ProductVariant(sku=sku, title="Tea", price=Money(Decimal(price), "EUR")) for sku in skus
    )
    return ProductChanged(
        product_id=PRODUCT, slug="tea", title="Tea", active=True, variants=variants
    )


def prices():
    return dict(Offer.objects.filter(active=True).values_list("sku", "price"))


def test_a_newer_word_wins_and_an_older_one_changes_nothing():
    deliver(changed("5.00"), version=2)
    deliver(changed("4.00"), version=1)
    assert prices() == {"TEA": Decimal("5.00"), "BIG": Decimal("5.00")}

    deliver(changed("6.00", skus=("TEA",)), version=3)
    assert prices() == {"TEA": Decimal("6.00")}


def test_stock_may_come_before_the_product():
    deliver(StockChanged(sku="TEA", on_hand=9, available=9), version=4)
    deliver(StockChanged(sku="TEA", on_hand=8, available=8), version=3)
    deliver(changed(), version=1)

    assert Offer.objects.get(sku="TEA").available == 9


def test_catalog_says_whether_stock_is_tracked():
    untracked = ProductVariant(
        sku="TEA", title="Tea", price=Money(Decimal("5.00"), "EUR"), tracked=False
    )
    deliver(changed(skus=("TEA",)), version=1)
    assert Offer.objects.get(sku="TEA").tracked

    deliver(replace(changed(), variants=(untracked,)), version=2)

    assert not Offer.objects.get(sku="TEA").tracked


def test_options_of_any_length_are_kept_whole():
    options = "Engraving: " + "x" * 2000
    variant = ProductVariant(
        sku="TEA", title="Tea", price=Money(Decimal("5.00"), "EUR"), options=options
    )
    deliver(replace(changed(), variants=(variant,)), version=1)

    assert Offer.objects.get(sku="TEA").options == options


def test_newer_stock_wins():
    deliver(changed(), version=1)
    deliver(StockChanged(sku="TEA", on_hand=8, available=8), version=5)
    deliver(StockChanged(sku="TEA", on_hand=9, available=9), version=4)

    assert Offer.objects.get(sku="TEA").available == 8


@pytest.mark.django_db(transaction=True)
def test_stock_and_product_that_come_at_the_same_time_meet():
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            deliver(changed(), version=1)
            other = pool.submit(
                in_thread, StockChanged(sku="TEA", on_hand=9, available=9), version=1
            )
            # The other transaction waits for this one, or has missed it.
            wait([other], timeout=0.5)
        other.result(timeout=10)

    assert Offer.objects.get(sku="TEA").available == 9


def in_thread(fact, **options):
    try:
        deliver(fact, **options)
    finally:
        connection.close()


def test_a_removed_product_is_not_for_sale():
    deliver(changed(), version=1)
    deliver(ProductRemoved(product_id=PRODUCT, skus=("TEA", "BIG")), version=3)
    deliver(changed(), version=2)

    assert prices() == {}


def test_a_rejected_order_reopens_the_cart(filled):
    cart = filled(TEA=2)
    checkout = check_out()

    deliver(
        OrderCancelled(
            order_id=checkout.order_id,
            number="S-1",
            customer_id=ALICE.user_id,
            email="",
            cart_id=cart.pk,
            reason="sold_out",
            was_paid=False,
        )
    )

    assert queries.find_cart(ALICES) == cart


def test_an_erased_person_has_no_cart(filled):
    filled(TEA=2)

    deliver(UserDeleted(user_id=ALICE.user_id))

    assert not Cart.objects.exists()

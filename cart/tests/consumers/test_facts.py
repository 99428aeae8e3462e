from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from cart import operations, queries
from cart.models import Cart, Offer
from cart.tests.conftest import ALICES
from cart.tests.operations.test_check_out import check_out
from shared.contracts.base import Event
from shared.contracts.cart import OfferRestored, OfferWithheld
from shared.contracts.catalog import ProductChanged, ProductRemoved, ProductVariant
from shared.contracts.inventory import StockChanged
from shared.contracts.orders import OrderCancelled
from shared.contracts.users import UserDeleted
from shared.events.failures import keep_failed_event, replay_failed_event
from shared.events.ids import uuid7
from shared.events.models import FailedEvent
from shared.money import Money
from shared.testing.events import deliver, published
from shared.testing.users import ALICE

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


def failing(price, version):
    """An event that cart cannot take, as it is kept when it has failed for good."""
    event = Event(
        id=uuid7(),
        name=ProductChanged.name,
        schema_version=1,
        occurred_at=timezone.now(),
        aggregate_id=str(PRODUCT),
        aggregate_version=version,
        payload=changed(price).to_payload(),
    )
    keep_failed_event(
        handler=ProductChanged.name,
        envelope=event.to_envelope(),
        error=ValueError("too long"),
        attempts=8,
    )
    return FailedEvent.objects.get(event_id=event.id)


def test_what_could_not_be_taken_over_is_not_sold_at_the_old_price():
    deliver(changed("12.00"), version=3)

    failing("15.00", version=5)
    deliver(changed("13.00"), version=4)

    assert prices() == {}
    assert published(OfferWithheld) == [
        OfferWithheld(product_id=PRODUCT, product_version=5, reason="ValueError: too long")
    ]
    with pytest.raises(operations.NotForSale):
        operations.add_item(owner=ALICES, sku="TEA", quantity=1, now=timezone.now())


def test_a_replay_or_a_newer_word_sells_again():
    deliver(changed("12.00"), version=3)
    failed = failing("15.00", version=5)
    replay_failed_event(failed_event_id=failed.pk)
    assert set(prices().values()) == {Decimal("15.00")}
    assert published(OfferRestored) == [OfferRestored(product_id=PRODUCT, product_version=5)]

    failing("16.00", version=6)
    deliver(changed("17.00"), version=7)
    assert set(prices().values()) == {Decimal("17.00")}
    assert len(published(OfferRestored)) == 1


def test_a_failure_that_a_newer_word_overtook_withholds_nothing():
    deliver(changed("12.00"), version=6)

    failing("15.00", version=5)

    assert set(prices().values()) == {Decimal("12.00")}

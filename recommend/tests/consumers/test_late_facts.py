"""Facts that come late, twice or in another order leave what they leave in their own."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from recommend.models import Product, Purchase
from shared.contracts.catalog import ProductChanged, ProductRemoved
from shared.contracts.orders import OrderCancelled, OrderClaimed, OrderPaid
from shared.contracts.parts import PricedLine, Totals
from shared.contracts.reviews import RatingChanged
from shared.contracts.users import UserDeleted
from shared.events.consuming import load_handlers
from shared.events.ids import uuid7
from shared.money import Money
from shared.testing.events import deliver
from shared.testing.fact_orders import BEGAN, assert_any_order_ends_alike, history, rows_of
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db
PRODUCT = uuid7()
ONE = Money(Decimal(1), "EUR")
ZERO = ONE - ONE
LINE = PricedLine(product_id=PRODUCT, sku="TEA", title="Tea", quantity=1, unit_price=ONE, total=ONE)
TOTALS = Totals(subtotal=ONE, discount=ZERO, shipping=ZERO, tax=ZERO, total=ONE)
ORDER = {"order_id": uuid7(), "number": "S-1", "customer_id": ALICE.user_id, "email": ALICE.email}
PAID = OrderPaid(**ORDER, cart_id=uuid7(), lines=(LINE,), totals=TOTALS)
CANCELLED = OrderCancelled(**ORDER, cart_id=uuid7(), reason="customer", was_paid=True)
REMOVED = ProductRemoved(product_id=PRODUCT, skus=("TEA",))


def changed(title, active=True):
    return ProductChanged(
        product_id=PRODUCT, slug=title.lower(), title=title, active=active, variants=()
    )


def rated(average, count):
    return RatingChanged(product_id=PRODUCT, average=Decimal(average), count=count)


GUESTS = replace(PAID, customer_id=None)
CLAIMED = OrderClaimed(
    **ORDER,
    status="paid",
    total=ONE,
    paid_at=BEGAN + timedelta(minutes=1),
    product_ids=(PRODUCT,),
)
UNPAID = replace(CLAIMED, status="awaiting_payment", paid_at=None)
STORIES = {
    "claimed": (GUESTS, CLAIMED),
    "claimed and cancelled": (GUESTS, CLAIMED, CANCELLED),
    "cancelled and claimed": (GUESTS, CANCELLED, CLAIMED),
    "claimed and paid": (UNPAID, PAID),
    "claimed and erased": (GUESTS, CLAIMED, UserDeleted(user_id=ALICE.user_id)),
    "removed": (changed("Tea"), changed("Green tea"), REMOVED),
    "withdrawn": (changed("Tea"), changed("Tea", active=False), changed("Green tea")),
    "rated": (changed("Tea"), rated("4.50", 2), rated("5.00", 3)),
    "cancelled": (PAID, CANCELLED),
    "erased": (PAID, UserDeleted(user_id=ALICE.user_id)),
}


def state():
    return (
        rows_of(Product, "title", "slug", "rating", "rating_count", active=True),
        rows_of(Purchase, "order_id", "product_id", "customer_id", "at"),
    )


@pytest.mark.parametrize("name", STORIES)
def test_any_order_ends_alike(name):
    assert_any_order_ends_alike(history(*STORIES[name]), state)


def test_every_fact_that_is_consumed_is_told_of():
    told = {fact.name for facts in STORIES.values() for fact in facts}

    # A request for a copy of one's data changes nothing.
    assert told == set(load_handlers()[0]) - {"user.export_requested"}


def test_a_removed_product_is_not_revived():
    deliver(REMOVED, version=6)
    deliver(changed("Tea"), version=5)

    assert not Product.objects.filter(active=True).exists()


def test_an_order_that_was_called_off_is_no_signal():
    deliver(CANCELLED, version=5)
    deliver(PAID, version=3)

    assert not Purchase.objects.exists()

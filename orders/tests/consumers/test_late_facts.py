"""Facts that come late, twice or in another order leave what they leave in their own."""

import pytest

from orders.models import Order
from orders.tests.conftest import HOUR, NOW, eur, make_checkout
from shared.contracts.inventory import StockRejected, StockReleased, StockReserved
from shared.contracts.payments import PaymentSucceeded
from shared.events.ids import uuid7
from shared.testing.stories import assert_any_order_ends_alike, held, story

pytestmark = pytest.mark.django_db
CHECKOUT = make_checkout()
ORDER_ID = CHECKOUT.order_id
RESERVED = StockReserved(order_id=ORDER_ID, expires_at=NOW + HOUR)
PAID = PaymentSucceeded(order_id=ORDER_ID, payment_id=uuid7(), amount=eur("24.90"))
STORIES = {
    "paid": (CHECKOUT, RESERVED, PAID),
    "sold out": (CHECKOUT, StockRejected(order_id=ORDER_ID, shortages=())),
    "never paid": (CHECKOUT, RESERVED, StockReleased(order_id=ORDER_ID, reason="expired")),
}


def state():
    return held(Order, "id", "status", "paid", "refunded")


@pytest.mark.parametrize("name", STORIES)
def test_any_order_ends_alike(name):
    assert_any_order_ends_alike(story(*STORIES[name]), state)

"""Facts that come late, twice or in another order leave the units that they leave in their own."""

import pytest

from inventory.models import StockItem
from shared.contracts.catalog import StockDeclared
from shared.contracts.orders import OrderCancelled, OrderPaid, OrderPlaced
from shared.contracts.parts import PricedLine, Totals
from shared.events.ids import uuid7
from shared.money import Money
from shared.testing.stories import assert_any_order_ends_alike, held, story

pytestmark = pytest.mark.django_db
ONE = Money.from_minor(100, "EUR")
ZERO = ONE - ONE
TOTALS = Totals(subtotal=ONE, discount=ZERO, shipping=ZERO, tax=ZERO, total=ONE)
LINE = PricedLine(
    product_id=uuid7(), sku="TEA", title="Tea", quantity=3, unit_price=ONE, total=ONE * 3
)
ORDER = {"order_id": uuid7(), "number": "S-1", "customer_id": None, "email": ""}
BOUGHT = {"cart_id": uuid7(), "lines": (LINE,), "totals": TOTALS}
PLACED = OrderPlaced(**ORDER, **BOUGHT)
PAID = OrderPaid(**ORDER, **BOUGHT)
CANCELLED = OrderCancelled(**ORDER, cart_id=uuid7(), reason="customer", was_paid=True)
STORIES = {
    "called off before it was paid": (PLACED, CANCELLED),
    "called off after it was paid": (PLACED, PAID, CANCELLED),
}


def state():
    return held(StockItem, "sku", "on_hand", "reserved")


@pytest.mark.parametrize("name", STORIES)
def test_any_order_ends_alike(stocked, name):
    stocked("TEA", 7)

    assert_any_order_ends_alike(story(*STORIES[name]), state)


def test_a_second_count_from_outside_changes_nothing_whenever_it_comes():
    first = StockDeclared(sku="TEA", quantity=5, source="a file")

    assert_any_order_ends_alike(story(first), state)

"""Facts that come late, twice or in another order leave the units that they leave in their own."""

from decimal import Decimal

import pytest

from inventory.models import StockItem
from shared.contracts.catalog import ProductChanged, ProductVariant, StockDeclared
from shared.contracts.orders import OrderCancelled, OrderPaid, OrderPlaced, ReturnReceived
from shared.contracts.parts import PricedLine, Quantity, Totals
from shared.contracts.users import UserDeleted
from shared.events.consuming import load_handlers
from shared.events.ids import uuid7
from shared.money import Money
from shared.testing.fact_orders import assert_any_order_ends_alike, history, rows_of
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db
ONE = Money(Decimal(1), "EUR")
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
RETURNED = ReturnReceived(**ORDER, return_id=uuid7(), lines=(Quantity(sku="TEA", quantity=2),))
PRODUCT = uuid7()


def changed(title, tracked=True):
    variant = ProductVariant(sku="TEA", title=title, price=ONE, tracked=tracked)
    return ProductChanged(
        product_id=PRODUCT, slug="tea", title=title, active=True, variants=(variant,)
    )


STORIES = {
    "called off before it was paid": (PLACED, CANCELLED),
    "called off after it was paid": (PLACED, PAID, CANCELLED),
    "sent back": (PLACED, PAID, RETURNED),
    "renamed": (changed("Tea"), changed("Green tea")),
    "no longer tracked": (changed("Tea"), changed("Tea", tracked=False), changed("Tea")),
    "declared": (StockDeclared(sku="TEA", quantity=5, source="a file"),),
    "erased": (UserDeleted(user_id=ALICE.user_id),),
}
# They change nothing: what is kept is told of.
TOLD_ONLY = {"statement.requested", "user.export_requested"}


def state():
    return rows_of(StockItem, "sku", "on_hand", "reserved", "title", "tracked")


@pytest.mark.parametrize("name", STORIES)
def test_any_order_ends_alike(stocked, name):
    stocked("TEA", 7)

    assert_any_order_ends_alike(history(*STORIES[name]), state)


def test_every_fact_that_is_consumed_is_told_of():
    told = {fact.name for facts in STORIES.values() for fact in facts}

    assert told == set(load_handlers()[0]) - TOLD_ONLY

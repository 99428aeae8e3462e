"""Facts that come late, twice or in another order leave what they leave in their own."""

from decimal import Decimal

import pytest

from cart.models import Cart, Offer, StockLevel
from shared.contracts.catalog import ProductChanged, ProductRemoved, ProductVariant
from shared.contracts.inventory import StockChanged
from shared.contracts.orders import OrderCancelled, OrderPaid
from shared.contracts.parts import Totals
from shared.contracts.users import UserDeleted
from shared.events.consuming import load_handlers
from shared.events.ids import uuid7
from shared.money import Money
from shared.testing.events import deliver
from shared.testing.fact_orders import Said, assert_any_order_ends_alike, history, rows_of
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db
TEA, POT = uuid7(), uuid7()
ONE = Money(Decimal(1), "EUR")
ZERO = ONE - ONE
TOTALS = Totals(subtotal=ONE, discount=ZERO, shipping=ZERO, tax=ZERO, total=ONE)
ORDER = {
    "order_id": uuid7(),
    "number": "S-1",
    "customer_id": ALICE.user_id,
    "email": ALICE.email,
    "cart_id": uuid7(),
}


def changed(title, *skus, product_id=TEA, active=True):
    variants = tuple(ProductVariant(sku=sku, title=title, price=ONE) for sku in skus)
    return ProductChanged(
        product_id=product_id, slug="tea", title=title, active=active, variants=variants
    )


def level(available):
    return StockChanged(sku="A", on_hand=available, available=available)


REMOVED = ProductRemoved(product_id=TEA, skus=("A",))
STORIES = {
    "removed": (changed("Tea", "A", "B"), changed("Green tea", "A"), REMOVED),
    "counted": (changed("Tea", "A"), level(5), level(0)),
    "paid": (OrderPaid(**ORDER, lines=(), totals=TOTALS),),
    "cancelled": (OrderCancelled(**ORDER, reason="customer", was_paid=False),),
    "erased": (UserDeleted(user_id=ALICE.user_id),),
}
# A SKU goes from one product, which is at its eighth version, to another that is new.
MOVED = (
    Said(changed("Tea", "A", "B"), 7, 1),
    Said(changed("Tea", "B"), 8, 3),
    Said(changed("Pot", "A", product_id=POT), 1, 3),
)


def state():
    return (
        rows_of(Offer, "sku", "product_id", "title", "price", "available", active=True),
        rows_of(StockLevel, "sku", "available", version__gt=StockLevel.UNSPOKEN),
        rows_of(Cart, "id", "status"),
    )


@pytest.mark.parametrize("name", STORIES)
def test_any_order_ends_alike(name):
    assert_any_order_ends_alike(history(*STORIES[name]), state)


def test_a_sku_that_moves_between_products_ends_at_the_second():
    assert_any_order_ends_alike(MOVED, state)


def test_a_sku_that_moves_to_a_draft_is_not_sold_by_its_former_product():
    moved = (MOVED[0], Said(changed("Pot", "A", product_id=POT, active=False), 1, 3))

    assert_any_order_ends_alike(moved, state)


def test_every_fact_that_is_consumed_is_told_of():
    told = {fact.name for facts in STORIES.values() for fact in facts}

    # A request for a copy of one's data changes nothing.
    assert told == set(load_handlers()[0]) - {"user.export_requested"}


def test_a_removed_product_is_not_revived_though_it_was_never_seen():
    deliver(REMOVED, version=6)
    deliver(changed("Tea", "A"), version=5)

    assert not Offer.objects.filter(active=True).exists()

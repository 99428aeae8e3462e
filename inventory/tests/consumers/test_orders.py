from dataclasses import fields
from decimal import Decimal

import pytest

from inventory.models import Reservation, StockItem
from shared.contracts.catalog import ProductChanged, ProductVariant, StockDeclared
from shared.contracts.orders import OrderCancelled, OrderPaid, OrderPlaced, ReturnReceived
from shared.contracts.parts import PricedLine, Quantity, Totals
from shared.events.ids import uuid7
from shared.money import Money
from shared.testing.events import deliver
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db
EUR = Money(Decimal(5), "EUR")
TOTALS = Totals(subtotal=EUR, discount=EUR - EUR, shipping=EUR - EUR, tax=EUR - EUR, total=EUR)


def placed(order_id):
    line = PricedLine(
        product_id=uuid7(), sku="TEA", title="Tea", quantity=3, unit_price=EUR, total=EUR * 3
    )
    return OrderPlaced(
        order_id=order_id,
        number="S-1",
        customer_id=ALICE.user_id,
        email=ALICE.email,
        cart_id=uuid7(),
        lines=(line,),
        totals=TOTALS,
    )


def paid(order_id):
    fact = placed(order_id)
    return OrderPaid(**{f.name: getattr(fact, f.name) for f in fields(fact)})


def cancelled(order_id):
    return OrderCancelled(
        order_id=order_id,
        number="S-1",
        customer_id=None,
        email="",
        cart_id=uuid7(),
        reason="customer",
        was_paid=False,
    )


def test_an_order_holds_then_takes_its_units(stocked, units, order_id):
    stocked("TEA", 7)

    deliver(placed(order_id))
    assert units("TEA") == (7, 3)

    deliver(paid(order_id))
    assert units("TEA") == (4, 0)


def test_a_cancellation_that_overtakes_the_order_wins(stocked, units, order_id):
    stocked("TEA", 7)

    deliver(cancelled(order_id))
    deliver(placed(order_id))

    assert units("TEA") == (7, 0)
    assert Reservation.objects.get().status == "released"


def test_a_return_is_restocked_once(stocked, units, order_id):
    stocked("TEA", 7)

    deliver(
        ReturnReceived(
            order_id=order_id,
            number="S-1",
            customer_id=None,
            email="",
            return_id=uuid7(),
            lines=(Quantity(sku="TEA", quantity=2),),
        )
    )

    assert units("TEA") == (9, 0)


def test_a_new_product_can_be_stocked(db):
    variant = ProductVariant(sku="TEA", title="Tea", price=EUR)
    deliver(
        ProductChanged(
            product_id=uuid7(), slug="tea", title="Tea", active=True, variants=(variant,)
        )
    )
    deliver(StockDeclared(sku="TEA", quantity=12, source="import"))

    assert StockItem.objects.values_list("sku", "title", "on_hand").get() == ("TEA", "Tea", 12)

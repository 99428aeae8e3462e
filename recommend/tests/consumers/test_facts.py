from datetime import UTC, datetime
from decimal import Decimal

import pytest

from recommend.models import Product, Purchase, Trend
from shared.contracts.catalog import ProductChanged, ProductRemoved, ProductVariant
from shared.contracts.orders import OrderCancelled, OrderClaimed, OrderPaid
from shared.contracts.parts import PricedLine, Totals
from shared.contracts.reviews import RatingChanged
from shared.events.ids import uuid7
from shared.money import Money
from shared.testing.events import deliver
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db
ONE = Money(Decimal(1), "EUR")


def test_products_are_copied_with_their_lowest_and_highest_price():
    variants = tuple(
        ProductVariant(sku=str(n), title="Tea", price=Money(Decimal(n), "EUR")) for n in (3, 2)
    )
    fact = ProductChanged(
        product_id=uuid7(), slug="tea", title="Tea", active=True, variants=variants
    )

    deliver(fact, version=2)
    deliver(ProductChanged(**{**vars(fact), "title": "Old"}), version=1)
    deliver(RatingChanged(product_id=fact.product_id, average=Decimal("4.50"), count=2), version=1)

    product = Product.objects.get()
    assert (product.title, product.rating) == ("Tea", Decimal("4.50"))
    assert (product.price, product.price_max) == (2, 3)

    deliver(ProductRemoved(product_id=fact.product_id, skus=()))
    assert not Product.objects.get().active


def test_a_paid_order_is_a_signal_until_it_is_called_off():
    order_id, zero = uuid7(), ONE - ONE
    lines = tuple(
        PricedLine(product_id=uuid7(), sku=s, title=s, quantity=1, unit_price=ONE, total=ONE)
        for s in "ab"
    )
    totals = Totals(subtotal=ONE, discount=zero, shipping=zero, tax=zero, total=ONE)
    base = {"order_id": order_id, "number": "S-1", "customer_id": None, "email": ""}

    deliver(OrderPaid(**base, cart_id=uuid7(), lines=lines, totals=totals))
    assert Purchase.objects.count() == 2

    deliver(OrderCancelled(**base, cart_id=uuid7(), reason="customer", was_paid=True))
    assert not Purchase.objects.exists()


@pytest.mark.parametrize("late", [False, True])
def test_a_claimed_order_is_one_signal_of_the_account_that_claimed_it(late):
    zero = ONE - ONE
    line = PricedLine(product_id=uuid7(), sku="a", title="a", quantity=1, unit_price=ONE, total=ONE)
    totals = Totals(subtotal=ONE, discount=zero, shipping=zero, tax=zero, total=ONE)
    base = {"order_id": uuid7(), "number": "S-1", "email": ""}
    paid_at = datetime(2026, 5, 4, tzinfo=UTC)
    claimed = OrderClaimed(
        **base,
        customer_id=ALICE.user_id,
        status="paid",
        total=ONE,
        paid_at=paid_at,
        product_ids=(line.product_id,),
    )
    paid = OrderPaid(**base, customer_id=None, cart_id=uuid7(), lines=(line,), totals=totals)
    told = [(paid, 3), (claimed, 4)]

    for fact, version in reversed(told) if late else told:
        deliver(fact, version=version, occurred_at=paid_at)

    assert Purchase.objects.get().customer_id == ALICE.user_id
    assert Trend.objects.get().bought == 1

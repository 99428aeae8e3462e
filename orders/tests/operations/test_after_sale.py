from decimal import Decimal

import pytest

from orders import operations
from orders.models import Refund, Return
from orders.rules.returns import TooManyReturned
from orders.tests.conftest import HOUR, NOW, eur, in_currency, make_checkout
from shared.contracts.orders import OrderDelivered, OrderShipped, RefundRequested, ReturnReceived
from shared.contracts.parts import Quantity
from shared.errors import IdempotencyKeyReused, InvalidInput
from shared.events.ids import uuid7
from shared.testing.events import published, published_names

pytestmark = pytest.mark.django_db
TEA = Quantity(sku="TEA", quantity=1)


def ship(order):
    return operations.ship_order(
        order_id=order.id, carrier="DHL", tracking_number="T9", actor="Mia", now=NOW
    )


def test_shipping_tells_the_tracking_number_once(order_in):
    order = order_in("paid")

    for _ in range(3):
        ship(order)

    assert [fact.tracking_number for fact in published(OrderShipped)] == ["T9"]


@pytest.mark.parametrize("status", ["placed", "awaiting_payment", "cancelled", "delivered"])
def test_nothing_is_shipped_that_is_not_paid(order_in, status):
    order = order_in(status)

    with pytest.raises(operations.WrongStatus):
        ship(order)

    assert published_names() == []


def test_a_delivery_names_the_products(order_in):
    order = order_in("shipped")

    for _ in range(3):
        operations.deliver_order(order_id=order.id, actor="Mia", now=NOW)

    (fact,) = published(OrderDelivered)
    assert len(fact.product_ids) == 2


def test_partial_refunds_never_exceed_the_payment(order_in):
    order = order_in("paid")
    operations.refund_order(order_id=order.id, amount=Decimal("20.00"), reason="sorry", now=NOW)

    with pytest.raises(operations.RefundTooLarge):
        operations.refund_order(order_id=order.id, amount=Decimal("4.91"), reason="x", now=NOW)
    with pytest.raises(InvalidInput):
        operations.refund_order(order_id=order.id, amount=Decimal("0"), reason="x", now=NOW)

    assert Refund.objects.count() == 1


def test_a_refund_is_asked_for_once_by_its_id(order_in):
    order, refund_id = order_in("paid"), uuid7()
    wish = {"order_id": order.id, "refund_id": refund_id, "now": NOW}

    for _ in range(3):
        again = operations.refund_order(**wish, amount=Decimal("12.45"), reason="sorry")
        assert again.id == refund_id
    for other in ({"amount": Decimal("1.00"), "reason": "sorry"}, {"amount": Decimal("12.45")}):
        with pytest.raises(IdempotencyKeyReused):
            operations.refund_order(**{**wish, "reason": "late", **other})

    assert [x.amount for x in published(RefundRequested)] == [eur("12.45")]


def test_two_refunds_of_one_amount_are_two(order_in):
    order = order_in("paid")

    for refund_id in (uuid7(), None, uuid7(), None):
        operations.refund_order(
            order_id=order.id, refund_id=refund_id, amount=Decimal("5"), reason="x", now=NOW
        )

    assert len({x.refund_id for x in published(RefundRequested)}) == 4


def test_a_cancellation_gives_back_only_what_is_left(order_in):
    order = order_in("paid")
    operations.refund_order(order_id=order.id, amount=Decimal("20.00"), reason="sorry", now=NOW)

    operations.cancel_order(order_id=order.id, reason="customer", actor="Alice", now=NOW)

    assert [x.amount for x in published(RefundRequested)] == [eur("20.00"), eur("4.90")]


def test_a_return_is_restocked_and_refunded_once(order_in):
    order = order_in("delivered")
    made = operations.request_return(
        order_id=order.id, return_id=uuid7(), lines=[TEA], reason="", now=NOW
    )

    for _ in range(3):
        operations.receive_return(return_id=made.id, now=NOW)

    assert [fact.lines for fact in published(ReturnReceived)] == [(TEA,)]
    # 5.00 less its share of the 2.00 discount on goods of 22.00.
    assert [fact.amount for fact in published(RefundRequested)] == [eur("4.55")]


def test_a_return_is_asked_for_once_by_its_id(order_in):
    order = order_in("delivered")
    wish = {"order_id": order.id, "return_id": uuid7(), "reason": "cold", "now": NOW}

    for _ in range(3):
        operations.request_return(**wish, lines=[TEA])
    for other in ({"lines": [TEA, TEA]}, {"lines": [TEA], "reason": "late"}):
        with pytest.raises(IdempotencyKeyReused):
            operations.request_return(**{**wish, **other})

    assert [made.lines for made in Return.objects.all()] == [[{"sku": "TEA", "quantity": 1}]]


def test_no_more_is_returned_than_was_bought(order_in):
    order = order_in("delivered")
    operations.request_return(
        order_id=order.id, return_id=uuid7(), lines=[TEA, TEA], reason="", now=NOW
    )

    with pytest.raises(TooManyReturned):
        operations.request_return(
            order_id=order.id, return_id=uuid7(), lines=[TEA], reason="", now=NOW
        )

    assert Return.objects.count() == 1


def test_an_erased_customer_leaves_the_order_without_a_person(order_in):
    order = order_in("delivered")

    operations.forget_customer(customer_id=order.customer_id, emails=[order.email], now=NOW)

    order.refresh_from_db()
    assert (order.customer_id, order.shipping_address) == (None, {"country": "DE"})


def shipped(fields):
    order = operations.place_order(checkout=make_checkout(**fields), now=NOW)
    operations.await_payment(order_id=order.pk, expires_at=NOW + HOUR, now=NOW)
    operations.record_payment(order_id=order.pk, amount=fields["totals"].total, now=NOW)
    operations.ship_order(order_id=order.pk, carrier="", tracking_number="", actor="M", now=NOW)
    return order


def test_returns_one_by_one_give_back_no_more_than_the_goods_cost():
    fields = in_currency("EUR", "1.00", "0.08", "4.90")
    order = shipped(fields)
    for _ in range(3):
        made = operations.request_return(
            order_id=order.pk,
            return_id=uuid7(),
            lines=[Quantity(sku="TEA", quantity=1)],
            reason="",
            now=NOW,
        )
        operations.receive_return(return_id=made.pk, now=NOW)
        operations.receive_return(return_id=made.pk, now=NOW)

    assert sum(fact.amount.amount for fact in published(RefundRequested)) == Decimal("2.92")


@pytest.mark.parametrize(
    ("sent", "returned"), [("5.00", "15.00"), ("20.00", "0.00"), ("22.00", "0.00")]
)
def test_goods_whose_price_went_back_in_part_give_back_the_rest(sent, returned):
    """Three for 30.00 less 10.00, and 4.90 for sending them."""
    order = shipped(in_currency("EUR", "10.00", "10.00", "4.90"))
    operations.refund_order(order_id=order.pk, amount=Decimal(sent), reason="damaged", now=NOW)
    for quantity in (2, 1):
        made = operations.request_return(
            order_id=order.pk,
            return_id=uuid7(),
            lines=[Quantity(sku="TEA", quantity=quantity)],
            reason="",
            now=NOW,
        )
        operations.receive_return(return_id=made.pk, now=NOW)

    amounts = [fact.amount.amount for fact in published(RefundRequested)]
    assert sum(amounts[1:]) == Decimal(returned)

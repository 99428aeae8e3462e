import pytest
from django.db import IntegrityError, transaction

from orders import operations
from orders.models import TRANSITIONS, Order, OrderTransition, Refund, Status
from orders.tests.conftest import HOUR, NOW, eur, make_checkout
from shared.contracts.orders import (
    OrderAwaitingPayment,
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    RefundRequested,
)
from shared.contracts.parts import Totals
from shared.testing.events import published, published_names

pytestmark = pytest.mark.django_db


def pay(order, amount="24.90"):
    operations.record_payment(order_id=order.id, amount=eur(amount), now=NOW)


def test_a_checkout_becomes_one_order_with_its_prices():
    checkout = make_checkout()

    for _ in range(3):
        order = operations.place_order(checkout=checkout, now=NOW)

    assert Order.objects.count() == 1
    assert order.number.startswith("S-1")
    assert order.lines.count() == 2
    (fact,) = published(OrderPlaced)
    assert (fact.order_id, fact.lines, fact.totals) == (
        checkout.order_id,
        checkout.lines,
        checkout.totals,
    )


def test_held_stock_lets_the_shopper_pay(order_in):
    order = order_in("placed")

    for _ in range(3):
        operations.await_payment(order_id=order.id, expires_at=NOW + HOUR, now=NOW)

    (fact,) = published(OrderAwaitingPayment)
    assert (fact.amount, fact.expires_at) == (eur("24.90"), NOW + HOUR)


def test_an_order_that_costs_nothing_is_paid_at_once(order_in):
    free = Totals(
        subtotal=eur("22.00"),
        discount=eur("22.00"),
        shipping=eur("0.00"),
        tax=eur("0.00"),
        total=eur("0.00"),
    )
    order = order_in("placed", totals=free)

    operations.await_payment(order_id=order.id, expires_at=NOW + HOUR, now=NOW)

    assert published_names() == ["order.paid"]


def test_a_payment_makes_it_paid_once(order_in):
    order = order_in("awaiting_payment")

    for _ in range(3):
        pay(order)

    order.refresh_from_db()
    assert (order.status, order.paid) == ("paid", order.total)
    assert len(published(OrderPaid)) == 1


def test_a_wrong_amount_is_never_taken_for_the_payment(order_in):
    order = order_in("awaiting_payment")

    with pytest.raises(operations.PaymentDiffers), transaction.atomic():
        pay(order, "24.89")

    order.refresh_from_db()
    assert (order.status, order.paid) == ("awaiting_payment", 0)
    assert published_names() == []


def test_a_payment_after_the_cancellation_goes_back_by_itself(order_in):
    order = order_in("cancelled")

    for _ in range(3):
        pay(order)

    (asked,) = published(RefundRequested)
    assert (asked.amount, asked.reason) == (eur("24.90"), "paid_after_cancellation")
    assert published(OrderPaid) == []


def test_a_cancelled_paid_order_asks_for_its_money_back(order_in):
    order = order_in("paid")

    for _ in range(3):
        operations.cancel_order(order_id=order.id, reason="customer", actor="Alice", now=NOW)

    (cancelled,) = published(OrderCancelled)
    assert cancelled.was_paid
    assert [line.quantity for line in cancelled.lines] == [1, 2]
    assert [asked.amount for asked in published(RefundRequested)] == [eur("24.90")]


def test_it_is_refunded_when_all_the_money_is_back(order_in):
    order = order_in("paid")
    operations.cancel_order(order_id=order.id, reason="customer", actor="Alice", now=NOW)
    refund = Refund.objects.get()

    for _ in range(3):
        operations.record_refund(
            order_id=order.id, refund_id=refund.id, amount=eur("24.90"), now=NOW
        )

    order.refresh_from_db()
    assert (order.status, order.refunded) == ("refunded", order.paid)
    assert [fact.amount for fact in published(OrderRefunded)] == [eur("24.90")]


@pytest.mark.parametrize(
    ("status", "reason", "ends"),
    [
        ("placed", "sold_out", "cancelled"),
        ("awaiting_payment", "hold_expired", "cancelled"),
        ("paid", "sold_out", "cancelled"),
        ("paid", "hold_expired", "paid"),
        ("shipped", "sold_out", "shipped"),
    ],
)
def test_lost_stock_ends_only_what_it_may(order_in, status, reason, ends):
    order = order_in(status)

    for _ in range(3):
        operations.end_without_stock(order_id=order.id, reason=reason, now=NOW)

    order.refresh_from_db()
    assert order.status == ends
    assert len(published(OrderCancelled)) == (ends != status)


@pytest.mark.parametrize("status", ["shipped", "delivered"])
def test_it_is_not_cancelled_once_the_parcel_left(order_in, status):
    order = order_in(status)

    with pytest.raises(operations.NotCancellable):
        operations.cancel_order(order_id=order.id, reason="customer", actor="Alice", now=NOW)

    assert published_names() == []


def test_every_step_leaves_an_audit_row(order_in):
    order = order_in("delivered")

    steps = OrderTransition.objects.filter(order=order).order_by("pk")
    assert [step.status for step in steps] == [
        "placed",
        "awaiting_payment",
        "paid",
        "shipped",
        "delivered",
    ]
    assert [step.actor for step in steps][-1] == "Mia"


def test_every_status_has_its_row_in_the_table():
    assert set(TRANSITIONS) == set(Status)


def test_the_database_refuses_to_refund_more_than_was_paid(order_in):
    order_in("paid")

    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.update(refunded=100)

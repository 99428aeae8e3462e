"""A person is erased: open orders go on, and name nobody once they have ended."""

import pytest
from django.utils import timezone

from orders import operations
from orders.models import KnownAccount, Order, OrderTransition, Return, Status
from orders.tests.conftest import NOW, make_checkout
from shared.auth.erasure import ERASED_EMAIL
from shared.contracts.base import to_json
from shared.contracts.orders import OrderForgotten, OrderShipped
from shared.testing.erasure import DORA, ERASED, FORMER, HOME, assert_forgets
from shared.testing.events import deliver, published, published_names
from shared.testing.exporting import exported

pytestmark = pytest.mark.django_db
DORAS = {
    "customer_id": DORA.user_id,
    "email": DORA.email,
    "shipping_address": HOME,
    "billing_address": HOME,
}


def erase():
    deliver(ERASED)


def ship(order):
    operations.ship_order(
        order_id=order.pk, carrier="DHL", tracking_number="T1", actor="mia", now=NOW
    )


def test_nothing_of_an_erased_person_is_left(order_in):
    order = order_in("cancelled", **DORAS)
    OrderTransition.objects.filter(order=order).update(actor=DORA.email, note=DORA.name)
    shipped = order_in("shipped")
    OrderTransition.objects.filter(order=shipped, status="shipped").update(actor=FORMER.email)
    OrderTransition.objects.filter(order=shipped, status="paid").update(actor=DORA.user_id)
    Return.objects.create(
        pk=order.pk, order=order, lines=[], reason=DORA.name, received_at=timezone.now()
    )

    KnownAccount.objects.create(customer_id=DORA.user_id, email=DORA.email, verified=True)

    assert_forgets(erase)

    order.refresh_from_db()
    assert (order.customer_id, order.email) == (None, ERASED_EMAIL)
    assert order.shipping_address == {"country": "DE"}
    assert {step.actor for step in shipped.transitions.all()} == {"system", "erased"}


@pytest.mark.parametrize("status", ["placed", "awaiting_payment", "paid", "shipped"])
def test_an_open_order_keeps_what_delivery_needs(order_in, status):
    order = order_in(status, **DORAS)

    erase()

    order.refresh_from_db()
    assert (order.email, order.shipping_address) == (DORA.email, to_json(HOME))
    assert (order.customer_id, order.status) == (None, status)
    assert "order.forgotten" not in published_names()


def test_it_is_shipped_to_the_person_as_to_a_guest_and_then_forgotten(order_in):
    order = order_in("paid", **DORAS)
    erase()

    ship(order)
    (shipped,) = published(OrderShipped)
    assert (shipped.email, shipped.customer_id) == (DORA.email, None)
    operations.forget_ended(now=NOW)
    assert Order.objects.get().email == DORA.email

    operations.deliver_order(order_id=order.pk, actor="mia", now=NOW)
    for _ in range(3):
        operations.forget_ended(now=NOW)

    order.refresh_from_db()
    assert (order.email, order.tracking_number) == (ERASED_EMAIL, "")
    assert order.shipping_address == {"country": "DE"}
    assert published(OrderForgotten) == [OrderForgotten(order_id=order.pk)]


def test_a_return_under_way_keeps_the_order_open(order_in):
    order = order_in("delivered", **DORAS)
    back = Return.objects.create(pk=order.pk, order=order, lines=[], reason="")
    erase()
    assert Order.objects.get().email == DORA.email

    Return.objects.filter(pk=back.pk).update(received_at=NOW)
    operations.forget_ended(now=NOW)

    assert Order.objects.get().email == ERASED_EMAIL


def test_a_checkout_that_comes_after_the_erasure_is_a_guests(db):
    erase()

    operations.place_order(checkout=make_checkout(**DORAS), now=NOW)

    order = Order.objects.get()
    assert (order.customer_id, order.forget_when_ended) == (None, True)
    operations.cancel_order(order_id=order.pk, reason="shopper", actor="guest", now=NOW)
    operations.forget_ended(now=NOW)
    assert Order.objects.get().email == ERASED_EMAIL


def test_other_peoples_orders_stay_as_they_are(order_in):
    order = order_in("cancelled")
    before = Order.objects.values().get(pk=order.pk)

    erase()
    operations.forget_ended(now=NOW)

    assert Order.objects.values().get(pk=order.pk) == before
    assert Order.objects.get().status == Status.CANCELLED


def test_the_export_tells_a_persons_orders_and_nobody_elses(order_in):
    order = order_in("paid", **DORAS)
    order_in("paid")

    told = exported()

    assert [row["number"] for row in told["orders"]] == [order.number]
    assert told["orders"][0]["shipping_address"]["line1"] == HOME.line1
    assert {row["sku"] for row in told["lines"]} == {"TEA", "POT"}
    assert [row["status"] for row in told["steps"]] == ["placed", "awaiting_payment", "paid"]


def test_the_export_says_who_made_a_step_without_a_name(order_in):
    order = order_in("shipped", **DORAS)
    other = order_in("shipped")
    OrderTransition.objects.filter(order=order, status="paid").update(actor=FORMER.email)
    OrderTransition.objects.filter(order=other, status="shipped").update(actor=DORA.user_id)

    told = exported()

    assert [(row["status"], row["by"]) for row in told["steps"]] == [
        ("placed", "system"),
        ("awaiting_payment", "system"),
        ("paid", "you"),
        ("shipped", "staff"),
    ]
    assert [(row["order__number"], row["status"]) for row in told["work"]] == [
        (other.number, "shipped")
    ]

"""A person is erased: open orders go on, and name nobody once they have ended."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders import operations
from orders.models import Order, OrderTransition, ProvedAddress, Refund, Return, Status
from orders.tests.conftest import NOW, make_checkout
from shared.auth.erasure import ERASED_EMAIL
from shared.contracts.base import to_json
from shared.contracts.orders import (
    OrderDelivered,
    OrderForgotten,
    OrderRefunded,
    OrderShipped,
)
from shared.events.failures import keep_failed_event
from shared.events.ids import uuid7
from shared.events.models import FailedEvent
from shared.testing.erasure import DORA, ERASED, FORMER, HOME, assert_forgets, failed_checkout
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


def erase_at(now):
    operations.forget_customer(customer_id=DORA.user_id, emails=[DORA.email], now=now)


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

    ProvedAddress.objects.create(email=DORA.email, customer_id=DORA.user_id, told_at=NOW)

    assert_forgets(erase)

    order.refresh_from_db()
    assert (order.customer_id, order.email) == (None, ERASED_EMAIL)
    assert order.shipping_address == {"country": "DE"}
    assert {step.actor for step in shipped.transitions.all()} == {"system", "erased"}


@pytest.mark.parametrize("status", ["placed", "awaiting_payment", "paid", "shipped"])
def test_an_open_order_keeps_what_delivery_needs(order_in, status):
    order = order_in(status, **DORAS)

    erase_at(NOW)

    order.refresh_from_db()
    assert (order.email, order.shipping_address) == (DORA.email, to_json(HOME))
    assert (order.customer_id, order.status) == (None, status)
    assert "order.forgotten" not in published_names()


def test_it_is_shipped_to_the_person_as_to_a_guest_and_forgotten_when_it_arrives(order_in):
    order = order_in("paid", **DORAS)
    erase_at(NOW)

    ship(order)
    (shipped,) = published(OrderShipped)
    assert (shipped.email, shipped.customer_id) == (DORA.email, None)
    operations.forget_ended(now=NOW)
    assert Order.objects.get().email == DORA.email

    for _ in range(3):
        operations.deliver_order(order_id=order.pk, actor="mia", now=NOW)

    order.refresh_from_db()
    assert (order.email, order.tracking_number) == (ERASED_EMAIL, "")
    assert order.shipping_address == {"country": "DE"}
    assert published(OrderForgotten) == [OrderForgotten(order_id=order.pk)]
    assert published_names()[-2:] == ["order.delivered", "order.forgotten"]
    assert published(OrderDelivered)[0].email == DORA.email


@pytest.mark.parametrize(
    "end",
    [
        lambda order: operations.cancel_order(
            order_id=order.pk, reason="customer", actor="guest", now=NOW
        ),
        lambda order: operations.end_without_stock(
            order_id=order.pk, reason="hold_expired", now=NOW
        ),
        lambda order: operations.end_unpayable(order_id=order.pk, now=NOW),
    ],
)
def test_an_order_that_comes_to_nothing_is_forgotten_with_it(order_in, end):
    order = order_in("awaiting_payment", **DORAS)
    erase_at(NOW)

    for _ in range(3):
        end(order)

    assert Order.objects.get().email == ERASED_EMAIL
    assert published_names()[-2:] == ["order.cancelled", "order.forgotten"]


def test_an_order_that_is_paid_back_is_forgotten_with_the_money(order_in):
    order = order_in("paid", **DORAS)
    erase_at(NOW)
    operations.cancel_order(order_id=order.pk, reason="customer", actor="guest", now=NOW)
    refund = order.refunds.get()
    assert Order.objects.get().email == DORA.email

    for _ in range(3):
        operations.record_refund(
            order_id=order.pk, refund_id=refund.pk, amount=order.money(order.total), now=NOW
        )

    order = Order.objects.get()
    assert (order.email, order.status, order.tracking_number) == (ERASED_EMAIL, "refunded", "")
    assert published_names()[-2:] == ["order.refunded", "order.forgotten"]
    assert published(OrderRefunded)[0].email == DORA.email


def test_all_the_money_that_went_back_before_the_parcel_left_ends_it_too(order_in):
    order = order_in("paid", **DORAS)
    erase_at(NOW)

    operations.record_refund(
        order_id=order.pk,
        refund_id=uuid7(),
        amount=order.money(order.total),
        foreign=True,
        now=NOW,
    )

    assert Order.objects.get().email == ERASED_EMAIL
    assert published_names()[-3:] == ["order.cancelled", "order.refunded", "order.forgotten"]


def test_the_last_return_that_is_back_ends_it(order_in):
    order = order_in("delivered", **DORAS)
    back = Return.objects.create(pk=order.pk, order=order, lines=[], reason="", requested_at=NOW)
    erase_at(NOW)
    assert Order.objects.get().email == DORA.email

    operations.receive_return(return_id=back.pk, now=NOW)

    assert Order.objects.get().email == ERASED_EMAIL


def test_a_parcel_that_left_long_ago_has_arrived(order_in):
    order = order_in("paid", **DORAS)
    ship(order)
    erase_at(NOW)

    operations.forget_ended(now=NOW + timedelta(days=29))
    assert Order.objects.get().email == DORA.email
    operations.forget_ended(now=NOW + timedelta(days=30))

    assert Order.objects.get().email == ERASED_EMAIL
    assert Order.objects.get().status == "shipped"


@pytest.mark.parametrize("what", ["return", "refund"])
def test_what_never_comes_to_an_end_is_waited_for_as_long(order_in, what):
    order = order_in("delivered", **DORAS)
    if what == "return":
        Return.objects.create(pk=order.pk, order=order, lines=[], reason="", requested_at=NOW)
    else:
        Refund.objects.create(
            pk=order.pk, order=order, amount=1, reason="", requested_at=NOW, failed_at=NOW
        )
    erase_at(NOW)

    operations.forget_ended(now=NOW + timedelta(days=29))
    assert Order.objects.get().email == DORA.email
    operations.forget_ended(now=NOW + timedelta(days=30))

    assert Order.objects.get().email == ERASED_EMAIL


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


def test_a_failed_event_of_an_order_is_forgotten_with_it(order_in):
    order = order_in("awaiting_payment", **DORAS)
    erase_at(NOW)
    envelope = failed_checkout(guest=True)
    envelope["payload"]["order_id"] = str(order.pk)
    keep_failed_event(handler="cart.checked_out", envelope=envelope, error="x", attempts=8)

    operations.end_unpayable(order_id=order.pk, now=NOW)

    assert FailedEvent.objects.get().envelope["payload"]["email"] == ERASED_EMAIL

"""Facts that come late, twice or in another order leave what they leave in their own."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notify import operations
from notify.models import Delivery, InboxMessage, OrderWatch, Recipient
from notify.tests.conftest import NOW, TOTALS, bought, eur, order_of
from shared.contracts.inventory import StockLow
from shared.contracts.orders import (
    OrderAwaitingPayment,
    OrderCancelled,
    OrderClaimed,
    OrderDelivered,
    OrderForgotten,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderRefundFailed,
    OrderShipped,
)
from shared.contracts.payments import PaymentFailed, RefundFailed
from shared.contracts.users import UserChanged, UserDeleted, UserRegistered
from shared.events.consuming import load_handlers
from shared.events.ids import uuid7
from shared.testing.events import deliver
from shared.testing.fact_orders import assert_any_order_ends_alike, history, rows_of
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db
ORDER, BOUGHT = order_of(), bought()
PLACED = OrderPlaced(**ORDER, **BOUGHT)
AWAITING = OrderAwaitingPayment(**ORDER, amount=eur("24.90"), expires_at=NOW + timedelta(days=9999))
PAID = OrderPaid(**ORDER, **BOUGHT)
CANCELLED = OrderCancelled(**ORDER, cart_id=BOUGHT["cart_id"], reason="customer", was_paid=True)
REFUNDED = OrderRefunded(**ORDER, amount=TOTALS.total, paid=TOTALS.total)
UNDONE = OrderRefundFailed(
    **ORDER, failed=TOTALS.total, amount=eur("0.00"), paid=TOTALS.total, status="cancelled"
)
PART = OrderRefunded(**ORDER, amount=eur("4.90"), paid=TOTALS.total)
PAYMENT = {"order_id": ORDER["order_id"], "payment_id": uuid7()}
DECLINED = PaymentFailed(**PAYMENT, code="card_declined", message="Declined")
REFUND_FAILED = RefundFailed(
    **PAYMENT, refund_id=uuid7(), amount=TOTALS.total, message="The account is closed"
)
REGISTERED = UserRegistered(user_id=ALICE.user_id, email=ALICE.email, display_name="Alice")


def named(name):
    return UserChanged(user_id=ALICE.user_id, email=ALICE.email, display_name=name)


def guests(fact):
    return replace(fact, customer_id=None)


CLAIMED = OrderClaimed(**ORDER, status="paid", total=TOTALS.total, paid_at=NOW)
ERASED = UserDeleted(user_id=ALICE.user_id, email=ALICE.email)
STORIES = {
    "claimed": (guests(AWAITING), guests(PAID), CLAIMED),
    "claimed and sent": (guests(PAID), CLAIMED, OrderShipped(**ORDER)),
    "claimed and erased": (guests(PAID), CLAIMED, ERASED),
    "paid": (PLACED, AWAITING, PAID),
    "called off": (AWAITING, PAID, CANCELLED),
    "paid back": (PAID, CANCELLED, REFUNDED),
    "partly paid back": (PAID, PART, OrderShipped(**ORDER)),
    "not paid back after all": (PAID, CANCELLED, REFUNDED, REFUND_FAILED, UNDONE),
    "paid back in the end": (PAID, REFUNDED, UNDONE, REFUNDED),
    "declined at first": (AWAITING, DECLINED, PAID),
    "sent": (PAID, OrderShipped(**ORDER), OrderDelivered(**ORDER)),
    "low": (StockLow(sku="TEA", available=2, threshold=3),),
    "renamed": (REGISTERED, named("Alice A."), named("Alice B.")),
    "erased": (REGISTERED, named("A."), ERASED),
}


FORGOTTEN = (PAID, CANCELLED, OrderForgotten(order_id=ORDER["order_id"]))
# They leave a mail or nothing behind, whatever else is told.
TOLD_ONLY = {"order.link_requested", "user.mail_requested", "user.export_requested"}


def state():
    return (
        rows_of(OrderWatch, "order_id", "status", "customer_id"),
        rows_of(Recipient, "user_id", "email", "name", "erased"),
    )


@pytest.mark.parametrize("name", STORIES)
def test_any_order_ends_alike(name):
    assert_any_order_ends_alike(history(*STORIES[name]), state)


def test_an_order_that_is_forgotten_names_nobody_in_any_order():
    def named():
        mails = rows_of(Delivery, "topic", "recipient")
        return mails, rows_of(OrderWatch, "order_id", "customer_id", "email")

    for told in (FORGOTTEN, FORGOTTEN[::-1]):
        for fact in told:
            deliver(fact, version=FORGOTTEN.index(fact) + 1)
        Delivery.objects.update(status="sent", sent_at=NOW)
        operations.forget_mails_of_erased()
        assert named() == ([], [(ORDER["order_id"], None, "")])


def test_every_fact_that_is_consumed_is_told_of():
    told = {fact.name for facts in (*STORIES.values(), FORGOTTEN) for fact in facts}

    assert told == set(load_handlers()[0]) - TOLD_ONLY


def test_a_part_that_went_back_before_the_payment_was_heard_of_ends_nothing():
    deliver(PART, version=4)
    deliver(PAID, version=3)

    assert OrderWatch.objects.get().status == "paid"


def test_the_staff_hear_of_a_refund_that_has_failed():
    deliver(PAID, version=3)
    deliver(REFUND_FAILED, version=5)

    message = InboxMessage.objects.get(user_id=None)
    assert message.title == "A refund of order S-100001 has failed"
    assert "The account is closed" in message.body


def said(topic):
    mails = Delivery.objects.filter(topic=topic).values_list("status", flat=True)
    messages = InboxMessage.objects.filter(topic=topic, user_id=ALICE.user_id)
    return [status == "suppressed" for status in mails], messages.count()


def test_the_shopper_hears_of_money_that_did_not_arrive():
    for version, fact in enumerate((PAID, CANCELLED, REFUNDED, UNDONE), start=1):
        deliver(fact, version=version)

    assert OrderWatch.objects.get().status == "cancelled"
    assert said("order_refund_failed") == ([False], 1)
    told = InboxMessage.objects.get(topic="order_refund_failed")
    assert "24.90" in told.body


def test_money_that_did_not_arrive_is_not_told_as_sent_back_afterwards():
    for version, fact in ((2, CANCELLED), (4, UNDONE), (3, REFUNDED)):
        deliver(fact, version=version)

    assert OrderWatch.objects.get().status == "cancelled"
    assert said("order_refunded") == ([True], 0)


def test_money_that_arrived_in_the_end_is_not_told_as_lost_afterwards():
    for version, fact in ((2, CANCELLED), (5, REFUNDED), (4, UNDONE)):
        deliver(fact, version=version)

    assert OrderWatch.objects.get().status == "refunded"
    assert said("order_refund_failed") == ([True], 0)

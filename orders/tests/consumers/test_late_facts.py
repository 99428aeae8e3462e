"""Facts that come late, twice or in another order leave what they leave in their own."""

from dataclasses import replace

import pytest

from orders.models import Order, ProvedAddress, Refund
from orders.tests.conftest import HOUR, NOW, eur, make_checkout
from shared.contracts.inventory import StockRejected, StockReleased, StockReserved
from shared.contracts.payments import (
    PaymentDisputed,
    PaymentRefunded,
    PaymentRefused,
    PaymentSucceeded,
    RefundFailed,
    RefundNoted,
)
from shared.contracts.users import UserChanged, UserDeleted, UserRegistered
from shared.events.consuming import load_handlers
from shared.events.ids import uuid7
from shared.testing.events import deliver
from shared.testing.fact_orders import assert_any_order_ends_alike, history, rows_of
from shared.testing.users import ALICE, BOB

pytestmark = pytest.mark.django_db
CHECKOUT = make_checkout()
ORDER_ID = CHECKOUT.order_id
RESERVED = StockReserved(order_id=ORDER_ID, expires_at=NOW + HOUR)
PAID = PaymentSucceeded(order_id=ORDER_ID, payment_id=uuid7(), amount=eur("24.90"))
MONEY = {"order_id": ORDER_ID, "payment_id": PAID.payment_id}
BACK = {**MONEY, "refund_id": uuid7(), "foreign": True}


def sent_back(amount):
    return PaymentRefunded(**BACK, amount=eur(amount), total_refunded=eur(amount))


def disputed(status, dispute_id="dp_1", **more):
    return PaymentDisputed(
        **MONEY, dispute_id=dispute_id, amount=eur("24.90"), status=status, **more
    )


FAILED = RefundFailed(
    **MONEY, refund_id=BACK["refund_id"], amount=eur("4.90"), message="The account is closed"
)
NOTED = RefundNoted(**MONEY, refund_id=BACK["refund_id"], amount=eur("4.90"))
GUESTS = make_checkout(customer_id=None, email="Alice@souk.example")
REGISTERED = UserRegistered(user_id=ALICE.user_id, email=ALICE.email)
BOTH = (ALICE.email, "alice@work.example")
PROVED = UserChanged(user_id=ALICE.user_id, email=ALICE.email, verified_emails=BOTH)
GIVEN_UP = UserChanged(user_id=ALICE.user_id, email=BOTH[1], verified_emails=BOTH[1:])
NEXT = UserChanged(user_id=BOB.user_id, email=ALICE.email, verified_emails=BOTH[:1])
ERASED = UserDeleted(user_id=ALICE.user_id, email=ALICE.email)
BOUGHT = (CHECKOUT, RESERVED, PAID)
STORIES = {
    "paid": BOUGHT,
    "sold out": (CHECKOUT, StockRejected(order_id=ORDER_ID, shortages=())),
    "never paid": (CHECKOUT, RESERVED, StockReleased(order_id=ORDER_ID, reason="expired")),
    "refused": (CHECKOUT, RESERVED, PaymentRefused(**MONEY, message="Not in this country")),
    "refunded": (*BOUGHT, sent_back("24.90")),
    "partly refunded, and not after all": (*BOUGHT, sent_back("4.90"), FAILED),
    "partly refunded by hand": (*BOUGHT, NOTED, sent_back("4.90")),
    "refunded by hand in vain": (*BOUGHT, NOTED, FAILED),
    "disputed": (*BOUGHT, disputed("open"), disputed("lost")),
    "disputed anew": (disputed("open"), disputed("won"), disputed("open", "dp_2", standing="open")),
    "won after all": (
        disputed("lost", standing="lost", charged_back=eur("24.90")),
        disputed("won", standing="won", charged_back=eur("0.00")),
    ),
    "claimed by its address": (GUESTS, REGISTERED, PROVED),
    "given up": (REGISTERED, PROVED, GIVEN_UP),
    "proved by another": (REGISTERED, PROVED, NEXT),
    "erased after it was claimed": (GUESTS, PROVED, ERASED),
    "erased": (CHECKOUT, ERASED),
}
# They change nothing of an order: what is kept is compared, or told of.
TOLD_ONLY = {"payments.stated", "reservations.stated", "user.export_requested"}


def state():
    return (
        rows_of(
            Order, "id", "status", "paid", "refunded", "dispute", "charged_back", "customer_id"
        ),
        rows_of(ProvedAddress, "email", "customer_id"),
        rows_of(Refund, "order_id", "amount", failed_at=None),
        rows_of(Refund, "order_id", "amount", refunded_at=None),
    )


@pytest.mark.parametrize("name", STORIES)
def test_any_order_ends_alike(name):
    assert_any_order_ends_alike(history(*STORIES[name]), state)


def test_every_fact_that_is_consumed_is_told_of():
    told = {fact.name for facts in STORIES.values() for fact in facts}

    assert told == set(load_handlers()[0]) - TOLD_ONLY


def test_a_refund_that_was_sent_anew_counts_though_its_first_failure_comes_last(order_in):
    order = order_in("paid")
    facts = [replace(fact, order_id=order.pk) for fact in (FAILED, sent_back("4.90"))]

    deliver(facts[1], version=8)
    deliver(facts[0], version=7)

    order.refresh_from_db()
    assert str(order.refunded) == "4.90"
    assert order.refunds.get().failed_at is None

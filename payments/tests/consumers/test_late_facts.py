"""Facts that come late, twice or in another order leave what they leave in their own."""

from dataclasses import replace

import pytest

from payments.models import ClaimedOrder, Payment, Refund
from payments.tests.conftest import awaiting
from shared.contracts.orders import OrderCancelled, OrderClaimed, OrderForgotten, RefundRequested
from shared.contracts.users import UserDeleted
from shared.events.consuming import load_handlers
from shared.events.ids import uuid7
from shared.testing.events import deliver
from shared.testing.fact_orders import assert_any_order_ends_alike, history, rows_of
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db


AWAITING = awaiting()
ORDER = {
    "order_id": AWAITING.order_id,
    "number": AWAITING.number,
    "customer_id": ALICE.user_id,
    "email": ALICE.email,
}
CALLED_OFF = OrderCancelled(**ORDER, cart_id=uuid7(), reason="customer", was_paid=False)
BACK = RefundRequested(**ORDER, refund_id=uuid7(), amount=AWAITING.amount, reason="broken")
GUESTS = replace(AWAITING, customer_id=None)
CLAIMED = OrderClaimed(**ORDER, status="awaiting_payment", total=AWAITING.amount)
ERASED = UserDeleted(user_id=ALICE.user_id, email=ALICE.email)
CLAIMS = {
    "claimed": (GUESTS, CLAIMED),
    "claimed and called off": (GUESTS, CLAIMED, CALLED_OFF),
    "claimed and erased": (GUESTS, CLAIMED, ERASED),
}
STORIES = {
    "called off": (AWAITING, CALLED_OFF),
    "asked back": (AWAITING, BACK),
    "forgotten": (AWAITING, CALLED_OFF, OrderForgotten(order_id=AWAITING.order_id)),
    "erased": (AWAITING, ERASED),
}
# They change nothing: what is kept is told of.
TOLD_ONLY = {"statement.requested", "user.export_requested"}


def state():
    return (
        rows_of(Payment, "order_id", "amount", status="pending", cancel_wanted=False),
        rows_of(Payment, "order_id", "customer_id", "email"),
        rows_of(Refund, "id", "amount", "status"),
    )


@pytest.mark.parametrize("name", STORIES)
def test_any_order_ends_alike(name):
    assert_any_order_ends_alike(history(*STORIES[name]), state)


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claimed_order_is_the_accounts_in_any_order(name):
    def owner():
        waits = rows_of(ClaimedOrder, "order_id", "customer_id")
        return rows_of(Payment, "order_id", "customer_id") or waits

    assert_any_order_ends_alike(history(*CLAIMS[name]), owner)


def test_every_fact_that_is_consumed_is_told_of():
    told = {fact.name for facts in (*STORIES.values(), *CLAIMS.values()) for fact in facts}

    assert told == set(load_handlers()[0]) - TOLD_ONLY


def test_an_order_that_was_called_off_takes_no_payment():
    deliver(CALLED_OFF, version=2)
    deliver(AWAITING, version=1)

    assert not Payment.objects.filter(status="pending", cancel_wanted=False).exists()

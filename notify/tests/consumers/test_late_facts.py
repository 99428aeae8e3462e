"""Facts that come late, twice or in another order leave what they leave in their own."""

from datetime import timedelta

import pytest

from notify.models import OrderWatch, Recipient
from notify.tests.conftest import NOW, TOTALS, bought, eur, order_of
from shared.contracts.orders import (
    OrderAwaitingPayment,
    OrderCancelled,
    OrderDelivered,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)
from shared.contracts.users import UserChanged, UserDeleted, UserRegistered
from shared.testing.cast import ALICE
from shared.testing.stories import assert_any_order_ends_alike, held, story

pytestmark = pytest.mark.django_db
ORDER, BOUGHT = order_of(), bought()
PLACED = OrderPlaced(**ORDER, **BOUGHT)
AWAITING = OrderAwaitingPayment(**ORDER, amount=eur("24.90"), expires_at=NOW + timedelta(days=9999))
PAID = OrderPaid(**ORDER, **BOUGHT)
CANCELLED = OrderCancelled(**ORDER, cart_id=BOUGHT["cart_id"], reason="customer", was_paid=True)
REFUNDED = OrderRefunded(**ORDER, amount=TOTALS.total)
REGISTERED = UserRegistered(user_id=ALICE.user_id, email=ALICE.email, display_name="Alice")


def named(name):
    return UserChanged(user_id=ALICE.user_id, email=ALICE.email, display_name=name)


STORIES = {
    "paid": (PLACED, AWAITING, PAID),
    "called off": (AWAITING, PAID, CANCELLED),
    "paid back": (PAID, CANCELLED, REFUNDED),
    "sent": (PAID, OrderShipped(**ORDER), OrderDelivered(**ORDER)),
    "renamed": (REGISTERED, named("Alice A."), named("Alice B.")),
    "erased": (REGISTERED, named("A."), UserDeleted(user_id=ALICE.user_id, email=ALICE.email)),
}


def state():
    return (
        held(OrderWatch, "order_id", "status", "customer_id"),
        held(Recipient, "user_id", "email", "name", "erased"),
    )


@pytest.mark.parametrize("name", STORIES)
def test_any_order_ends_alike(name):
    assert_any_order_ends_alike(story(*STORIES[name]), state)

"""Guests' orders are found by who has proved their address, and by nobody else."""

from datetime import timedelta
from functools import partial
from itertools import permutations

import pytest

from orders import operations
from orders.models import Order, ProvedAddress
from orders.tests.conftest import NOW, make_checkout
from shared.auth.erasure import ERASED_EMAIL
from shared.contracts.orders import OrderClaimed, OrderLinkRequested, OrderPaid
from shared.contracts.users import UserChanged, UserDeleted, UserRegistered
from shared.events.models import OutboxMessage
from shared.testing.events import deliver, published, published_names
from shared.testing.users import ALICE, BOB

pytestmark = pytest.mark.django_db
OTHER = "alice@work.example"
GUEST = {"customer_id": None, "email": "ALICE@souk.example"}


def say(verified, person=ALICE, version=2):
    fact = UserChanged(user_id=person.user_id, email=person.email, verified=verified)
    deliver(fact, version=version)


def proves(person, *emails, version=2, minute=2):
    """`minute` is when users said so."""
    fact = UserChanged(user_id=person.user_id, email=person.email, verified_emails=emails)
    deliver(fact, version=version, occurred_at=NOW + timedelta(minutes=minute))


def owners():
    return list(Order.objects.order_by("number").values_list("customer_id", flat=True))


def test_the_account_that_proves_the_address_gets_its_orders(order_in):
    order_in("delivered", **GUEST)
    order_in("paid", customer_id=None, email=BOB.email)

    say(verified=True)

    assert owners() == [ALICE.user_id, None]


def test_later_orders_of_the_address_are_its_own_at_once(order_in):
    say(verified=True)

    order_in("placed", **GUEST)

    assert owners() == [ALICE.user_id]


def test_each_address_that_the_account_has_proved_claims_its_orders(order_in):
    order_in("paid", customer_id=None, email="alice@Work.example")
    order_in("paid", **GUEST)

    proves(ALICE, "alice@work.example")

    assert owners() == [ALICE.user_id, None]


def test_an_address_that_was_given_up_claims_nothing_any_more(order_in):
    proves(ALICE, ALICE.email, OTHER)
    proves(ALICE, OTHER, version=3, minute=3)

    order_in("placed", **GUEST)

    assert owners() == [None]


def test_the_next_owner_of_an_address_gets_its_orders(order_in):
    proves(ALICE, ALICE.email, OTHER)
    proves(ALICE, OTHER, version=3, minute=3)
    proves(BOB, ALICE.email, minute=4)

    order_in("placed", **GUEST)

    assert owners() == [BOB.user_id]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_address_is_its_next_owners_in_whatever_order_that_is_heard(order_in, order):
    words = [
        partial(proves, ALICE, ALICE.email, OTHER),
        partial(proves, ALICE, OTHER, version=3, minute=3),
        partial(proves, BOB, ALICE.email, minute=4),
    ]

    for number in order:
        words[number]()

    order_in("placed", **GUEST)
    assert owners() == [BOB.user_id]
    assert ProvedAddress.objects.get(email=ALICE.email).customer_id == BOB.user_id


def test_a_claimed_order_is_told_of_with_what_others_missed(order_in):
    order = order_in("paid", **GUEST)

    proves(ALICE, ALICE.email)

    (fact,) = published(OrderClaimed)
    assert (fact.order_id, fact.customer_id, fact.status) == (order.pk, ALICE.user_id, "paid")
    assert (fact.total, fact.paid_at) == (order.money(order.total), NOW)
    assert len(fact.product_ids) == 2
    (message,) = OutboxMessage.objects.filter(task="order.claimed")
    assert message.envelope["aggregate_version"] == order.version + 1


def test_an_order_that_is_claimed_before_it_is_paid_says_so(order_in):
    order = order_in("awaiting_payment", **GUEST)
    proves(ALICE, ALICE.email)

    operations.record_payment(order_id=order.pk, amount=order.money(order.total), now=NOW)

    assert published(OrderClaimed)[0].paid_at is None
    assert published(OrderPaid)[0].customer_id == ALICE.user_id


def test_an_address_that_is_not_proved_claims_nothing(order_in):
    deliver(UserRegistered(user_id=ALICE.user_id, email=ALICE.email), version=1)
    order_in("paid", **GUEST)
    say(verified=False)

    assert owners() == [None]


def test_an_older_word_claims_nothing(order_in):
    order_in("paid", **GUEST)
    say(verified=False, version=3)

    say(verified=True, version=2)

    assert owners() == [None]


def test_another_accounts_order_stays_its_own(order_in):
    order_in("paid", customer_id=BOB.user_id, email=ALICE.email)

    say(verified=True)

    assert owners() == [BOB.user_id]


def test_an_erased_account_claims_nothing_any_more(order_in):
    say(verified=True)
    deliver(UserDeleted(user_id=ALICE.user_id, email=ALICE.email), version=4)
    say(verified=True, version=5)

    order_in("paid", **GUEST)

    assert owners() == [None]
    assert not ProvedAddress.objects.exists()


def test_orders_of_erased_people_are_claimed_by_nobody(order_in):
    order_in("paid", customer_id=BOB.user_id, email=ALICE.email)
    deliver(UserDeleted(user_id=BOB.user_id, email=BOB.email))

    say(verified=True)

    assert owners() == [None]


def test_the_clock_claims_what_was_placed_in_the_same_moment(order_in):
    order_in("placed", **GUEST)
    ProvedAddress.objects.create(email=ALICE.email, customer_id=ALICE.user_id, told_at=NOW)

    assert operations.claim_missed(now=NOW) == 1
    assert operations.claim_missed(now=NOW) == 0
    assert owners() == [ALICE.user_id]


def test_a_link_is_mailed_to_the_orders_address(order_in):
    order = order_in("paid", **GUEST)

    operations.mail_link(number=f" {order.number.lower()} ", email=ALICE.email, now=NOW)

    assert published(OrderLinkRequested) == [
        OrderLinkRequested(
            order_id=order.pk, number=order.number, customer_id=None, email=GUEST["email"]
        )
    ]


def test_one_mail_in_ten_minutes_is_enough(order_in):
    order = order_in("paid", **GUEST)
    for minutes in (0, 1, 9, 10):
        now = NOW + timedelta(minutes=minutes)
        operations.mail_link(number=order.number, email=ALICE.email, now=now)

    assert len(published(OrderLinkRequested)) == 2


def test_nothing_is_mailed_where_number_and_address_do_not_fit(order_in):
    order = order_in("paid", **GUEST)

    operations.mail_link(number=order.number, email=BOB.email, now=NOW)
    operations.mail_link(number="S-1", email=ALICE.email, now=NOW)
    Order.objects.update(email=ERASED_EMAIL)
    operations.mail_link(number=order.number, email=ERASED_EMAIL, now=NOW)

    assert published_names() == []


def test_a_checkout_of_an_account_stays_its_own(order_in):
    say(verified=True)

    operations.place_order(
        checkout=make_checkout(customer_id=BOB.user_id, email=ALICE.email), now=NOW
    )

    assert owners() == [BOB.user_id]

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cart import jobs, operations, queries
from cart.models import Addition, Cart, CartLine, Offer
from cart.queries import Owner
from cart.tests.conftest import ALICES, BOBS, NOW, make_request
from cart.tests.operations.test_check_out import together
from shared.errors import IdempotencyKeyReused
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db


def add(owner=ALICES, key="k1", sku="TEA", quantity=2, now=NOW):
    return operations.add_item_once(owner=owner, key=key, sku=sku, quantity=quantity, now=now)


def lines(cart):
    return dict(CartLine.objects.filter(cart=cart).values_list("offer", "quantity"))


def guest(cart):
    return Owner(guest_cart_id=cart.pk)


def test_a_repeated_addition_adds_once(shop):
    cart = add()

    assert [add(), add()] == [cart, cart]
    assert lines(cart) == {"TEA": 2}


def test_another_key_adds_again(shop):
    cart = add()

    add(key="k2")

    assert lines(cart) == {"TEA": 4}


@pytest.mark.parametrize("other", [{"quantity": 3}, {"sku": "POT"}])
def test_the_key_cannot_mean_another_addition(shop, other):
    cart = add()

    with pytest.raises(IdempotencyKeyReused):
        add(**other)

    assert lines(cart) == {"TEA": 2}


def test_a_repetition_is_answered_when_nothing_is_left_to_add(shop):
    cart = add()
    Offer.objects.filter(sku="TEA").update(available=0, active=False)

    assert add() == cart
    assert lines(cart) == {"TEA": 2}


def test_a_repetition_after_the_checkout_begins_no_cart(shop):
    add()
    operations.check_out(owner=ALICES, key="k1", request=make_request(), now=NOW)

    assert add() is None
    assert Cart.objects.count() == 1


def test_a_refused_addition_may_be_tried_again(shop):
    with pytest.raises(operations.NotEnoughStock):
        add(quantity=8)
    assert not Addition.objects.exists()
    Offer.objects.filter(sku="TEA").update(available=9)

    assert lines(add(quantity=8)) == {"TEA": 8}


def test_keys_belong_to_the_owner_of_the_cart(shop):
    hers, his = add(), add(owner=BOBS, quantity=3)
    guests = add(owner=Owner())

    assert [lines(cart) for cart in (hers, his, guests)] == [{"TEA": 2}, {"TEA": 3}, {"TEA": 2}]
    assert add(owner=guest(guests)) == guests
    assert lines(guests) == {"TEA": 2}


def test_a_guests_keys_go_along_when_the_guest_signs_in(shop):
    guests = add(owner=Owner())
    add(owner=guest(guests), key="both", sku="POT")
    account = add(key="both", sku="POT")
    both = Owner(customer_id=ALICE.user_id, guest_cart_id=guests.pk)
    operations.merge_guest_cart(owner=both, now=NOW)

    add(owner=both)

    assert lines(account) == {"TEA": 2, "POT": 4}


def test_an_accounts_keys_go_with_the_account(shop):
    add()
    add(owner=BOBS)

    operations.forget_customer(customer_id=ALICE.user_id, emails=[ALICE.email], now=NOW)

    assert [row.owner for row in Addition.objects.all()] == [BOBS.customer_id]


def test_a_key_is_kept_for_a_day(shop, monkeypatch):
    add(key="old", now=NOW - timedelta(days=1))
    add(key="young", now=NOW - timedelta(days=1) + timedelta(seconds=1))
    monkeypatch.setattr(jobs.timezone, "now", lambda: NOW)

    jobs.forget_additions()

    assert [row.key for row in Addition.objects.all()] == ["young"]


def test_only_a_key_costs_statements(shop):
    def count(call):
        with CaptureQueriesContext(
            connection,
        ) as told:
            call()
        return len(told)

    add(key="k0")
    plain = count(lambda: operations.add_item(owner=ALICES, sku="TEA", quantity=1, now=NOW))

    assert count(lambda: add(quantity=1)) == plain + 3
    assert count(lambda: add(quantity=1)) < plain


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("begun", [True, False])
def test_twenty_repetitions_at_once_add_once(shop, begun):
    if begun:
        operations.add_item(owner=ALICES, sku="POT", quantity=1, now=NOW)

    answers = together(20, lambda _: add().pk)

    cart = queries.find_cart(ALICES)
    assert set(answers) == {cart.pk}
    assert lines(cart)["TEA"] == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_meanings_at_once_one_is_refused(shop):
    answers = together(2, lambda number: str(add(quantity=number + 1).pk))

    assert answers.count("idempotency_key_reused") == 1
    assert sum(lines(queries.find_cart(ALICES)).values()) in (1, 2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guests", [True, False])
def test_a_repetition_that_waited_for_the_checkout_begins_no_cart(shop, guests):
    cart = operations.add_item(owner=Owner() if guests else ALICES, sku="POT", quantity=1, now=NOW)
    owner = guest(cart) if guests else ALICES
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            add(owner=owner)
            late = pool.submit(together, 1, lambda _: add(owner=owner))
            await_waiting()
            operations.check_out(owner=owner, key="k1", request=make_request(), now=NOW)

        assert late.result(timeout=30) == [None]
    assert Cart.objects.count() == 1
    assert lines(cart) == {"TEA": 2, "POT": 1}


def await_waiting():
    """Until somebody waits for what our transaction holds."""
    waits = "NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM pg_locks WHERE {waits}")
            if cursor.fetchone():
                return
        time.sleep(0.02)
    raise AssertionError("Nobody waits for us")

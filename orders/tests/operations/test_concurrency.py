from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.db import connection

from orders import operations
from orders.models import Discrepancy, Order, ProvedAddress, Refund
from orders.tests.conftest import NOW, eur, make_checkout
from orders.tests.operations.comparing import (
    payment,
    reservation,
    state_payments,
    state_reservations,
)
from shared.errors import DomainError
from shared.testing.events import published_names


def together(*calls):
    def run(call):
        try:
            return call()
        except DomainError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.mark.django_db(transaction=True)
def test_ten_copies_of_a_checkout_are_one_order():
    checkout = make_checkout()

    together(*[lambda: operations.place_order(checkout=checkout, now=NOW)] * 10)

    assert Order.objects.count() == 1
    assert published_names() == ["order.placed"]


@pytest.mark.django_db(transaction=True)
def test_a_cancellation_during_the_payment_ends_with_the_money_going_back(order_in):
    order = order_in("awaiting_payment")

    def pay():
        operations.record_payment(order_id=order.id, amount=eur("24.90"), now=NOW)

    def cancel():
        operations.cancel_order(order_id=order.id, reason="customer", actor="Alice", now=NOW)

    together(pay, cancel, pay, cancel)

    order.refresh_from_db()
    assert (order.status, order.paid) == ("cancelled", order.total)
    assert [refund.amount for refund in Refund.objects.all()] == [order.total]


@pytest.mark.django_db(transaction=True)
def test_an_address_has_one_owner_however_many_accounts_change_at_once(order_in):
    order_in("paid", customer_id=None, email="b@souk.example")
    both = ["a@souk.example", "b@souk.example"]

    def say(number, emails):
        operations.take_account(
            customer_id=UUID(int=number),
            emails=emails,
            version=1,
            told_at=NOW + timedelta(minutes=number),
            now=NOW,
        )

    turns = [both if number % 2 else both[::-1] for number in range(8)]
    together(*[partial(say, number, emails) for number, emails in enumerate(turns)])

    owners = ProvedAddress.objects.values_list("email", "customer_id")
    assert sorted(owners) == [(email, UUID(int=7)) for email in both]
    assert published_names() == ["order.claimed"]


@pytest.mark.django_db(transaction=True)
def test_statements_at_the_same_time_are_noted_and_repaired_once(order_in):
    held, captured = order_in("paid"), order_in("awaiting_payment")

    def state_stock():
        state_reservations(reservation(held, "held"))

    def state_money():
        state_payments(payment(captured, "succeeded", "24.90"))

    together(*[state_stock, state_money] * 4)

    assert published_names() == ["order.paid"] * 2
    assert sorted(Discrepancy.objects.values_list("kind", "auto_repairs")) == [
        ("paid_but_not_marked", 1),
        ("paid_without_commit", 1),
    ]

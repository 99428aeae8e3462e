from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders import operations
from orders.models import Discrepancy, Order, OrderTransition
from orders.operations.reconciling import REPAIRED
from orders.tests.conftest import HOUR, NOW
from orders.tests.operations.comparing import (
    LATER,
    MINUTE,
    kinds,
    payment,
    reservation,
    state_payments,
    state_reservations,
    status,
    told,
)
from shared.contracts.inventory import ReservationsStated
from shared.events.ids import uuid7

pytestmark = pytest.mark.django_db


def test_money_and_stock_of_an_unknown_order_are_listed(order_in):
    stranger = Order(pk=uuid7())

    state_payments(payment(stranger, "succeeded", "24.90"))
    state_reservations(reservation(stranger, "held"))

    assert kinds() == ["payment_without_order", "reservation_without_order"]
    assert told() == []


def test_what_ended_without_an_order_does_not_matter():
    stranger = Order(pk=uuid7())

    state_payments(payment(stranger, "cancelled"), missing=[uuid7()])
    state_reservations(reservation(stranger, "released", lines=()), missing=[uuid7()])

    assert kinds() == []


AGREEING = [
    ("awaiting_payment", "requires_payment", "0.00", "held"),
    ("paid", "succeeded", "24.90", "committed"),
    ("delivered", "succeeded", "24.90", "committed"),
    ("cancelled", "cancelled", "0.00", "rejected"),
    ("cancelled", "cancelled", "0.00", "released"),
]


@pytest.mark.parametrize(("was", "fate", "captured", "hold"), AGREEING)
def test_orders_that_agree_are_left_alone(order_in, was, fate, captured, hold):
    order = order_in(was)

    state_payments(payment(order, fate, captured))
    state_reservations(reservation(order, hold))

    assert (kinds(), told(), status(order)) == ([], [], was)


@pytest.mark.parametrize(("age", "found"), [(59, []), (60, ["paid_but_not_marked"])])
def test_a_fresh_change_of_the_payment_is_no_drift(order_in, age, found):
    order = order_in("awaiting_payment")
    changed_at = LATER - timedelta(seconds=age)

    state_payments(payment(order, "succeeded", "24.90", changed_at=changed_at))

    assert kinds() == found
    assert status(order) == ("paid" if found else "awaiting_payment")


@pytest.mark.parametrize(("age", "found"), [(59, []), (60, ["paid_without_commit"])])
def test_a_fresh_change_of_the_order_is_no_drift(order_in, age, found):
    order = order_in("paid")
    OrderTransition.objects.filter(status="paid").update(at=LATER - timedelta(seconds=age))

    state_reservations(reservation(order, "held"))

    assert kinds() == found
    assert len(told()) == len(found)


def test_a_statement_of_long_ago_says_nothing_of_a_later_change(order_in):
    order = order_in("paid")
    early = replace(reservation(order, "held"), changed_at=NOW - HOUR)
    statement = ReservationsStated(
        statement_id=uuid7(), as_of=NOW - MINUTE, reservations=(early,), missing=()
    )

    operations.compare_reservations(statement=statement, now=NOW + HOUR)

    assert (kinds(), told()) == ([], [])


def test_it_is_told_again_ever_more_rarely_and_not_for_ever(order_in):
    order = order_in("paid")

    for minute in range(120):
        state_reservations(reservation(order, "held"), at=LATER + minute * MINUTE)

    row = Discrepancy.objects.get()
    assert (row.times, row.auto_repairs) == (120, 5)
    assert row.repaired_at - row.first_seen == (2 + 4 + 8 + 16) * MINUTE
    assert told() == ["order.paid -> inventory"] * 5


def test_what_agrees_again_is_closed_and_says_how(order_in):
    paid, gone = order_in("paid"), order_in("delivered")
    state_reservations(reservation(paid, "held"), reservation(gone, "restocked"))

    state_reservations(
        reservation(paid, "committed"), reservation(gone, "committed"), at=LATER + MINUTE
    )

    outcomes = dict(Discrepancy.objects.values_list("order_id", "outcome"))
    assert outcomes == {paid.pk: "repaired", gone.pk: "gone"}
    assert set(Discrepancy.objects.values_list("resolved_at", flat=True)) == {LATER + MINUTE}
    assert kinds() == []


def test_a_statement_closes_only_what_it_speaks_of(order_in):
    one, other = order_in("paid"), order_in("paid")
    state_reservations(reservation(one, "restocked"), reservation(other, "restocked"))

    state_reservations(reservation(other, "committed", changed_at=LATER), at=LATER + MINUTE / 2)
    state_payments(payment(one, "succeeded", "24.90"), at=LATER + MINUTE)

    assert kinds() == ["paid_without_commit"] * 2


def test_what_comes_back_is_a_discrepancy_of_its_own(order_in):
    order = order_in("paid")
    for fate in ("restocked", "committed", "restocked"):
        state_reservations(reservation(order, fate))

    assert Discrepancy.objects.count() == 2
    assert kinds() == ["paid_without_commit"]


def test_any_number_of_orders_is_compared_with_the_same_queries(order_in):
    def cost(count, fate):
        stated = [reservation(order_in("paid"), fate) for _ in range(count)]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            state_reservations(*stated)
        return len(captured)

    assert cost(3, "committed") == cost(30, "committed")
    assert cost(3, "restocked") == cost(30, "restocked")


def test_mends_are_counted(order_in, django_capture_on_commit_callbacks):
    before = REPAIRED.labels("paid_without_commit")._value.get()

    with django_capture_on_commit_callbacks(execute=True):
        state_reservations(reservation(order_in("paid"), "held"))
        state_reservations(reservation(order_in("paid"), "restocked"))

    assert REPAIRED.labels("paid_without_commit")._value.get() == before + 1

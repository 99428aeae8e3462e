import pytest

from orders.models import Discrepancy
from orders.tests.operations.comparing import (
    LINES,
    kinds,
    reservation,
    state_reservations,
    status,
    told,
)

pytestmark = pytest.mark.django_db


MENDED_STOCK = [
    ("placed", "held", "held_but_not_marked", "awaiting_payment", ["order.awaiting_payment"]),
    ("placed", "rejected", "open_without_hold", "cancelled", ["order.cancelled"]),
    ("placed", "released", "open_without_hold", "cancelled", ["order.cancelled"]),
    ("awaiting_payment", "rejected", "open_without_hold", "cancelled", ["order.cancelled"]),
    ("awaiting_payment", "released", "open_without_hold", "cancelled", ["order.cancelled"]),
    (
        "paid",
        "rejected",
        "paid_without_commit",
        "cancelled",
        ["order.cancelled", "order.refund_requested"],
    ),
    ("paid", "held", "paid_without_commit", "paid", ["order.paid -> inventory"]),
    ("paid", "released", "paid_without_commit", "paid", ["order.paid -> inventory"]),
    ("shipped", "held", "paid_without_commit", "shipped", ["order.paid -> inventory"]),
    ("cancelled", "held", "cancelled_with_hold", "cancelled", ["order.cancelled -> inventory"]),
    (
        "cancelled",
        "committed",
        "cancelled_with_commit",
        "cancelled",
        ["order.cancelled -> inventory"],
    ),
]


@pytest.mark.parametrize(("was", "fate", "kind", "becomes", "facts"), MENDED_STOCK)
def test_stock_that_missed_a_step_is_repaired(order_in, was, fate, kind, becomes, facts):
    order = order_in(was)

    state_reservations(reservation(order, fate))

    assert kinds() == [kind]
    assert (status(order), told()) == (becomes, facts)


@pytest.mark.parametrize("was", ["placed", "awaiting_payment"])
def test_an_open_order_without_a_reservation_is_told_to_inventory_again(order_in, was):
    order = order_in(was)

    state_reservations(missing=[order.pk])

    assert kinds() == ["order_without_reservation"]
    assert told() == ["order.placed -> inventory"]


LISTED_STOCK = [
    ("paid", None, "order_without_reservation"),
    ("delivered", None, "order_without_reservation"),
    ("awaiting_payment", "committed", "unpaid_with_commit"),
    ("paid", "restocked", "paid_without_commit"),
    ("shipped", "rejected", "paid_without_commit"),
]


@pytest.mark.parametrize(("was", "fate", "kind"), LISTED_STOCK)
def test_stock_that_is_not_safe_to_mend_is_only_listed(order_in, was, fate, kind):
    order = order_in(was)

    if fate is None:
        state_reservations(missing=[order.pk])
    else:
        state_reservations(reservation(order, fate))

    assert kinds() == [kind]
    assert (status(order), told()) == (was, [])


def test_other_units_than_were_ordered_are_listed(order_in):
    order = order_in("paid")

    state_reservations(reservation(order, "committed", lines=LINES[:1]))

    assert kinds() == ["lines_differ"]
    assert "2 x TEA" in Discrepancy.objects.get().details
    assert told() == []

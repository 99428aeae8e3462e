from datetime import timedelta

import pytest

from orders import operations
from orders.models import Discrepancy, Order, OrderTransition
from orders.tests.conftest import HOUR, NOW
from orders.tests.operations.comparing import (
    LATER,
    MINUTE,
    reservation,
    state_reservations,
)
from shared.contracts.orders import StatementRequested
from shared.events.ids import uuid7
from shared.events.models import OutboxMessage
from shared.testing.events import published, published_names

pytestmark = pytest.mark.django_db


def asked():
    OutboxMessage.objects.exclude(task=StatementRequested.name).delete()
    operations.ask_for_statements(now=LATER)
    return {order_id for fact in published(StatementRequested) for order_id in fact.order_ids}


def shift(order, by):
    OrderTransition.objects.filter(order=order).update(at=NOW + by)
    Order.objects.filter(pk=order.pk).update(placed_at=NOW + by)


@pytest.mark.parametrize(
    ("was", "by", "is_asked"),
    [
        ("paid", 0 * MINUTE, False),
        ("paid", 2 * MINUTE, True),
        ("paid", 4.5 * MINUTE, False),
        ("placed", 0 * MINUTE, True),
        ("placed", 4.5 * MINUTE, False),
        ("awaiting_payment", 0 * MINUTE, False),
    ],
)
def test_orders_that_changed_or_stand_still_are_asked_about(order_in, was, by, is_asked):
    order = order_in(was)
    shift(order, by)

    assert (order.pk in asked()) == is_asked


def test_an_order_whose_hold_is_long_over_is_asked_about(order_in):
    order = order_in("awaiting_payment")
    Order.objects.update(expires_at=LATER - 4 * MINUTE)

    assert asked() == {order.pk}


def test_an_order_with_an_open_discrepancy_is_asked_about(order_in):
    order = order_in("paid")
    state_reservations(reservation(order, "restocked"))

    assert asked() == {order.pk}


def test_every_order_is_asked_about_in_the_course_of_a_day(order_in):
    orders = [order_in("delivered") for _ in range(20)]
    for day, order in enumerate(orders):
        shift(order, -day * timedelta(days=9.3) - timedelta(days=1))
    midnight = NOW.replace(hour=0)

    for minute in range(1440):
        operations.ask_for_statements(now=midnight + minute * MINUTE)

    about = [order_id for fact in published(StatementRequested) for order_id in fact.order_ids]
    assert set(about) == {order.pk for order in orders}
    assert len(about) <= 3 * len(orders)


def test_many_orders_are_asked_about_in_parts():
    operations.request_statements(order_ids=[uuid7() for _ in range(450)], now=NOW)

    assert [len(fact.order_ids) for fact in published(StatementRequested)] == [200, 200, 50]


def test_looking_again_asks_and_mends_anew(order_in):
    order = order_in("paid")
    for minute in range(120):
        state_reservations(reservation(order, "held"), at=LATER + minute * MINUTE)
    OutboxMessage.objects.all().delete()

    operations.look_again(discrepancy_ids=[Discrepancy.objects.get().pk], now=LATER)
    state_reservations(reservation(order, "held"), at=LATER + 2 * HOUR)

    assert published(StatementRequested)[0].order_ids == (order.pk,)
    assert published_names() == ["statement.requested", "order.paid"]

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import operations
from inventory.models import Reservation
from inventory.tests.conftest import NOW
from shared.contracts.inventory import ReservationsStated, StatedReservation
from shared.contracts.orders import StatementRequested
from shared.contracts.parts import Quantity
from shared.events.ids import uuid7
from shared.testing.events import deliver, published

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def hold(stocked):
    """`hold()`: the id of an order that holds two teas."""
    stocked("TEA", 1000)

    def make(at=NOW):
        order_id = uuid7()
        operations.reserve_stock(
            order_id=order_id, lines=[Quantity(sku="TEA", quantity=2)], lifetime=HOUR, now=at
        )
        return order_id

    return make


def stated_at(now):
    before = len(published(ReservationsStated))
    operations.state_due_reservations(now=now)
    facts = published(ReservationsStated)[before:]
    return [one.order_id for fact in facts for one in fact.reservations]


def test_it_states_what_it_holds_and_what_it_does_not_know(hold):
    order_id, stranger = hold(), uuid7()

    deliver(StatementRequested(request_id=uuid7(), order_ids=(order_id, stranger)))

    (fact,) = published(ReservationsStated)
    assert fact.missing == (stranger,)
    assert fact.reservations == (
        StatedReservation(
            order_id=order_id,
            status="held",
            expires_at=NOW + HOUR,
            changed_at=NOW,
            lines=(Quantity(sku="TEA", quantity=2),),
        ),
    )


def test_a_change_is_stated_once_it_has_settled(hold):
    order_id = hold()
    operations.commit_reservation(order_id=order_id, now=NOW + MINUTE)

    seen = {minute: stated_at(NOW + minute * MINUTE) for minute in range(1, 7)}

    assert seen == {1: [], 2: [], 3: [order_id], 4: [order_id], 5: [order_id], 6: []}
    assert published(ReservationsStated)[-1].reservations[0].changed_at == NOW + MINUTE


def test_what_has_not_changed_for_long_is_stated_in_the_course_of_a_day(hold):
    order_ids = {hold(NOW - day * timedelta(days=7)) for day in range(1, 8)}
    midnight = NOW.replace(hour=0)

    seen = [stated_at(midnight + minute * MINUTE) for minute in range(1440)]

    assert {order_id for one in seen for order_id in one} == order_ids


def test_nothing_to_state_is_not_stated():
    assert stated_at(NOW) == []
    assert published(ReservationsStated) == []


def test_many_are_stated_in_parts(hold):
    for _ in range(201):
        hold()

    assert len(stated_at(NOW + 2 * MINUTE)) == 201
    assert [len(fact.reservations) for fact in published(ReservationsStated)] == [200, 1]


def test_any_number_is_stated_with_the_same_queries(hold):
    def cost(count):
        order_ids = [hold() for _ in range(count)]
        with CaptureQueriesContext(connection) as captured:
            operations.state_reservations(order_ids=order_ids, now=NOW)
        return len(captured)

    assert cost(2) == cost(20)
    assert Reservation.objects.count() == 22

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Sum

from inventory import operations
from inventory.models import Reservation, StockItem, StockMovement
from inventory.tests.conftest import NOW
from shared.contracts.inventory import StockCommitted, StockRejected, StockReleased
from shared.contracts.parts import Quantity
from shared.events.ids import uuid7
from shared.testing.events import published

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def held(stocked, order_id):
    """An order that holds 3 of 7 TEA."""
    stocked("TEA", 7)
    hold(order_id, 3)
    return order_id


def hold(order_id, quantity):
    operations.reserve_stock(
        order_id=order_id,
        lines=[Quantity(sku="TEA", quantity=quantity)],
        lifetime=HOUR,
        now=NOW,
    )


def test_a_paid_order_takes_its_units_away(held, units):
    for _ in range(3):
        operations.commit_reservation(order_id=held, now=NOW)

    assert units("TEA") == (4, 0)
    assert published(StockCommitted) == [StockCommitted(order_id=held)]


def test_the_ledger_sums_to_the_stock(held):
    operations.commit_reservation(order_id=held, now=NOW)
    operations.release_reservation(order_id=held, reason="cancelled", now=NOW)

    total = StockMovement.objects.aggregate(total=Sum("delta"))["total"]
    assert total == StockItem.objects.get().on_hand == 7


def test_a_cancelled_order_gives_its_units_back_once(held, units):
    for _ in range(3):
        operations.release_reservation(order_id=held, reason="cancelled", now=NOW)

    assert units("TEA") == (7, 0)
    assert published(StockReleased) == [StockReleased(order_id=held, reason="cancelled")]


def test_a_cancelled_paid_order_is_restocked_once(held, units):
    operations.commit_reservation(order_id=held, now=NOW)

    for _ in range(3):
        operations.release_reservation(order_id=held, reason="cancelled", now=NOW)

    assert units("TEA") == (7, 0)


def test_a_hold_expires_after_its_time_and_not_before(held, units):
    assert operations.expire_reservations(now=NOW + HOUR - timedelta(seconds=1)) == 0
    assert operations.expire_reservations(now=NOW + HOUR) == 1
    assert operations.expire_reservations(now=NOW + HOUR) == 0

    assert units("TEA") == (7, 0)
    assert published(StockReleased) == [StockReleased(order_id=held, reason="expired")]


def test_a_payment_after_expiry_takes_the_units_if_they_are_still_there(held, units):
    operations.expire_reservations(now=NOW + HOUR)

    operations.commit_reservation(order_id=held, now=NOW + HOUR)

    assert units("TEA") == (4, 0)
    assert published(StockCommitted) == [StockCommitted(order_id=held)]


def test_a_payment_after_expiry_is_rejected_when_the_units_are_gone(held, units):
    operations.expire_reservations(now=NOW + HOUR)
    hold(uuid7(), 6)

    operations.commit_reservation(order_id=held, now=NOW + HOUR)

    assert units("TEA") == (7, 6)
    assert [x.order_id for x in published(StockRejected)] == [held]


def test_a_payment_after_cancellation_takes_nothing(held, units):
    operations.release_reservation(order_id=held, reason="cancelled", now=NOW)

    operations.commit_reservation(order_id=held, now=NOW)

    assert units("TEA") == (7, 0)
    assert Reservation.objects.get(pk=held).status == "rejected"


def test_a_cancellation_after_expiry_forbids_a_late_payment(held, units):
    operations.expire_reservations(now=NOW + HOUR)
    operations.release_reservation(order_id=held, reason="cancelled", now=NOW + HOUR)

    operations.commit_reservation(order_id=held, now=NOW + HOUR)

    assert units("TEA") == (7, 0)


def test_a_payment_for_an_unknown_order_is_refused(order_id):
    with pytest.raises(operations.ReservationUnknown), transaction.atomic():
        operations.commit_reservation(order_id=order_id, now=NOW)

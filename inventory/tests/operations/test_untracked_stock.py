"""Orders of what is not tracked take no units, whatever happens between order and return."""

from datetime import timedelta

import pytest

from inventory import operations
from inventory.models import ReservationLine, StockItem, StockMovement
from inventory.tests.conftest import NOW
from shared.contracts.inventory import StockChanged, StockRejected
from shared.contracts.parts import Quantity, Shortage
from shared.events.ids import uuid7
from shared.testing.events import published, published_names

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LINES = [Quantity(sku="TEA", quantity=3), Quantity(sku="POT", quantity=2)]


@pytest.fixture
def untracked(stocked):
    """Tea is not tracked and nobody counted it; of pots there are seven."""
    stocked("POT", 7)
    StockItem.objects.create(sku="TEA", tracked=False)


def track(sku, tracked):
    StockItem.objects.filter(sku=sku).update(tracked=tracked)


def reserve(order_id, lines=LINES):
    return operations.reserve_stock(order_id=order_id, lines=lines, lifetime=HOUR, now=NOW)


def commit(order_id):
    operations.commit_reservation(order_id=order_id, now=NOW)


def release(order_id):
    operations.release_reservation(order_id=order_id, reason="cancelled", now=NOW)


def come_back(order_id):
    operations.receive_return(order_id=order_id, return_id=uuid7(), lines=LINES, now=NOW)


def test_it_is_never_short(untracked, units, order_id):
    assert reserve(order_id).status == "held"
    commit(order_id)

    assert units("TEA") == (0, 0)
    assert units("POT") == (5, 0)
    assert dict(ReservationLine.objects.values_list("sku", "took")) == {"POT": True, "TEA": False}
    assert [x.sku for x in published(StockChanged)] == ["POT"]
    assert StockMovement.objects.filter(kind="sale").count() == 1


def test_it_leaves_the_order_short_of_what_is_tracked(untracked, units, order_id):
    lines = [Quantity(sku="TEA", quantity=900), Quantity(sku="POT", quantity=8)]

    assert reserve(order_id, lines).status == "rejected"

    shortage = Shortage(sku="POT", requested=8, available=7)
    assert published(StockRejected)[0].shortages == (shortage,)
    assert units("POT") == (7, 0)


@pytest.mark.parametrize("then", [True, False])
def test_a_cancelled_order_gives_back_what_it_took(untracked, units, order_id, then):
    reserve(order_id)
    commit(order_id)
    track("TEA", then)

    release(order_id)

    assert units("TEA") == (0, 0)
    assert units("POT") == (7, 0)


def test_a_return_brings_back_what_was_taken(untracked, units, order_id):
    reserve(order_id)
    commit(order_id)
    track("TEA", True)

    come_back(order_id)

    assert units("TEA") == (0, 0)
    assert units("POT") == (7, 0)


def test_units_held_before_it_was_untracked_are_sold_or_freed(untracked, units):
    orders = [uuid7() for _ in range(2)]
    for each in orders:
        reserve(each)
    track("POT", False)

    commit(orders[0])
    release(orders[1])

    assert units("POT") == (5, 0)


def test_a_late_payment_takes_units_of_what_is_tracked_by_then(untracked, units, order_id):
    reserve(order_id)
    operations.expire_reservations(now=NOW + 2 * HOUR)
    track("POT", False)
    track("TEA", True)
    operations.adjust_stock(sku="TEA", delta=4, reason="found", actor="Mia", now=NOW)

    commit(order_id)
    assert (units("TEA"), units("POT")) == ((1, 0), (7, 0))

    release(order_id)
    assert (units("TEA"), units("POT")) == ((4, 0), (7, 0))


def test_nobody_is_warned_of_its_low_level(untracked):
    operations.adjust_stock(sku="TEA", delta=4, reason="found", actor="Mia", now=NOW)
    operations.adjust_stock(sku="TEA", delta=-3, reason="lost", actor="Mia", now=NOW)

    assert published_names() == ["stock.changed", "stock.changed"]


def test_the_ledger_adds_up(untracked, units, order_id):
    reserve(order_id)
    commit(order_id)
    come_back(order_id)

    for item in StockItem.objects.all():
        assert sum(item.movements.values_list("delta", flat=True)) == item.on_hand

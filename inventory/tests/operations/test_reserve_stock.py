from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from inventory import operations
from inventory.models import Reservation, StockItem
from inventory.operations.units import lock_items, move_units
from inventory.tests.conftest import NOW
from shared.contracts.inventory import StockChanged, StockRejected, StockReserved
from shared.contracts.parts import Quantity, Shortage
from shared.events.ids import uuid7
from shared.testing.events import published, published_names

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def reserve(order_id, **quantities):
    lines = [Quantity(sku=sku, quantity=n) for sku, n in quantities.items()]
    return operations.reserve_stock(order_id=order_id, lines=lines, lifetime=HOUR, now=NOW)


def test_it_holds_every_line(stocked, units, order_id):
    stocked("TEA", 7)
    stocked("POT", 2)

    assert reserve(order_id, TEA=3, POT=2).status == "held"

    assert units("TEA") == (7, 3)
    assert units("POT") == (2, 2)
    assert published(StockReserved) == [StockReserved(order_id=order_id, expires_at=NOW + HOUR)]
    assert [(x.sku, x.available) for x in published(StockChanged)] == [("POT", 0), ("TEA", 4)]


def test_it_holds_nothing_when_one_line_is_short(stocked, units, order_id):
    stocked("TEA", 7)
    stocked("POT", 1)

    assert reserve(order_id, TEA=3, POT=2).status == "rejected"

    assert units("TEA") == (7, 0)
    assert units("POT") == (1, 0)
    shortage = Shortage(sku="POT", requested=2, available=1)
    assert published(StockRejected) == [StockRejected(order_id=order_id, shortages=(shortage,))]


def test_it_tells_the_level_of_what_is_short_with_a_newer_version(stocked, order_id):
    stocked("TEA", 7)
    before = stocked("POT", 1).version

    reserve(order_id, TEA=3, POT=2)

    assert [(x.sku, x.available) for x in published(StockChanged)] == [("POT", 1)]
    assert StockItem.objects.get(sku="POT").version == before + 1


def test_it_rejects_an_unknown_sku(stocked, order_id):
    assert reserve(order_id, GHOST=1).status == "rejected"

    assert [(x.sku, x.available, x.counted) for x in published(StockChanged)] == [
        ("GHOST", 0, False)
    ]


def test_it_adds_up_lines_of_the_same_sku(stocked, units, order_id):
    stocked("TEA", 3)
    lines = [Quantity(sku="TEA", quantity=2), Quantity(sku="TEA", quantity=2)]

    operations.reserve_stock(order_id=order_id, lines=lines, lifetime=HOUR, now=NOW)

    assert units("TEA") == (3, 0)


def test_it_gives_the_first_answer_again(stocked, units, order_id):
    stocked("TEA", 7)

    for _ in range(3):
        reserve(order_id, TEA=3)

    assert units("TEA") == (7, 3)
    assert published_names() == ["stock.reserved", "stock.changed"]


def test_it_holds_nothing_for_an_order_that_was_cancelled_before(stocked, units, order_id):
    stocked("TEA", 7)
    operations.release_reservation(order_id=order_id, reason="cancelled", now=NOW)

    assert reserve(order_id, TEA=3).status == "released"

    assert units("TEA") == (7, 0)
    assert published_names() == []


@pytest.mark.parametrize(
    "broken",
    [{"on_hand": -1}, {"reserved": -1}, {"reserved": F("on_hand") + 1}],
)
def test_the_database_itself_refuses_impossible_stock(stocked, broken):
    stocked("TEA", 7)

    with pytest.raises(IntegrityError), transaction.atomic():
        StockItem.objects.update(**broken)


def test_the_reservation_remembers_when_it_expires(stocked, order_id):
    stocked("TEA", 7)
    reserve(order_id, TEA=1)

    assert Reservation.objects.get(pk=order_id).expires_at == NOW + HOUR
    assert uuid7() > order_id


def test_units_are_moved_only_from_the_level_that_was_read(stocked, units):
    stocked("TEA-1", 5)
    line = [Quantity(sku="TEA-1", quantity=3)]
    with transaction.atomic():
        items = lock_items(line)
        StockItem.objects.update(on_hand=3, version=F("version") + 1)

        with pytest.raises(RuntimeError):
            move_units(items, line, reserved=1)

    assert units("TEA-1") == (3, 0)

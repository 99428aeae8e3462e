from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from inventory import operations
from inventory.models import StockItem, StockMovement
from inventory.tests.conftest import NOW
from shared.contracts.inventory import StockChanged, StockLow
from shared.errors import IdempotencyKeyReused, InvalidInput
from shared.events.ids import uuid7
from shared.testing.events import published, published_names

pytestmark = pytest.mark.django_db


def adjust(delta, sku="TEA", movement_id=None):
    return operations.adjust_stock(
        sku=sku, delta=delta, reason="shelf", actor="Mia", now=NOW, movement_id=movement_id
    )


def test_it_changes_stock_and_writes_the_ledger(stocked, units):
    stocked("TEA", 7)

    assert adjust(-2).on_hand == 5

    assert units("TEA") == (5, 0)
    movement = StockMovement.objects.get(kind="adjustment")
    assert (movement.delta, movement.reason, movement.actor) == (-2, "shelf", "Mia")


def test_it_happens_once_by_its_id(stocked, units):
    stocked("TEA", 7)
    stocked("POT", 7)
    movement_id = uuid7()

    assert [adjust(-2, movement_id=movement_id).on_hand for _ in range(3)] == [5, 5, 5]
    for other in ((-1, "TEA"), (-2, "POT")):
        with pytest.raises(IdempotencyKeyReused):
            adjust(*other, movement_id=movement_id)

    assert (units("TEA"), units("POT")) == ((5, 0), (7, 0))
    assert StockMovement.objects.filter(kind="adjustment").count() == 1
    assert [x.on_hand for x in published(StockChanged)] == [5]


@pytest.mark.django_db(transaction=True)
def test_it_happens_once_also_when_repetitions_come_together(stocked, units):
    stocked("TEA", 7)
    movement_id = uuid7()

    start = Barrier(10)

    def run(_):
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            return adjust(-2, movement_id=movement_id).on_hand
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(run, range(10)))

    assert answers == [5] * 10
    assert units("TEA") == (5, 0)


def test_it_never_takes_what_orders_hold(stocked, units):
    stocked("TEA", 7)
    StockItem.objects.update(reserved=6)

    with pytest.raises(operations.NotEnoughStock):
        adjust(-2)

    assert units("TEA") == (7, 6)
    assert published_names() == []


@pytest.mark.parametrize("delta", [0, operations.MAX_UNITS + 1, -operations.MAX_UNITS - 1])
def test_it_refuses_senseless_numbers(stocked, units, delta):
    stocked("TEA", 7)

    with pytest.raises(InvalidInput):
        adjust(delta)

    assert units("TEA") == (7, 0)


def test_it_warns_when_stock_gets_low(stocked):
    stocked("TEA", 7)
    StockItem.objects.update(low_threshold=5)

    adjust(-2)

    assert [(x.sku, x.available, x.threshold) for x in published(StockLow)] == [("TEA", 5, 5)]


def test_it_warns_once_until_there_was_enough_again(stocked):
    stocked("TEA", 7)
    StockItem.objects.update(low_threshold=5)

    for delta in (-1, -1, -2, 1, 2, -3, -1):
        adjust(delta)

    assert [x.available for x in published(StockLow)] == [5, 3]


def test_a_declared_count_is_taken_once(units, db):
    operations.declare_stock(sku="TEA", quantity=9, reason="import", now=NOW)
    operations.declare_stock(sku="TEA", quantity=5, reason="import", now=NOW)

    assert units("TEA") == (9, 0)
    assert StockMovement.objects.get().delta == 9


def test_republishing_tells_every_sku_with_a_newer_version(stocked):
    before = stocked("TEA", 7).version
    stocked("BOWL", 2)

    assert operations.republish_stock(now=NOW) == 2

    assert [(x.sku, x.available) for x in published(StockChanged)] == [("BOWL", 2), ("TEA", 7)]
    assert StockItem.objects.get(sku="TEA").version == before + 1

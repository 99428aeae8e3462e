import pytest

from inventory import operations
from inventory.models import StockItem, StockMovement
from inventory.tests.conftest import NOW
from shared.contracts.inventory import StockChanged, StockLow
from shared.errors import InvalidInput
from shared.testing.events import published, published_names

pytestmark = pytest.mark.django_db


def adjust(delta, sku="TEA"):
    return operations.adjust_stock(sku=sku, delta=delta, reason="shelf", actor="Mia", now=NOW)


def test_it_changes_stock_and_writes_the_ledger(stocked, units):
    stocked("TEA", 7)

    assert adjust(-2).on_hand == 5

    assert units("TEA") == (5, 0)
    movement = StockMovement.objects.get(kind="adjustment")
    assert (movement.delta, movement.reason, movement.actor) == (-2, "shelf", "Mia")


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

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest

from inventory.models import StockItem, StockMovement
from shared.events.ids import uuid7

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def order_id() -> UUID:
    return uuid7()


@pytest.fixture
def stocked(db: None) -> Callable[..., StockItem]:
    """`stocked("TEA", 7)`: an item with so many units and a ledger that says so."""

    def make(sku: str, on_hand: int) -> StockItem:
        item = StockItem.objects.create(sku=sku, on_hand=on_hand, counted=True, low_threshold=0)
        StockMovement.objects.create(item=item, kind="count", delta=on_hand)
        return item

    return make


@pytest.fixture
def units() -> Callable[[str], tuple[int, int]]:
    """`units("TEA")` -> (on_hand, reserved) as the database has it."""

    def read(sku: str) -> tuple[int, int]:
        return StockItem.objects.values_list("on_hand", "reserved").get(sku=sku)

    return read

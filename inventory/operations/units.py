"""Units of SKUs: locked, moved, written down and published. Rows are locked in SKU order."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import F

from inventory.models import StockItem, StockMovement
from shared.contracts.inventory import StockChanged, StockLow
from shared.contracts.parts import Quantity, Shortage
from shared.events.publishing import publish

# Locked rows by SKU.
Items = Mapping[str, StockItem]


def lock_items(lines: Iterable[Quantity]) -> dict[str, StockItem]:
    """The stock of the lines by SKU, as it is until the transaction ends."""
    items = StockItem.objects.select_for_update().filter(sku__in=[line.sku for line in lines])
    return {item.sku: item for item in items.order_by("sku")}


def find_shortages(lines: Iterable[Quantity], items: Items) -> tuple[Shortage, ...]:
    """Of which lines too few units are available; of what is not tracked there are enough."""
    return tuple(
        Shortage(sku=x.sku, requested=x.quantity, available=item.available if item else 0)
        for x in lines
        if (item := items.get(x.sku)) is None or (item.tracked and item.available < x.quantity)
    )


def move_units(
    items: Items, lines: Iterable[Quantity], *, on_hand: int = 0, reserved: int = 0
) -> None:
    """Adds sign * quantity to the columns of the locked items, each as it was read. The constraints
    refuse what would leave fewer units than are reserved."""
    for line in lines:
        item = items[line.sku]
        as_read = StockItem.objects.filter(pk=item.pk, version=item.version)
        item.on_hand += on_hand * line.quantity
        item.reserved += reserved * line.quantity
        item.version += 1
        if not as_read.update(on_hand=item.on_hand, reserved=item.reserved, version=item.version):
            raise RuntimeError(f"{item.sku} changed while it was locked")


def write_ledger(
    items: Items,
    lines: Iterable[Quantity],
    kind: StockMovement.Kind,
    sign: int,
    *,
    now: datetime,
    order_id: UUID | None = None,
    reason: str = "",
) -> None:
    StockMovement.objects.bulk_create(
        StockMovement(
            item=items[line.sku],
            kind=kind,
            delta=sign * line.quantity,
            order_id=order_id,
            reason=reason,
            created_at=now,
        )
        for line in lines
    )


def publish_changes(items: Items, lines: Iterable[Quantity], sign: int, now: datetime) -> None:
    """What can be bought has changed by sign * quantity. Staff hear of a SKU when it becomes low,
    not with each unit that it loses afterwards."""
    for line in lines:
        item = items[line.sku]
        _publish_level(item, now)
        before = item.available - sign * line.quantity
        if item.tracked and item.available <= item.low_threshold < before:
            low = StockLow(sku=item.sku, available=item.available, threshold=item.low_threshold)
            publish(low, version=item.version, now=now)


def publish_levels(skus: Iterable[str], now: datetime) -> None:
    """The level of each SKU as it is, in a newer version than any before."""
    for sku in sorted(skus):
        StockItem.objects.filter(sku=sku).update(version=F("version") + 1)
        _publish_level(StockItem.objects.get(sku=sku), now)


def _publish_level(item: StockItem, now: datetime) -> None:
    changed = StockChanged(
        sku=item.sku,
        on_hand=item.on_hand,
        available=item.available,
        counted=item.counted or item.on_hand > 0,
    )
    publish(changed, version=item.version, now=now)

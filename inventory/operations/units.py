"""Units of SKUs: taken, put back, written down and published. Rows are changed in SKU order."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet

from inventory.models import StockItem, StockMovement
from shared.contracts.inventory import StockChanged, StockLow
from shared.contracts.parts import Quantity
from shared.events.publishing import publish


class Short(Exception):
    """Undoes what was taken of an order of which a line is short."""


def take(lines: list[Quantity], *, on_hand: int = 0, reserved: int = 0) -> None:
    """Adds sign * quantity to the columns of each SKU where the result keeps
    reserved <= on_hand; raises Short where it would not."""
    for line in lines:
        if not _change(line, on_hand, reserved):
            raise Short(line.sku)


def take_tracked(lines: list[Quantity], *, on_hand: int = 0, reserved: int = 0) -> list[Quantity]:
    """The same for the SKUs whose stock is tracked: the lines of which units were taken. The
    others keep their units, and stay untracked until the transaction ends."""
    taken = []
    for line in lines:
        if _change(line, on_hand, reserved, tracked=True):
            taken.append(line)
        elif not _is_untracked(line.sku):
            raise Short(line.sku)
    return taken


def _change(line: Quantity, on_hand: int, reserved: int, **condition: bool) -> bool:
    more, held = on_hand * line.quantity, reserved * line.quantity
    rows = StockItem.objects.filter(
        sku=line.sku, reserved__lte=F("on_hand") + (more - held), **condition
    )
    return bool(
        rows.update(
            on_hand=F("on_hand") + more, reserved=F("reserved") + held, version=F("version") + 1
        )
    )


def _is_untracked(sku: str) -> bool:
    return StockItem.objects.select_for_update().filter(sku=sku, tracked=False).exists()


def write_ledger(
    lines: list[Quantity],
    kind: StockMovement.Kind,
    sign: int,
    *,
    now: datetime,
    order_id: UUID | None = None,
    reason: str = "",
) -> None:
    ids = {item.sku: item.pk for item in _items(lines)}
    StockMovement.objects.bulk_create(
        [
            StockMovement(
                item_id=ids[line.sku],
                kind=kind,
                delta=sign * line.quantity,
                order_id=order_id,
                reason=reason,
                created_at=now,
            )
            for line in lines
        ]
    )


def _items(lines: list[Quantity]) -> QuerySet[StockItem]:
    return StockItem.objects.filter(sku__in=[line.sku for line in lines]).order_by("sku")


def publish_changes(lines: list[Quantity], sign: int, now: datetime) -> None:
    """What can be bought changed by sign * quantity; its rows are ours until we commit. Staff
    hear of a SKU when it becomes low, not with each unit that it loses afterwards."""
    moved = {line.sku: sign * line.quantity for line in lines}
    for item in _items(lines):
        _publish_level(item, now)
        is_low = item.available <= item.low_threshold < item.available - moved[item.sku]
        if item.tracked and is_low:
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

"""The levels of the SKUs: counted, corrected and published."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from inventory.models import KnownProduct, StockItem, StockMovement
from inventory.operations.units import publish_changes, publish_levels, write_ledger
from inventory.queries import UnknownSku
from shared.contracts.parts import Quantity
from shared.database.idempotency import demand_same_request, find_repeated
from shared.database.read_models import upsert_newer
from shared.errors import Conflict, InvalidInput

MAX_UNITS = 1_000_000


class NotEnoughStock(Conflict):
    code = "not_enough_stock"
    title = "There is not that much stock to take away"


@dataclass(frozen=True)
class Registration:
    """What catalog says of a SKU: what people call it, and whether its stock is tracked."""

    title: str
    tracked: bool = True


@transaction.atomic
def adjust_stock(
    *, sku: str, delta: int, reason: str, actor: str, now: datetime, movement_id: UUID | None = None
) -> StockItem:
    """A person found or lost units; once for a `movement_id`, if the caller has chosen one. Raises
    UnknownSku, InvalidInput, NotEnoughStock, and IdempotencyKeyReused for an id that is another
    movement's."""
    if delta == 0 or abs(delta) > MAX_UNITS:
        raise InvalidInput(delta=[f"A whole number other than 0, at most {MAX_UNITS:,}"])
    item = StockItem.objects.select_for_update().filter(sku=sku).first()
    if item is None:
        raise UnknownSku(f"No stock is kept for {sku}")
    asked = _adjustment(item, delta, reason)
    rest = {"kind": StockMovement.Kind.ADJUSTMENT, "actor": actor, "created_at": now}
    movement, is_new = StockMovement.objects.get_or_create(
        pk=movement_id or uuid4(), defaults={**asked, **rest}
    )
    if not is_new:
        demand_same_request(movement, **asked)
    elif item.available + delta < 0:
        raise NotEnoughStock()
    else:
        _count(item, delta, now)
    return item


def _count(item: StockItem, delta: int, now: datetime) -> None:
    """So many more units of the locked item are there than was known."""
    item.on_hand, item.counted, item.version = item.on_hand + delta, True, item.version + 1
    item.save(update_fields=["on_hand", "counted", "version"])
    publish_changes({item.sku: item}, [Quantity(sku=item.sku, quantity=delta)], 1, now)


def check_adjustment(*, item: StockItem, delta: int, reason: str, movement_id: UUID) -> None:
    """Whether `adjust_stock` would take it for the item, whose row the caller has locked. Raises
    NotEnoughStock and IdempotencyKeyReused."""
    written = StockMovement.objects.filter(pk=movement_id)
    is_written = find_repeated(written, **_adjustment(item, delta, reason)) is not None
    if not is_written and item.available + delta < 0:
        raise NotEnoughStock(
            f"Of {item.on_hand} units {item.reserved} are held for orders; {item.available} can go"
        )


def _adjustment(item: StockItem, delta: int, reason: str) -> dict[str, Any]:
    """The columns that tell one adjustment from another."""
    return {"item_id": item.pk, "delta": delta, "reason": reason[:200]}


@transaction.atomic
def register_skus(
    *,
    product_id: UUID,
    version: int,
    skus: Mapping[str, Registration],
    said_at: datetime,
    now: datetime,
) -> None:
    """Makes a stock item, with nothing on hand, for each SKU that has none; keeps the others up to
    date, unless a newer word about the product is known, or one of another product that has the
    SKU since. Publishes the level of SKUs that are new or are tracked from now on, or no longer."""
    if not upsert_newer(KnownProduct, product_id=product_id, version=version):
        return
    StockItem.objects.bulk_create(
        [StockItem(sku=sku, tracked=skus[sku].tracked) for sku in sorted(skus)],
        ignore_conflicts=True,
    )
    items = StockItem.objects.select_for_update().filter(sku__in=skus).order_by("sku")
    news = [item.sku for item in items if _update_item(item, skus[item.sku], said_at)]
    publish_levels(news, now)


def _update_item(item: StockItem, word: Registration, said_at: datetime) -> bool:
    """Whether others have to hear of it."""
    if item.said_at is not None and item.said_at > said_at:
        return item.version == StockItem.UNPUBLISHED
    is_news = item.version == StockItem.UNPUBLISHED or item.tracked != word.tracked
    item.title, item.tracked, item.said_at = word.title, word.tracked, said_at
    item.save(update_fields=["title", "tracked", "said_at"])
    return is_news


@transaction.atomic
def declare_stock(*, sku: str, quantity: int, reason: str, now: datetime) -> None:
    """Takes the first count of a SKU from outside; a SKU that was counted keeps its count."""
    item, _ = StockItem.objects.select_for_update().get_or_create(sku=sku)
    if item.counted:
        return
    if quantity:
        line = [Quantity(sku=sku, quantity=quantity)]
        write_ledger({sku: item}, line, StockMovement.Kind.COUNT, 1, reason=reason, now=now)
    _count(item, quantity, now)


def republish_stock(*, now: datetime) -> int:
    """Publishes the level of every SKU anew, each in its own transaction; of how many."""
    return _publish_each(list(StockItem.objects.order_by("sku").values_list("sku", flat=True)), now)


def publish_unpublished_stock(*, now: datetime, limit: int = 1000) -> int:
    """The same for SKUs whose level was never published; of how many."""
    unpublished = StockItem.objects.filter(version=StockItem.UNPUBLISHED).order_by("sku")
    return _publish_each(list(unpublished.values_list("sku", flat=True)[:limit]), now)


def _publish_each(skus: list[str], now: datetime) -> int:
    for sku in skus:
        with transaction.atomic():
            publish_levels([sku], now)
    return len(skus)

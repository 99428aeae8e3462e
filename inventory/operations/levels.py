"""The levels of the SKUs: counted, corrected, and told to others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F

from inventory.models import KnownProduct, StockItem, StockMovement
from inventory.operations.units import Short, take, tell_changes, tell_levels, write_ledger
from inventory.queries import UnknownSku
from shared.contracts.parts import Quantity
from shared.database.copies import take_newer
from shared.database.rows import add, find
from shared.errors import Conflict, IdempotencyKeyReused, InvalidInput

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
    *,
    sku: str,
    delta: int,
    reason: str,
    actor: str,
    now: datetime,
    movement_id: UUID | None = None,
) -> StockItem:
    """A person found or lost units; once for a `movement_id`, if the caller has chosen one. Raises
    UnknownSku, InvalidInput, NotEnoughStock, and IdempotencyKeyReused for an id that is another
    movement's."""
    if delta == 0 or abs(delta) > MAX_UNITS:
        raise InvalidInput(delta=[f"A whole number other than 0, at most {MAX_UNITS:,}"])
    item = find(StockItem, lock=True, sku=sku)
    if item is None:
        raise UnknownSku(f"No stock is kept for {sku}")
    if movement_id and _is_written(movement_id, item, delta, reason):
        return item
    line = [Quantity(sku=sku, quantity=abs(delta))]
    sign = 1 if delta > 0 else -1
    try:
        take(line, on_hand=sign)
    except Short as short:
        raise NotEnoughStock() from short
    StockItem.objects.filter(sku=sku).update(counted=True)
    movement = StockMovement(
        id=movement_id or uuid4(),
        item=item,
        kind=StockMovement.Kind.ADJUSTMENT,
        delta=delta,
        reason=reason[:200],
        actor=actor,
        created_at=now,
    )
    if not add(movement):
        raise IdempotencyKeyReused()
    tell_changes(line, sign, now)
    return StockItem.objects.get(sku=sku)


def check_adjustment(*, item: StockItem, delta: int, reason: str, movement_id: UUID) -> None:
    """Whether `adjust_stock` would take it for the item, whose row the caller has locked. Raises
    NotEnoughStock and IdempotencyKeyReused."""
    if not _is_written(movement_id, item, delta, reason) and item.available + delta < 0:
        raise NotEnoughStock(
            f"Of {item.on_hand} units {item.reserved} are held for orders; {item.available} can go"
        )


def _is_written(movement_id: UUID, item: StockItem, delta: int, reason: str) -> bool:
    """Whether the ledger has the movement. Raises IdempotencyKeyReused."""
    earlier = find(StockMovement, pk=movement_id)
    if earlier is None:
        return False
    if (earlier.item_id, earlier.delta, earlier.reason) != (item.pk, delta, reason[:200]):
        raise IdempotencyKeyReused()
    return True


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
    if not take_newer(KnownProduct, product_id=product_id, version=version):
        return
    StockItem.objects.bulk_create(
        [StockItem(sku=sku, tracked=skus[sku].tracked) for sku in sorted(skus)],
        ignore_conflicts=True,
    )
    items = StockItem.objects.select_for_update().filter(sku__in=skus).order_by("sku")
    news = [item.sku for item in items if _update_item(item, skus[item.sku], said_at)]
    tell_levels(news, now)


def _update_item(item: StockItem, word: Registration, said_at: datetime) -> bool:
    """Whether others have to hear of it."""
    if item.said_at is not None and item.said_at > said_at:
        return item.version == StockItem.UNTOLD
    is_news = item.version == StockItem.UNTOLD or item.tracked != word.tracked
    item.title, item.tracked, item.said_at = word.title, word.tracked, said_at
    item.save(update_fields=["title", "tracked", "said_at"])
    return is_news


@transaction.atomic
def declare_stock(*, sku: str, quantity: int, reason: str, now: datetime) -> None:
    """Takes the first count of a SKU from outside; a SKU that was counted keeps its count."""
    StockItem.objects.get_or_create(sku=sku)
    first = StockItem.objects.filter(sku=sku, counted=False).update(
        counted=True, on_hand=F("on_hand") + quantity, version=F("version") + 1
    )
    if not first:
        return
    line = [Quantity(sku=sku, quantity=quantity)]
    if quantity:
        write_ledger(line, StockMovement.Kind.COUNT, 1, reason=reason, now=now)
    tell_changes(line, 1, now)


def republish_stock(*, now: datetime) -> int:
    """Tells the stock of every SKU anew, each in its own transaction; of how many."""
    return _retell(list(StockItem.objects.order_by("sku").values_list("sku", flat=True)), now)


def tell_untold_stock(*, now: datetime, limit: int = 1000) -> int:
    """The same for SKUs that were registered without a word to anybody; of how many."""
    untold = StockItem.objects.filter(version=StockItem.UNTOLD).order_by("sku")
    return _retell(list(untold.values_list("sku", flat=True)[:limit]), now)


def _retell(skus: list[str], now: datetime) -> int:
    for sku in skus:
        with transaction.atomic():
            tell_levels([sku], now)
    return len(skus)

"""Every write of inventory. Rows of several SKUs are always changed in SKU order."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import F

from inventory.models import Reservation, ReservationLine, StockItem, StockMovement
from inventory.queries import (
    UnknownSku,
    list_order_ids_to_state,
    list_reservations_of,
    list_reserved_lines,
    list_shortages,
)
from inventory.rules import merge_quantities
from shared.auth.erasure import forget_account
from shared.auth.exporting import as_export
from shared.contracts.inventory import (
    ReservationsStated,
    StatedReservation,
    StockChanged,
    StockCommitted,
    StockLow,
    StockRejected,
    StockReleased,
    StockReserved,
)
from shared.contracts.parts import Quantity
from shared.contracts.users import DataExported, DataExportRequested
from shared.database.prepared import Prepared
from shared.database.rows import add, add_all, change, find, find_all
from shared.errors import Conflict, IdempotencyKeyReused, InvalidInput
from shared.events.ids import uuid7
from shared.events.publishing import publish
from shared.events.statements import in_batches

Status = Reservation.Status
MAX_UNITS = 1_000_000
TAKE = Prepared("""
UPDATE inventory_stockitem
SET on_hand = on_hand + %(on_hand)s, reserved = reserved + %(reserved)s, version = version + 1
WHERE sku = %(sku)s AND reserved + %(reserved)s <= on_hand + %(on_hand)s
""")


class NotEnoughStock(Conflict):
    code = "not_enough_stock"
    title = "There is not that much stock to take away"


class ReservationUnknown(Conflict):
    code = "reservation_unknown"
    title = "The order has not reserved anything yet"


class _Short(Exception):
    """Undoes a half-made reservation."""


@transaction.atomic
def reserve_stock(
    *, order_id: UUID, lines: Iterable[Quantity], lifetime: timedelta, now: datetime
) -> Reservation:
    """Holds every line of the order, or none. Repeating it gives the first answer again.
    Publishes StockReserved or StockRejected."""
    reservation = Reservation(
        order_id=order_id,
        status=Status.HELD,
        expires_at=now + lifetime,
        created_at=now,
        updated_at=now,
    )
    if not add(reservation):
        return _known(order_id)
    wanted = merge_quantities(lines)
    _add_lines(reservation, wanted)
    try:
        with transaction.atomic():
            _take(wanted, reserved=1)
    except _Short:
        _move(reservation, Status.REJECTED, now)
        publish(StockRejected(order_id=order_id, shortages=list_shortages(wanted)), now=now)
        return reservation
    publish(StockReserved(order_id=order_id, expires_at=now + lifetime), now=now)
    _tell_changes(wanted, -1, now)
    return reservation


def _known(order_id: UUID) -> Reservation:
    reservation = find(Reservation, lock=True, order_id=order_id)
    if reservation is None:
        raise ReservationUnknown(str(order_id))
    return reservation


@transaction.atomic
def commit_reservation(*, order_id: UUID, now: datetime) -> None:
    """The order is paid: its units leave the stock. Where the hold has expired meanwhile, the
    units are taken anew if they are still there; otherwise publishes StockRejected, and orders
    gives the money back. Raises ReservationUnknown when the order was never heard of."""
    reservation = _known(order_id)
    if reservation.status not in (Status.HELD, Status.RELEASED):
        return
    lines, was_held = list_reserved_lines(reservation), reservation.status == Status.HELD
    try:
        with transaction.atomic():
            _take(lines, on_hand=-1, reserved=-1 if was_held else 0)
    except _Short:
        _move(reservation, Status.REJECTED, now)
        publish(StockRejected(order_id=order_id, shortages=list_shortages(lines)), now=now)
        return
    _move(reservation, Status.COMMITTED, now)
    _write_ledger(lines, StockMovement.Kind.SALE, -1, order_id=order_id, now=now)
    publish(StockCommitted(order_id=order_id), now=now)
    # Of held units that leave, as many can be bought as before: nobody needs to hear of it.
    if not was_held:
        _tell_changes(lines, -1, now)


@transaction.atomic
def release_reservation(*, order_id: UUID, reason: str, now: datetime) -> None:
    """The order is off: held units are free again, sold ones go back on the shelf. Leaves a row
    for an order not heard of yet, so that a late request to reserve holds nothing."""
    reservation, is_new = Reservation.objects.select_for_update().get_or_create(
        order_id=order_id,
        defaults={"status": Status.RELEASED, "created_at": now, "updated_at": now},
    )
    if is_new:
        return
    if reservation.status == Status.HELD:
        _free(reservation, reason, now)
    elif reservation.status == Status.COMMITTED:
        _restock(reservation, now)
    elif reservation.status == Status.RELEASED:
        # Expired before: from now on a late payment may not take the units any more.
        reservation.lines.all().delete()
        _move(reservation, Status.REJECTED, now)


def _free(reservation: Reservation, reason: str, now: datetime) -> None:
    lines = list_reserved_lines(reservation)
    _take(lines, reserved=-1)
    # What the shop gave up for good cannot be taken anew by a late payment; what expired can.
    _move(reservation, Status.RELEASED if reason == "expired" else Status.REJECTED, now)
    publish(StockReleased(order_id=reservation.order_id, reason=reason), now=now)
    _tell_changes(lines, 1, now)


def _restock(reservation: Reservation, now: datetime) -> None:
    lines = list_reserved_lines(reservation)
    _take(lines, on_hand=1)
    _move(reservation, Status.RESTOCKED, now)
    _write_ledger(
        lines,
        StockMovement.Kind.RETURN,
        1,
        order_id=reservation.order_id,
        reason="order cancelled",
        now=now,
    )
    _tell_changes(lines, 1, now)


def expire_reservations(*, now: datetime, limit: int = 200) -> int:
    """Releases holds that are past their time, each in its own transaction; how many."""
    due = Reservation.objects.filter(status=Status.HELD, expires_at__lte=now)
    count = 0
    for order_id in due.order_by("expires_at").values_list("order_id", flat=True)[:limit]:
        with transaction.atomic():
            reservation = (
                Reservation.objects.select_for_update(skip_locked=True)
                .filter(order_id=order_id, status=Status.HELD, expires_at__lte=now)
                .first()
            )
            if reservation is not None:
                _free(reservation, "expired", now)
                count += 1
    return count


@transaction.atomic
def receive_return(
    *, order_id: UUID, return_id: UUID, lines: Iterable[Quantity], now: datetime
) -> None:
    """Puts returned units back on the shelf."""
    back = merge_quantities(lines)
    _take(back, on_hand=1)
    _write_ledger(
        back,
        StockMovement.Kind.RETURN,
        1,
        order_id=order_id,
        reason=f"return {return_id}",
        now=now,
    )
    _tell_changes(back, 1, now)


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
        _take(line, on_hand=sign)
    except _Short as short:
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
    _tell_changes(line, sign, now)
    return StockItem.objects.get(sku=sku)


def _is_written(movement_id: UUID, item: StockItem, delta: int, reason: str) -> bool:
    """Whether the ledger has the movement. Raises IdempotencyKeyReused."""
    earlier = find(StockMovement, pk=movement_id)
    if earlier is None:
        return False
    if (earlier.item_id, earlier.delta, earlier.reason) != (item.pk, delta, reason[:200]):
        raise IdempotencyKeyReused()
    return True


@transaction.atomic
def register_skus(*, titles: dict[str, str]) -> None:
    """Makes a stock item, with nothing on hand, for each SKU that has none; keeps titles fresh."""
    StockItem.objects.bulk_create(
        [StockItem(sku=sku, title=titles[sku][:255]) for sku in sorted(titles)],
        update_conflicts=True,
        unique_fields=["sku"],
        update_fields=["title"],
    )


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
        _write_ledger(line, StockMovement.Kind.COUNT, 1, reason=reason, now=now)
    _tell_changes(line, 1, now)


def state_due_reservations(*, now: datetime) -> int:
    """States what changed of late and what has its turn today; how many reservations."""
    order_ids = list_order_ids_to_state(now)
    for batch in in_batches(order_ids):
        state_reservations(order_ids=batch, now=now)
    return len(order_ids)


@transaction.atomic
def state_reservations(*, order_ids: Iterable[UUID], now: datetime) -> None:
    """Publishes ReservationsStated about these orders."""
    reservations = list(list_reservations_of(order_ids))
    fact = ReservationsStated(
        statement_id=uuid7(),
        as_of=now,
        reservations=tuple(_state(reservation) for reservation in reservations),
        missing=tuple(sorted(set(order_ids) - {one.order_id for one in reservations})),
    )
    publish(fact, now=now)


def _state(reservation: Reservation) -> StatedReservation:
    lines = sorted(reservation.lines.all(), key=lambda line: line.sku)
    return StatedReservation(
        order_id=reservation.order_id,
        status=reservation.status,
        expires_at=reservation.expires_at,
        changed_at=reservation.updated_at,
        lines=tuple(Quantity(sku=line.sku, quantity=line.quantity) for line in lines),
    )


def _take(lines: list[Quantity], *, on_hand: int = 0, reserved: int = 0) -> None:
    """Adds sign * quantity to the columns of each SKU where the result keeps
    reserved <= on_hand; raises _Short where it would not."""
    with connection.cursor() as cursor:
        for line in lines:
            signed = {"on_hand": on_hand * line.quantity, "reserved": reserved * line.quantity}
            cursor.execute(TAKE, {"sku": line.sku, **signed})
            if not cursor.rowcount:
                raise _Short(line.sku)


def _add_lines(reservation: Reservation, lines: list[Quantity]) -> None:
    add_all(
        [ReservationLine(reservation=reservation, sku=x.sku, quantity=x.quantity) for x in lines]
    )


def _move(reservation: Reservation, status: Reservation.Status, now: datetime) -> None:
    change(Reservation, {"pk": reservation.pk}, status=status, updated_at=now)
    reservation.status = status


def _write_ledger(
    lines: list[Quantity],
    kind: StockMovement.Kind,
    sign: int,
    *,
    now: datetime,
    order_id: UUID | None = None,
    reason: str = "",
) -> None:
    ids = {item.sku: item.pk for item in _items(lines)}
    add_all(
        [
            StockMovement(
                item_id=ids[line.sku],
                kind=kind,
                delta=sign * line.quantity,
                order_id=order_id,
                reason=reason[:200],
                created_at=now,
            )
            for line in lines
        ]
    )


def _items(lines: list[Quantity]) -> list[StockItem]:
    return find_all(StockItem, sku=[line.sku for line in lines], by="sku")


def _tell_changes(lines: list[Quantity], sign: int, now: datetime) -> None:
    """What can be bought changed by sign * quantity; its rows are ours until we commit. Staff
    hear of a SKU when it becomes low, not with each unit that it loses afterwards."""
    moved = {line.sku: sign * line.quantity for line in lines}
    for item in _items(lines):
        changed = StockChanged(sku=item.sku, on_hand=item.on_hand, available=item.available)
        publish(changed, version=item.version, now=now)
        if item.available <= item.low_threshold < item.available - moved[item.sku]:
            low = StockLow(sku=item.sku, available=item.available, threshold=item.low_threshold)
            publish(low, version=item.version, now=now)


def republish_stock(*, now: datetime) -> int:
    """Tells the stock of every SKU anew, each in its own transaction; of how many."""
    skus = list(StockItem.objects.order_by("sku").values_list("sku", flat=True))
    for sku in skus:
        with transaction.atomic():
            item = StockItem.objects.select_for_update().get(sku=sku)
            StockItem.objects.filter(pk=item.pk).update(version=F("version") + 1)
            told = StockChanged(sku=sku, on_hand=item.on_hand, available=item.available)
            publish(told, version=item.version + 1, now=now)
    return len(skus)


@transaction.atomic
def forget_person(*, account_id: UUID, email: str, now: datetime) -> None:
    """What was counted stays; by whom does not."""
    forget_account(account_id=account_id, email=email, now=now)
    if email:
        StockMovement.objects.filter(actor__iexact=email).update(actor="erased")


@transaction.atomic
def export_person(*, request: DataExportRequested) -> None:
    """Tells users what is kept of the person."""
    theirs = StockMovement.objects.filter(actor__iexact=request.email).exclude(actor="")
    data = as_export(movements=theirs)
    publish(DataExported(export_id=request.export_id, service="inventory", data=data))

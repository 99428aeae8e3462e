"""What orders hold, and what becomes of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from inventory.models import ReceivedReturn, Reservation, ReservationLine, StockItem, StockMovement
from inventory.operations.units import (
    find_shortages,
    lock_items,
    move_units,
    publish_changes,
    publish_levels,
    write_ledger,
)
from inventory.queries import list_reserved_lines, list_taken_lines, list_untaken_skus
from inventory.rules import merge_quantities
from shared.contracts.inventory import StockCommitted, StockRejected, StockReleased, StockReserved
from shared.contracts.parts import Quantity, Shortage
from shared.errors import Conflict
from shared.events.publishing import publish

Status = Reservation.Status


class ReservationUnknown(Conflict):
    code = "reservation_unknown"
    title = "The order has not reserved anything yet"


@transaction.atomic(savepoint=False)
def reserve_stock(
    *, order_id: UUID, lines: Iterable[Quantity], lifetime: timedelta, now: datetime
) -> Reservation:
    """Holds every line of the order, or none; of a SKU whose stock is not tracked no units are
    taken. Repeating it gives the first answer again. Publishes StockReserved or StockRejected."""
    reservation, is_new = _get_or_create(order_id, Status.HELD, now, expires_at=now + lifetime)
    if not is_new:
        return reservation
    wanted = merge_quantities(lines)
    items = lock_items(wanted)
    if shortages := find_shortages(wanted, items):
        _add_lines(reservation, wanted, [])
        _reject(reservation, shortages, now)
        return reservation
    taken = [line for line in wanted if items[line.sku].tracked]
    move_units(items, taken, reserved=1)
    _add_lines(reservation, wanted, taken)
    publish(StockReserved(order_id=order_id, expires_at=now + lifetime), now=now)
    publish_changes(items, taken, -1, now)
    return reservation


def _reject(reservation: Reservation, shortages: tuple[Shortage, ...], now: datetime) -> None:
    """Publishes the levels of what is short too: whoever sold it has another in mind."""
    _move(reservation, Status.REJECTED, now)
    publish(StockRejected(order_id=reservation.order_id, shortages=shortages), now=now)
    skus = [shortage.sku for shortage in shortages]
    StockItem.objects.bulk_create([StockItem(sku=sku) for sku in skus], ignore_conflicts=True)
    publish_levels(skus, now)


def _get_or_create(
    order_id: UUID, status: Reservation.Status, now: datetime, expires_at: datetime | None = None
) -> tuple[Reservation, bool]:
    """The order's reservation, locked; and whether it is a new one."""
    fields = {"status": status, "expires_at": expires_at, "created_at": now, "updated_at": now}
    locked = Reservation.objects.select_for_update()
    return locked.get_or_create(order_id=order_id, defaults=fields)


@transaction.atomic(savepoint=False)
def commit_reservation(*, order_id: UUID, now: datetime) -> None:
    """The order is paid: its units leave the stock. Where the hold has expired meanwhile, the
    units are taken anew if they are still there; otherwise publishes StockRejected, and orders
    gives the money back. Raises ReservationUnknown when the order was never heard of."""
    reservation = Reservation.objects.select_for_update().filter(order_id=order_id).first()
    if reservation is None:
        raise ReservationUnknown(str(order_id))
    if reservation.status not in (Status.HELD, Status.RELEASED):
        return
    was_held = reservation.status == Status.HELD
    lines = list_taken_lines(reservation) if was_held else list_reserved_lines(reservation)
    items = lock_items(lines)
    if was_held:
        # As many can be bought as before: nobody needs to hear of it.
        move_units(items, lines, on_hand=-1, reserved=-1)
    elif shortages := find_shortages(lines, items):
        _reject(reservation, shortages, now)
        return
    else:
        # Whether the stock of a SKU is tracked may have changed since the hold expired.
        lines = [line for line in lines if items[line.sku].tracked]
        reservation.lines.update(took=Q(sku__in=[line.sku for line in lines]))
        move_units(items, lines, on_hand=-1)
        publish_changes(items, lines, -1, now)
    _move(reservation, Status.COMMITTED, now)
    write_ledger(items, lines, StockMovement.Kind.SALE, -1, order_id=order_id, now=now)
    publish(StockCommitted(order_id=order_id), now=now)


@transaction.atomic
def release_reservation(*, order_id: UUID, reason: str, now: datetime) -> None:
    """The order is off: held units are free again, sold ones are restocked. Leaves a row for an
    order not heard of yet, so that a late request to reserve holds nothing."""
    reservation, is_new = _get_or_create(order_id, Status.RELEASED, now)
    if is_new:
        return
    if reservation.status == Status.HELD:
        _free(reservation, reason, now)
    elif reservation.status == Status.COMMITTED:
        _move(reservation, Status.RESTOCKED, now)
        _restock(order_id, list_taken_lines(reservation), "order cancelled", now)
    elif reservation.status == Status.RELEASED:
        # Expired before: from now on a late payment may not take the units any more.
        reservation.lines.all().delete()
        _move(reservation, Status.REJECTED, now)


def _free(reservation: Reservation, reason: str, now: datetime) -> None:
    lines = list_taken_lines(reservation)
    items = lock_items(lines)
    move_units(items, lines, reserved=-1)
    # What the shop gave up for good cannot be taken anew by a late payment; what expired can.
    _move(reservation, Status.RELEASED if reason == "expired" else Status.REJECTED, now)
    publish(StockReleased(order_id=reservation.order_id, reason=reason), now=now)
    publish_changes(items, lines, 1, now)


def _restock(order_id: UUID, lines: list[Quantity], reason: str, now: datetime) -> None:
    items = lock_items(lines)
    move_units(items, lines, on_hand=1)
    kind = StockMovement.Kind.RETURN
    write_ledger(items, lines, kind, 1, order_id=order_id, reason=reason, now=now)
    publish_changes(items, lines, 1, now)


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
    """Restocks returned units, once for each return, but for those that the stock never gave."""
    return_of = {"order_id": order_id}
    if not ReceivedReturn.objects.get_or_create(return_id=return_id, defaults=return_of)[1]:
        return
    untaken = list_untaken_skus(order_id)
    back = [line for line in merge_quantities(lines) if line.sku not in untaken]
    _restock(order_id, back, f"return {return_id}", now)


def _add_lines(reservation: Reservation, lines: list[Quantity], taken: list[Quantity]) -> None:
    ReservationLine.objects.bulk_create(
        ReservationLine(reservation=reservation, sku=x.sku, quantity=x.quantity, took=x in taken)
        for x in lines
    )


def _move(reservation: Reservation, status: Reservation.Status, now: datetime) -> None:
    reservation.status, reservation.updated_at = status, now
    reservation.save(update_fields=["status", "updated_at"])

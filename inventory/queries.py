"""Reads of stock."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from inventory.models import Reservation, ReservationLine, StockItem, StockMovement
from shared.contracts.parts import Quantity
from shared.errors import NotFound
from shared.events.statements import just_settled, turn_of_day


class UnknownSku(NotFound):
    code = "unknown_sku"
    title = "No such SKU"


def get_stock(sku: str) -> StockItem:
    """Raises UnknownSku."""
    item = StockItem.objects.filter(sku=sku).first()
    if item is None:
        raise UnknownSku(f"No stock is kept for {sku}")
    return item


def list_movements(sku: str) -> QuerySet[StockMovement]:
    """Newest first. Raises UnknownSku."""
    return StockMovement.objects.filter(item=get_stock(sku)).order_by("-created_at", "-id")


def list_reserved_lines(reservation: Reservation) -> list[Quantity]:
    """The reservation's lines in SKU order."""
    return _quantities(reservation.lines.all())


def list_taken_lines(reservation: Reservation) -> list[Quantity]:
    """Those of which the stock gave units."""
    return _quantities(reservation.lines.filter(took=True))


def _quantities(lines: QuerySet[ReservationLine]) -> list[Quantity]:
    rows = lines.order_by("sku").values_list("sku", "quantity")
    return [Quantity(sku=sku, quantity=quantity) for sku, quantity in rows]


def list_untaken_skus(order_id: UUID) -> set[str]:
    """What an order bought without a unit of the stock."""
    lines = ReservationLine.objects.filter(reservation=order_id, took=False)
    return set(lines.values_list("sku", flat=True))


def list_order_ids_to_state(now: datetime) -> set[UUID]:
    """The orders whose reservations changed of late, and those that have their turn today."""
    first = Reservation.objects.order_by("created_at").values_list("created_at", flat=True).first()
    since, until = just_settled(now)
    begin, end = turn_of_day(first, now)
    due = Reservation.objects.filter(
        Q(updated_at__gte=since, updated_at__lt=until)
        | Q(created_at__gte=begin, created_at__lt=end)
    )
    return set(due.values_list("order_id", flat=True))


def list_reservations_of(order_ids: Iterable[UUID]) -> QuerySet[Reservation]:
    """With their lines: two queries for any number."""
    reservations = Reservation.objects.filter(order_id__in=order_ids).order_by("order_id")
    return reservations.prefetch_related("lines")

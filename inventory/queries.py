"""Reads of stock."""

from django.db.models import QuerySet

from inventory.models import Reservation, StockItem, StockMovement
from shared.contracts.parts import Quantity, Shortage
from shared.errors import NotFound


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
    rows = reservation.lines.order_by("sku").values_list("sku", "quantity")
    return [Quantity(sku=sku, quantity=quantity) for sku, quantity in rows]


def list_shortages(lines: list[Quantity]) -> tuple[Shortage, ...]:
    """Of which lines too few units are available."""
    items = {item.sku: item for item in StockItem.objects.filter(sku__in=[x.sku for x in lines])}
    available = {sku: item.available for sku, item in items.items()}
    return tuple(
        Shortage(sku=x.sku, requested=x.quantity, available=available.get(x.sku, 0))
        for x in lines
        if available.get(x.sku, 0) < x.quantity
    )

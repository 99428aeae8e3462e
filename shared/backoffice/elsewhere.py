"""Pages of one service's admin that another service's staff are sent to, and the roles that may
open them. Rights are each service's own, so its access matrix holds its lines to them."""

from django.http import HttpRequest

STOCK_ITEMS = "/inventory/admin/inventory/stockitem/"
ORDERS = "/orders/admin/orders/order/"
WELCOME = {
    STOCK_ITEMS: frozenset({"owner", "analyst", "catalogue", "fulfilment"}),
    ORDERS: frozenset({"owner", "analyst", "fulfilment", "support"}),
}


def may_open(request: HttpRequest, path: str) -> bool:
    """Whether this person may follow a link to one of these pages, or below it."""
    roles: frozenset[str] = getattr(request.user, "staff_roles", frozenset())
    return any(path.startswith(page) and roles & them for page, them in WELCOME.items())

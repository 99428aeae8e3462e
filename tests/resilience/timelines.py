"""The story of one order, from every service that has a part in it: for whoever looks for a bug."""

from datetime import datetime
from typing import Any

from tests.resilience.stage import Stage

# Service -> queries of (moment, what); each takes the order's id once.
STORIES: dict[str, tuple[str, ...]] = {
    "cart": (
        "SELECT created_at, 'checked out, key ' || key FROM cart_checkout WHERE order_id = %s",
    ),
    "orders": (
        "SELECT at, status || ' by ' || actor || ' ' || note FROM orders_ordertransition"
        " WHERE order_id = %s",
        "SELECT requested_at, 'refund of ' || amount || ' asked for: ' || reason"
        " FROM orders_refund WHERE order_id = %s",
    ),
    "inventory": (
        "SELECT created_at, 'reservation made' FROM inventory_reservation WHERE order_id = %s",
        "SELECT updated_at, 'reservation is ' || status FROM inventory_reservation"
        " WHERE order_id = %s",
        "SELECT created_at, kind || ' ' || delta FROM inventory_stockmovement WHERE order_id = %s",
    ),
    "payments": (
        "SELECT e.at, e.what || ' from ' || e.source || ' ' || e.detail"
        " FROM payments_paymentevent e JOIN payments_payment p ON p.id = e.payment_id"
        " WHERE p.order_id = %s",
        "SELECT r.requested_at, 'refund ' || r.amount || ' is ' || r.status || ' ' || r.error"
        " FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id"
        " WHERE p.order_id = %s",
    ),
}


def tell(stage: Stage, order_id: str) -> list[str]:
    """Lines in order of time; [] when the id is no order's."""
    moments: list[tuple[datetime, str, Any]] = []
    for service, queries in STORIES.items():
        with stage.database(service) as link, link.cursor() as cursor:
            for query in queries:
                cursor.execute(query, [order_id])
                moments += [(at, service, what) for at, what in cursor.fetchall()]
    return [f"{at:%H:%M:%S.%f}  {service:<9}  {what}" for at, service, what in sorted(moments)]

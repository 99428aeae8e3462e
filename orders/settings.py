"""Settings of orders: what differs from shared.settings.base."""

from shared.settings.base import *

STAFF_PERMISSIONS = {
    **STAFF_PERMISSIONS,
    "fulfilment": ["orders.view_*", "orders.change_order", "souk_events.view_*"],
    "support": ["orders.view_*", "orders.change_order"],
}

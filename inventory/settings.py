"""Settings of inventory: what differs from shared.settings.base."""

from datetime import timedelta

from shared.settings.base import *

# How long an order's units stay held for its payment.
RESERVATION_LIFETIME = timedelta(minutes=env.int("SOUK_RESERVATION_MINUTES", 30))
STAFF_PERMISSIONS = {
    **STAFF_PERMISSIONS,
    "fulfilment": ["inventory.view_*", "inventory.change_stockitem", "souk_events.view_*"],
    "catalogue": ["inventory.view_*"],
}

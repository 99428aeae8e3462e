"""A tenth, tiny service, only to test the kernel with."""

from shared.settings.base import *

SERVICES = (*SERVICES, "probe")
EVENT_MAX_RETRIES = 2
STAFF_PERMISSIONS = {**STAFF_PERMISSIONS, "support": ["souk_events.view_*"]}

"""Settings of catalog: what differs from shared.settings.base."""

from shared.settings.base import *

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.postgres", "treebeard"]
# The largest file that an import takes; forms around it may be a little larger.
IMPORT_MAX_BYTES = 10 * 1024 * 1024
STAFF_PERMISSIONS = {
    **STAFF_PERMISSIONS,
    "catalogue": ["catalog.*", "souk_events.view_*"],
    "fulfilment": ["catalog.view_*"],
    "support": ["catalog.view_*"],
}
_STATUSES = {"ProductStatus": "Product", "ImportStatus": "ImportRun"}
_ENUMS = {name: f"catalog.models.{model}.Status" for name, model in _STATUSES.items()}
SPECTACULAR_SETTINGS = {**SPECTACULAR_SETTINGS, "ENUM_NAME_OVERRIDES": _ENUMS}
# Hosts that imports by address may be fetched from although they are not public: host:port,…
IMPORT_ALLOWED_PRIVATE_HOSTS = env.list("SOUK_IMPORT_ALLOWED_PRIVATE_HOSTS", default=[])

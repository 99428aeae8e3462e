"""Settings of notify: what differs from shared.settings.base."""

import os

from shared.settings.base import *

INSTALLED_APPS = [*INSTALLED_APPS, "anymail"]
STAFF_PERMISSIONS = {
    **STAFF_PERMISSIONS,
    "support": ["notify.view_*", "notify.change_delivery", "notify.*_messagetemplate"],
    "fulfilment": ["notify.*_inboxmessage"],
}

# A server by its address, or a provider by its backend, with its keys in ANYMAIL_* variables.
globals().update(env.email_url("SOUK_EMAIL_URL", default="consolemail://"))
EMAIL_BACKEND = env.str("SOUK_EMAIL_BACKEND", globals()["EMAIL_BACKEND"])
ANYMAIL = {key[8:]: value for key, value in os.environ.items() if key.startswith("ANYMAIL_")}
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("SOUK_FROM_EMAIL", f"{SHOP_NAME} <shop@souk.example>")
STREAM_LIMIT = env.int("SOUK_STREAM_LIMIT", 400)

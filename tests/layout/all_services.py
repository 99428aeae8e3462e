"""All nine apps in one settings module: only for tools that read types, never run."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "users.settings"
for _name in ("SECRET_KEY", "CAPABILITY_KEY"):
    os.environ.setdefault(f"SOUK_{_name}", "only-for-type-checks")
os.environ.setdefault("SOUK_DATABASE_URL", "postgres://nobody@127.0.0.1:1/nobody")
os.environ.setdefault("SOUK_BROKER_URL", "amqp://nobody@127.0.0.1:1//")
os.environ.setdefault("SOUK_CACHE_URL", "redis://127.0.0.1:1/0")

from cart.settings import *  # noqa: E402, F403
from catalog.settings import *  # noqa: E402, F403
from inventory.settings import *  # noqa: E402, F403
from notify.settings import *  # noqa: E402, F403
from orders.settings import *  # noqa: E402, F403
from payments.settings import *  # noqa: E402, F403
from recommend.settings import *  # noqa: E402, F403
from reviews.settings import *  # noqa: E402, F403
from users.settings import *  # noqa: E402, F403
from users.settings import INSTALLED_APPS, SERVICES  # noqa: E402

INSTALLED_APPS = [
    "shared.testing.probe",
    "djstripe",
    "anymail",
    *INSTALLED_APPS,
    *(name for name in SERVICES if name not in INSTALLED_APPS),
]

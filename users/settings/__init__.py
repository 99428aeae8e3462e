"""Settings of users, the one service with sessions and passwords."""

# isort: off
from shared.settings.base import *
from users.settings.accounts import *

AUTH_USER_MODEL = "users.User"
INSTALLED_APPS = [*INSTALLED_APPS, *ACCOUNT_APPS]
MIDDLEWARE = account_middleware(MIDDLEWARE)
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME, SESSION_COOKIE_PATH = "souk_session", "/"
JWKS_LOADER = "users.queries.jwks_document"
STAFF_PERMISSIONS = {**STAFF_PERMISSIONS, "support": ["users.view_user", "users.view_address"]}
DEMO_ACCOUNTS = env.json("SOUK_DEMO_ACCOUNTS", default=[])

"""Settings that all services share: literals and environment reads, nothing clever.

A service's own settings star-import this module, so `DJANGO_SETTINGS_MODULE` names the service.
Environments differ by the values of `SOUK_*` variables (see compose/*.env), not by modules.
"""

import os
from pathlib import Path
from typing import Any

import environ

from shared.backoffice.theme import unfold_settings
from shared.money import check_currency
from shared.services import SERVICES as SERVICES
from shared.timezones import check_time_zone

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parents[2]
SERVICE_PACKAGE = os.environ["DJANGO_SETTINGS_MODULE"].rpartition(".")[0]
SERVICE = SERVICE_PACKAGE.rpartition(".")[2]

DEBUG = env.bool("SOUK_DEBUG", False)
SECRET_KEY = env.str("SOUK_SECRET_KEY")
CAPABILITY_KEY = env.str("SOUK_CAPABILITY_KEY")
CAPABILITY_PREVIOUS_KEYS = env.list("SOUK_CAPABILITY_PREVIOUS_KEYS", default=[])
PUBLIC_URL = env.str("SOUK_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
SECURITY_CONTACT = env.str("SOUK_SECURITY_CONTACT", "mailto:security@souk.example")
CURRENCY = check_currency(env.str("SOUK_CURRENCY", "EUR"))
SHOP_NAME = env.str("SOUK_SHOP_NAME", "Souk")

UNFOLD = unfold_settings(SERVICE, SHOP_NAME)

# The gateway admits only the shop's own hosts; behind it a service trusts what the gateway says.
ALLOWED_HOSTS = env.list("SOUK_ALLOWED_HOSTS", default=["*"])
CSRF_TRUSTED_ORIGINS = env.list("SOUK_TRUSTED_ORIGINS", default=[PUBLIC_URL])
CSRF_FAILURE_VIEW = "shared.errors.csrf_failure"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
USE_X_FORWARDED_HOST = True

INSTALLED_APPS = [
    "shared.backoffice",
    "shared.storefront",
    "shared.api",
    "shared.events",
    "shared.observability",
    "shared.auth",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    # A worker shows no pages: it need not load the admin.
    "shared.backoffice.apps.AdminConfig"
    if env.bool("SOUK_BACKOFFICE", True)
    else "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "import_export",
    "rest_framework",
    "drf_spectacular",
    "django_prometheus",
    SERVICE_PACKAGE,
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "shared.observability.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "shared.auth.middleware.PrincipalMiddleware",
    "shared.auth.middleware.ShadowAccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "shared.api.clock.UniversalTimeMiddleware",
    "shared.errors.DomainErrorMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

SILENCED_SYSTEM_CHECKS = [
    # The admin asks for Django's AuthenticationMiddleware; ours makes request.user from the token.
    "admin.E408",
    # The gateway says who may frame a page (W002) and HSTS (W004), and leads to HTTPS (W008).
    "security.W002",
    "security.W004",
    "security.W008",
]

ROOT_URLCONF = "shared.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shared.storefront.context.storefront",
            ],
        },
    },
]

DATABASES = {
    "default": {
        **env.db_url("SOUK_DATABASE_URL"),
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": env.int("SOUK_DATABASE_CONN_MAX_AGE", 300),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": f"souk-{SERVICE}", "connect_timeout": 5},
        # A pooler in transaction mode may stand in between: it gives each transaction another
        # session, and a cursor of the server lives in one.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
}
# Where LISTEN finds the server itself when SOUK_DATABASE_URL leads to a pooler: a URL that libpq
# reads. Without one the outbox is looked at once a second.
DATABASE_DIRECT_URL = env.str("SOUK_DATABASE_DIRECT_URL", "")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.str("SOUK_CACHE_URL"),
        # A cache that hangs is a cache that is away.
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
        "KEY_PREFIX": SERVICE,
    }
}

BROKER_URL = env.str("SOUK_BROKER_URL")
# How often a handler is tried again (after 1, 2, 4 … s) before its event is kept as failed.
EVENT_MAX_RETRIES = env.int("SOUK_EVENT_MAX_RETRIES", 6)

AUTHENTICATION_BACKENDS = ["shared.auth.accounts.StaffRoleBackend"]
# Which admin permissions a staff role has in this service: patterns of "app.codename".
STAFF_PERMISSIONS: dict[str, list[str]] = {"owner": ["*"], "analyst": [f"{SERVICE}.view_*"]}
LOGIN_URL = "/users/login/"
JWKS_URL = env.str("SOUK_JWKS_URL", f"{PUBLIC_URL}/users/.well-known/jwks.json")
JWKS_LOADER = ""
SIMPLE_JWT: dict[str, Any] = {
    "ALGORITHM": "RS256",
    "ISSUER": "souk",
    "USER_ID_CLAIM": "sub",
    "LEEWAY": 5,
}
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_NAME = f"{SERVICE}_state"
SESSION_COOKIE_PATH = f"/{SERVICE}/"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https:")
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["shared.auth.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": ["shared.api.parsers.BoundedJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "shared.api.pagination.Pages",
    "PAGE_SIZE": 24,
    "EXCEPTION_HANDLER": "shared.errors.api_exception_handler",
    "DEFAULT_SCHEMA_CLASS": "shared.api.schema.ApiSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"Souk {SERVICE}",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": rf"/{SERVICE}/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "PREPROCESSING_HOOKS": ["shared.auth.schema.keep_endpoints"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "shared.api.schema.describe_problems",
    ],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = check_time_zone(env.str("SOUK_TIME_ZONE", "UTC"))
FORMAT_MODULE_PATH = "shared.settings.formats"
STATIC_URL = "/static/"
STATIC_ROOT = env.str("SOUK_STATIC_ROOT", str(BASE_DIR / ".run" / "static"))
MEDIA_URL = "/media/"
MEDIA_ROOT = env.str("SOUK_MEDIA_ROOT", str(BASE_DIR / ".run" / "media"))
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

LOGGING_CONFIG = "shared.observability.logs.configure"
LOGGING = {
    "service": SERVICE,
    "format": env.str("SOUK_LOG_FORMAT", "json"),
    "level": env.str("SOUK_LOG_LEVEL", "INFO"),
}
PROMETHEUS_EXPORT_MIGRATIONS = False

"""The least that Django can do, for references.

gunicorn loads `bare()` (no middleware) or `stacked()` (the service's whole stack) in place of the
service, which DJANGO_SETTINGS_MODULE names.
"""

from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application


def bare() -> Any:
    settings.MIDDLEWARE = []
    return stacked()


def stacked() -> Any:
    settings.ROOT_URLCONF = "tests.load.bench.bare_urls"
    return get_wsgi_application()

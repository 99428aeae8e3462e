"""What programs read is in UTC, whatever the shop's time zone is."""

from collections.abc import Callable
from datetime import UTC

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class UniversalTimeMiddleware:
    """Times of the API are written with a Z, and those without a zone are taken for UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.prefix = f"/{settings.SERVICE}/api/"

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(self.prefix):
            return self.get_response(request)
        with timezone.override(UTC):
            return self.get_response(request)

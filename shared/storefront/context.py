"""What every page may use. No query: public pages are made without a session or a database."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shop_values() -> dict[str, str]:
    """What is the same on all pages of a shop."""
    return {
        "shop_name": settings.SHOP_NAME,
        "public_url": settings.PUBLIC_URL,
        "currency": settings.CURRENCY,
    }


def storefront(request: HttpRequest) -> dict[str, Any]:
    """`principal` is None for a stranger, and always on public pages: they are cached for all."""
    return {**shop_values(), "principal": getattr(request, "principal", None)}

"""Parts of pages that are the same wherever their values are the same: icons, prices, cards."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language


def render_cached(template: str, **values: Any) -> SafeString:
    """The template with these values and no others, rendered once for each language. With DEBUG
    templates change."""
    render = _render.__wrapped__ if settings.DEBUG else _render
    return render(template, get_language(), **values)


# Typed, because text that is safe equals text that is not.
@lru_cache(maxsize=2048, typed=True)
def _render(template: str, language: str, **values: Any) -> SafeString:
    return render_to_string(template, values)

"""The part of the joined API reference that each service serves of itself."""

import functools

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from shared.api.reference import Group, describe
from shared.storefront.caching import public

SECONDS = 600


@require_safe
@public(SECONDS)
def show_reference(request: HttpRequest) -> HttpResponse:
    """A fragment: one section with an anchor, the service's name."""
    context = {"service": settings.SERVICE, "groups": _groups()}
    return render(request, "api/reference.html", context)


@functools.cache
def _groups() -> tuple[Group, ...]:
    # A process' document never changes, and takes longer to make than to show.
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return describe(document, settings.SERVICE)

"""Who may keep an answer: everybody (the gateway caches it) or only the person it was made for."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control

from shared.storefront.assets import build_id
from shared.storefront.context import shop_values

P = ParamSpec("P")
# What happens without them, or in another browser, is seen so much later.
OWN_SECONDS = 10
# Made for one person: nobody keeps it.
personal = cache_control(private=True, no_store=True)
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def public(seconds: int) -> Callable[[View[P]], View[P]]:
    """The same bytes for everybody: the gateway keeps them for so long, browsers ask again.
    Such a view reads no cookie, principal or message; the gateway sends it none."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def cached(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            response = view(request, *args, **kwargs)
            if response.status_code in (200, 301, 304, 404):
                response["X-Accel-Expires"] = str(seconds)
                response["Cache-Control"] = f"public, max-age=0, s-maxage={seconds}"
            return response

        return cached

    return decorate


def render_changed(
    request: HttpRequest, template: str, source: object, make_context: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """The page that `make_context` makes of `source`, whose repr names all that was read for it; a
    304 without rendering for who has it already. With DEBUG templates change under the same ETag,
    so it has none."""
    if settings.DEBUG:
        return render(request, template, make_context())
    etag = make_etag(source)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = render(request, template, make_context())
    response["ETag"] = etag
    return response


def make_etag(source: object) -> str:
    """Changes with the source, the language, the values of the shop, and the build."""
    made_of = repr((source, get_language(), shop_values(), build_id()))
    return quote_etag(hashlib.blake2b(made_of.encode(), digest_size=16).hexdigest())


def own(view: View[P]) -> View[P]:
    """A part of many pages, made for one person: browsers keep nothing, the gateway keeps it for
    that person until they change something, OWN_SECONDS at most."""
    made = personal(view)

    @wraps(view)
    def cached(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = made(request, *args, **kwargs)
        if response.status_code == 200:
            response["X-Accel-Expires"] = str(OWN_SECONDS)
        return response

    return cached

"""Who may keep an answer: everybody (the gateway caches it) or only the person it was made for."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")
# What happens without them, or in another browser, is seen so much later.
OWN_SECONDS = 10
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def public(seconds: int) -> Callable[[View[P]], View[P]]:
    """The same bytes for everybody: the gateway keeps them for so long, browsers ask again.
    Such a view reads no cookie, principal or message; the gateway sends it none."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def cached(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            response = view(request, *args, **kwargs)
            if response.status_code in (200, 301, 404):
                response["X-Accel-Expires"] = str(seconds)
                response["Cache-Control"] = f"public, max-age=0, s-maxage={seconds}"
            return response

        return cached

    return decorate


def personal(view: View[P]) -> View[P]:
    """Made for one person: nobody keeps it."""

    @wraps(view)
    def uncached(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response

    return uncached


def own(view: View[P]) -> View[P]:
    """A part of many pages, made for one person: browsers keep nothing, the gateway keeps it for
    that person until they change something, OWN_SECONDS at most."""
    made = personal(view)

    @wraps(view)
    def kept(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = made(request, *args, **kwargs)
        if response.status_code == 200:
            response["X-Accel-Expires"] = str(OWN_SECONDS)
        return response

    return kept

"""For page views: who must be signed in."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from shared.auth.middleware import principal_of
from shared.auth.principal import Principal

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def signed_in(view: View[P]) -> View[P]:
    """Sends a stranger to the login page and back."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if principal_of(request) is None:
            query = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"{settings.LOGIN_URL}?{query}")
        return view(request, *args, **kwargs)

    return guarded


def require_principal(request: HttpRequest) -> Principal:
    """Whom a `signed_in` page is for; PermissionDenied for a stranger."""
    if (principal := principal_of(request)) is None:
        raise PermissionDenied
    return principal

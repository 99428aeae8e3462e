"""Puts `request.principal` (from the bearer token that the gateway passes on) on every request."""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from shared.auth.accounts import shadow_account
from shared.auth.principal import Principal
from shared.auth.tokens import InvalidToken, bearer_of, verify_access_token


def principal_of(request: HttpRequest) -> Principal | None:
    """The verified caller, or None for a stranger. A bad token is a stranger to a page;
    the API's authentication class refuses it."""
    if not hasattr(request, "_principal"):
        try:
            raw = bearer_of(request)
            request._principal = verify_access_token(raw) if raw else None  # type: ignore[attr-defined]
        except InvalidToken:
            request._principal = None  # type: ignore[attr-defined]
    principal: Principal | None = request._principal  # type: ignore[attr-defined]
    return principal


class PrincipalMiddleware:
    """Sets `request.principal`, lazily."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.principal = SimpleLazyObject(lambda: principal_of(request))  # type: ignore[attr-defined]
        return self.get_response(request)


class ShadowAccountMiddleware:
    """`request.user` is the staff member's shadow account, for the admin; else AnonymousUser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.user = SimpleLazyObject(lambda: _account(request))  # type: ignore[assignment]
        return self.get_response(request)


def _account(request: HttpRequest) -> object:
    principal = principal_of(request)
    if principal is not None and principal.is_staff:
        return shadow_account(principal)
    return AnonymousUser()

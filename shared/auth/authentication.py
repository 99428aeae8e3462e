"""DRF authentication by the access token, and the CSRF rule for whoever acts by a cookie."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from shared.auth.principal import Principal
from shared.auth.tokens import InvalidToken, bearer_of, verify_access_token
from shared.errors import Forbidden


class CsrfFailed(Forbidden):
    code = "csrf_failed"
    title = "The CSRF token is missing or wrong"


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def enforce_csrf(request: HttpRequest) -> None:
    """Django's double-submit check for API views, which are csrf_exempt by themselves.
    Whoever acts by a cookie (a session or a guest's cart) must pass it on unsafe methods."""
    check = _CsrfCheck(_no_response)
    check.process_request(request)
    if check.process_view(request, _no_response, (), {}):
        raise CsrfFailed()


def _no_response(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class BearerAuthentication(BaseAuthentication):
    """`request.user` is a Principal. A token minted from a cookie must bring the CSRF token."""

    def authenticate(self, request: Request) -> tuple[Principal, str] | None:
        try:
            raw = bearer_of(request._request)
            if raw is None:
                return None
            principal = verify_access_token(raw)
        except InvalidToken as error:
            raise exceptions.AuthenticationFailed(error.detail, code=error.code) from error
        if principal.via == "session":
            enforce_csrf(request._request)
        return principal, raw

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="souk"'

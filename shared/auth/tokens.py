"""Verification of SimpleJWT access tokens: RS256 only, by kid, against the issuer's JWKS."""

from typing import Any
from uuid import UUID

import jwt
from django.conf import settings
from django.http import HttpRequest
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError

from shared.auth.keys import issuer_keys
from shared.auth.principal import Principal
from shared.errors import DomainError

# What forged headers and claims make the libraries raise (deeply nested JSON: RecursionError).
UNREADABLE = (
    TokenBackendError,
    jwt.PyJWTError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    RecursionError,
)


class InvalidToken(DomainError):
    code = "token_not_valid"
    status = 401
    title = "The access token is not valid"


class JwksTokenBackend(TokenBackend):
    """SimpleJWT's backend with the verifying key chosen by the token's kid."""

    def get_verifying_key(self, token: Any) -> Any:
        header = jwt.get_unverified_header(token)
        key = issuer_keys().get(str(header.get("kid", "")))
        if key is None:
            raise TokenBackendError("The token names a key that is not known")
        return key


def verify_access_token(raw: str) -> Principal:
    """The principal that the token speaks for. Raises InvalidToken (401)."""
    backend = JwksTokenBackend(
        "RS256", issuer=settings.SIMPLE_JWT["ISSUER"], leeway=settings.SIMPLE_JWT["LEEWAY"]
    )
    try:
        claims = backend.decode(raw)  # type: ignore[arg-type]
        if claims.get("token_type") != "access":
            raise InvalidToken("This is not an access token")
        return _principal(claims)
    except UNREADABLE as error:
        raise InvalidToken() from error


def _principal(claims: dict[str, Any]) -> Principal:
    return Principal(
        user_id=UUID(claims["sub"]),
        email=str(claims["email"]),
        name=str(claims.get("name", "")),
        roles=frozenset(str(role) for role in claims.get("roles", ())),
        via="session" if claims.get("via") == "session" else "bearer",
        token_id=str(claims.get("jti", "")),
    )


def bearer_of(request: HttpRequest) -> str | None:
    """The raw bearer token of a request, or None. Raises InvalidToken for a malformed header."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        return None
    if not token or " " in token:
        raise InvalidToken("The Authorization header is malformed")
    return str(token)

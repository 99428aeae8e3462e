"""Verification of SimpleJWT access tokens: RS256 only, by kid, against the issuer's JWKS."""

import time
from functools import lru_cache
from typing import Any, NamedTuple
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
        return _key_of(token)


def verify_access_token(raw: str) -> Principal:
    """The principal that the token speaks for. Raises InvalidToken (401)."""
    try:
        read = _read(raw)
        is_good = read.key == _key_of(raw)
    except UNREADABLE as error:
        raise InvalidToken() from error
    if not is_good or read.expires + settings.SIMPLE_JWT["LEEWAY"] <= time.time():
        raise InvalidToken()
    return read.principal


def _key_of(raw: Any) -> Any:
    key = issuer_keys().get(str(jwt.get_unverified_header(raw).get("kid", "")))
    if key is None:
        raise TokenBackendError("The token names a key that is not known")
    return key


class _Read(NamedTuple):
    """Whom a token speaks for, until when (seconds since 1970), and the key that verified it."""

    principal: Principal
    expires: float
    key: Any


@lru_cache(maxsize=1024)
def _read(raw: str) -> _Read:
    """A token is in many requests and its signature costs the most, so good ones are remembered."""
    backend = JwksTokenBackend(
        "RS256", issuer=settings.SIMPLE_JWT["ISSUER"], leeway=settings.SIMPLE_JWT["LEEWAY"]
    )
    claims = backend.decode(raw)  # type: ignore[arg-type]
    if claims.get("token_type") != "access":
        raise InvalidToken("This is not an access token")
    return _Read(_principal(claims), float(claims["exp"]), _key_of(raw))


def _principal(claims: dict[str, Any]) -> Principal:
    return Principal(
        user_id=UUID(claims["sub"]),
        email=str(claims["email"]),
        name=str(claims.get("name", "")),
        roles=frozenset(str(role) for role in claims.get("roles", ())),
        via="session" if claims.get("via") == "session" else "bearer",
        token_id=str(claims.get("jti", "")),
        generation=int(claims.get("gen", 0)),
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

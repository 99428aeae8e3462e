"""Token pairs of API clients."""

import hashlib
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.core.cache import cache
from django.db import DatabaseError, transaction
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from shared.auth.principal import Principal
from shared.errors import DomainError
from users.clients import AccessToken, RefreshToken
from users.models import RevokedToken, SigningKey, User
from users.operations.keys import ensure_signing_key


class WrongCredentials(DomainError):
    code = "wrong_credentials"
    status = 401
    title = "No active account has this e-mail address and password"


class TooManyAttempts(DomainError):
    code = "too_many_attempts"
    status = 429
    title = "Too many wrong passwords; wait some minutes"


class RefreshTokenInvalid(DomainError):
    code = "token_not_valid"
    status = 401
    title = "The refresh token is not valid any more"


def sign_in(*, email: str, password: str) -> dict[str, str]:
    """A token pair for the right password. An unknown account costs the same time as a wrong
    password. Raises WrongCredentials, and TooManyAttempts after some for one account (the gateway
    limits attempts by address)."""
    attempts = count_attempt(email=email)
    try:
        user = authenticate(None, email=email, password=password)
    except DatabaseError:
        # Nobody has looked at the password: whoever repeats it is not guessing.
        uncount_attempt(attempts)
        raise
    if not isinstance(user, User):
        raise WrongCredentials()
    cache.delete(attempts)
    return issue_pair(user=user)


def count_attempt(*, email: str) -> str:
    """Before a password is tried, so that guesses that come together are numbered as well; the key
    to delete when it was right. Raises TooManyAttempts."""
    key = f"attempts:{hashlib.sha256(email.lower().encode()).hexdigest()[:32]}"
    if _number(key) > settings.LOGIN_FAILURES:
        raise TooManyAttempts()
    return key


def uncount_attempt(key: str) -> None:
    """Takes an attempt back that could not be judged."""
    with suppress(ValueError):  # it was the last one in its window, and is over
        cache.decr(key)


def _number(key: str) -> int:
    """Which one this is since the first of the present window."""
    if cache.add(key, 1, settings.LOGIN_FAILURE_WINDOW.total_seconds()):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # the window has ended since
        return _number(key)


@transaction.atomic
def issue_pair(*, user: User) -> dict[str, str]:
    """{access, refresh} for an API client."""
    ensure_signing_key()
    return {
        "access": str(AccessToken.of(user, via="bearer")),
        "refresh": str(RefreshToken.of(user)),
    }


@transaction.atomic
def refresh_pair(*, raw: str) -> dict[str, str]:
    """A new pair for a refresh token, which is good once: a second use is refused, also when both
    come together. Raises RefreshTokenInvalid."""
    try:
        token = RefreshToken(raw)  # type: ignore[arg-type]
    except TokenError as error:
        raise RefreshTokenInvalid() from error
    user = User.objects.filter(
        pk=token["sub"], is_active=True, token_generation=token.get("gen", 0)
    ).first()
    blacklisted: Any = token.blacklist()  # (row, is it new): the stubs know the row only
    if user is None or not blacklisted[1]:
        raise RefreshTokenInvalid()
    return issue_pair(user=user)


@transaction.atomic
def sign_out(*, principal: Principal, refresh: str, lifetime: timedelta, now: datetime) -> None:
    """Ends a token pair: the refresh token is blacklisted, the access token revoked."""
    if refresh:
        try:
            RefreshToken(refresh).blacklist()  # type: ignore[arg-type]
        except TokenError as error:
            raise RefreshTokenInvalid() from error
    RevokedToken.objects.get_or_create(
        token_id=principal.token_id, defaults={"expires_at": now + lifetime}
    )


@transaction.atomic
def forget_spent(*, now: datetime) -> None:
    """Deletes retired keys, revocations and tokens that are past their time."""
    SigningKey.objects.filter(retires_at__lte=now).delete()
    RevokedToken.objects.filter(expires_at__lte=now).delete()
    OutstandingToken.objects.filter(expires_at__lte=now).delete()

"""Where people are signed in, and the end of that."""

import hashlib
from uuid import UUID

import structlog
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from redis.exceptions import RedisError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from users.clients import AccessToken
from users.models import User
from users.operations.keys import ensure_signing_key

SESSION_TOKEN_SECONDS = 60
log = structlog.get_logger(__name__)


@transaction.atomic
def change_password(*, user: User, session_key: str | None = None) -> None:
    """Stores the password that was set on `user` and ends every session and token of before.
    `session_key` is the browser's that did it: it goes on where the library renews it."""
    User.objects.filter(pk=user.pk).update(password=user.password)
    end_sessions(user_id=user.pk, but=session_key)


@transaction.atomic
def end_sessions(*, user_id: UUID, but: str | None = None) -> None:
    """Signs the person out everywhere: browsers (`but` one session) and API clients. The one place
    that does. A refresh token is refused from now on, an access token wherever the gateway asks."""
    User.objects.filter(pk=user_id).update(token_generation=F("token_generation") + 1)
    for session in UserSession.objects.filter(user_id=user_id):
        _drop_for_good(session.session_key)
        if session.session_key != but:
            session.end()
    for token in OutstandingToken.objects.filter(user_id=user_id):
        BlacklistedToken.objects.get_or_create(token=token)


def renew_session_tokens(*, user_id: UUID) -> None:
    """What the tokens of the person's sessions say has changed: each gets a new one."""
    for session in UserSession.objects.filter(user_id=user_id):
        _drop_for_good(session.session_key)


def _drop_for_good(session_key: str) -> None:
    """Again after the commit: until then the session still has its token made anew."""
    drop_session_token(session_key=session_key)
    transaction.on_commit(lambda: drop_session_token(session_key=session_key), robust=True)


def session_token(*, session_key: str, user: User) -> str:
    """A short access token for a browser's session; the same one for a minute."""
    token = cached_session_token(session_key=session_key)
    if token is None:
        ensure_signing_key()
        token = str(AccessToken.of(user, via="session"))
        _keep_session_token(session_key, token)
    return token


def cached_session_token(*, session_key: str) -> str | None:
    """The token that `session_token` gave within the last minute. None, too, while the cache is
    away: nobody is signed out by that, each question has a token made for it."""
    try:
        token: str | None = cache.get(_session_cache_key(session_key))
    except RedisError as error:
        log.warning("session_token_not_cached", error=str(error))
        return None
    return token


def _keep_session_token(session_key: str, token: str) -> None:
    try:
        cache.set(_session_cache_key(session_key), token, SESSION_TOKEN_SECONDS)
    except RedisError as error:
        log.warning("session_token_not_cached", error=str(error))


def drop_session_token(*, session_key: str) -> None:
    cache.delete(_session_cache_key(session_key))


def _session_cache_key(session_key: str) -> str:
    return f"session-token:{hashlib.sha256(session_key.encode()).hexdigest()[:32]}"

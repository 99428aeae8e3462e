"""Every write of accounts and tokens."""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import authenticate, password_validation
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from redis.exceptions import RedisError
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from shared.addresses import FIELDS, clean_address
from shared.auth.principal import STAFF_ROLES, Principal
from shared.contracts.users import MailRequested, UserChanged, UserDeleted, UserRegistered
from shared.errors import Conflict, DomainError, InvalidInput
from shared.events.publishing import publish
from users.clients import AccessToken, RefreshToken, new_key_pair
from users.models import Address, RevokedToken, SigningKey, User
from users.queries import get_address

SESSION_TOKEN_SECONDS = 60
log = structlog.get_logger(__name__)


class EmailTaken(Conflict):
    code = "email_taken"
    title = "There is an account with this e-mail address"


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


@transaction.atomic
def register_user(*, email: str, password: str) -> User:
    """Makes an account. Raises EmailTaken, and InvalidInput for a weak password."""
    email = email.strip().lower()
    user = User(email=email)
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(password=list(error.messages)) from error
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise EmailTaken() from error
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=False)
    tell_registered(user=user)
    return user


@transaction.atomic
def tell_registered(*, user: User) -> None:
    """Publishes that the account exists."""
    fact = UserRegistered(
        user_id=user.pk, email=user.email, display_name=user.name, language=user.language
    )
    publish(fact, version=user.version)


@transaction.atomic
def request_mail(*, recipient: str, subject: str, text: str, html: str = "") -> None:
    """Hands a mail of the account library to notify."""
    publish(MailRequested(recipient=recipient, subject=subject, body_text=text, body_html=html))


@transaction.atomic
def update_profile(*, user_id: UUID, **fields: str) -> User:
    """Changes name or language and tells everybody."""
    user = User.objects.select_for_update().get(pk=user_id)
    if all(getattr(user, name) == value for name, value in fields.items()):
        return user
    return _change(user, **fields)


@transaction.atomic
def set_roles(*, user_id: UUID, roles: list[str]) -> User:
    """Makes staff of a shopper, or a shopper of staff. Raises InvalidInput for unknown roles."""
    if unknown := set(roles) - STAFF_ROLES:
        raise InvalidInput(roles=[f"Unknown: {', '.join(sorted(unknown))}"])
    user = User.objects.select_for_update().get(pk=user_id)
    return _change(user, roles=sorted(roles))


def _change(user: User, **fields: Any) -> User:
    User.objects.filter(pk=user.pk).update(**fields, version=F("version") + 1)
    user.refresh_from_db()
    fact = UserChanged(
        user_id=user.pk, email=user.email, display_name=user.name, language=user.language
    )
    publish(fact, version=user.version)
    return user


@transaction.atomic
def erase_account(*, user_id: UUID) -> None:
    """Forgets a person here and tells every service to. The row stays, empty, so that its id is
    never given to somebody else."""
    user = User.objects.select_for_update().get(pk=user_id)
    if not user.is_active and user.email.endswith("@invalid.example"):
        return
    publish(UserDeleted(user_id=user.pk, email=user.email), version=user.version + 1)
    User.objects.filter(pk=user_id).update(
        email=f"erased-{user_id}@invalid.example",
        name="",
        roles=[],
        is_active=False,
        password=make_password(None),
        version=F("version") + 1,
    )
    EmailAddress.objects.filter(user_id=user_id).delete()
    Address.objects.filter(user_id=user_id).delete()
    end_sessions(user_id=user_id)


@transaction.atomic
def end_sessions(*, user_id: UUID) -> None:
    """Signs the person out everywhere: browsers and API clients."""
    for session in UserSession.objects.filter(user_id=user_id):
        drop_session_token(session_key=session.session_key)
        session.end()
    for token in OutstandingToken.objects.filter(user_id=user_id):
        BlacklistedToken.objects.get_or_create(token=token)


@transaction.atomic
def save_address(*, user_id: UUID, address_id: UUID | None = None, **fields: Any) -> Address:
    """Adds or changes an address; one that becomes the default takes that from the others.
    Raises AddressNotFound, and InvalidInput for what the country's post would not deliver."""
    User.objects.select_for_update().get(pk=user_id)
    address = get_address(user_id, address_id) if address_id else Address(user_id=user_id)
    for name, value in fields.items():
        setattr(address, name, value)
    values, errors = clean_address({name: getattr(address, name) for name in FIELDS})
    if errors:
        raise InvalidInput("", **errors)
    for name, value in values.items():
        setattr(address, name, value)
    if address.is_default:
        Address.objects.filter(user_id=user_id).exclude(pk=address.pk).update(is_default=False)
    address.save()
    return address


@transaction.atomic
def delete_address(*, user_id: UUID, address_id: UUID) -> None:
    """Raises AddressNotFound."""
    get_address(user_id, address_id).delete()


def sign_in(*, email: str, password: str) -> dict[str, str]:
    """A token pair for the right password. An unknown account costs the same time as a wrong
    password. Raises WrongCredentials, and TooManyAttempts after some for one account (the gateway
    limits attempts by address)."""
    attempts = f"attempts:{_digest(email.lower())}"
    # Counted before it is tried: guesses that come together are numbered as well.
    if _count_attempt(attempts) > settings.LOGIN_FAILURES:
        raise TooManyAttempts()
    user = authenticate(None, email=email, password=password)
    if not isinstance(user, User):
        raise WrongCredentials()
    cache.delete(attempts)
    return issue_pair(user=user)


def _count_attempt(key: str) -> int:
    """Which one this is since the first of the present window."""
    if cache.add(key, 1, settings.LOGIN_FAILURE_WINDOW.total_seconds()):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # the window has ended since
        return _count_attempt(key)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@transaction.atomic
def issue_pair(*, user: User) -> dict[str, str]:
    """{access, refresh} for an API client."""
    ensure_signing_key()
    return {
        "access": str(AccessToken.of(user, via="bearer")),
        "refresh": str(RefreshToken.for_user(user)),
    }


@transaction.atomic
def refresh_pair(*, raw: str) -> dict[str, str]:
    """A new pair for a refresh token, which is good once: a second use is refused, also when both
    come together. Raises RefreshTokenInvalid."""
    try:
        token = RefreshToken(raw)  # type: ignore[arg-type]
    except TokenError as error:
        raise RefreshTokenInvalid() from error
    user = User.objects.filter(pk=token["sub"], is_active=True).first()
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
    return f"session-token:{_digest(session_key)}"


@transaction.atomic
def ensure_signing_key() -> None:
    """Makes the first key when there is none; of two who do so at once, one makes it."""
    if SigningKey.objects.exists():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('users_signing_key'))")
    if not SigningKey.objects.exists():
        _make_key()


@transaction.atomic
def rotate_signing_key(*, now: datetime) -> SigningKey:
    """From now on a new key signs. The others verify until the last token they signed is over."""
    lifetime = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
    SigningKey.objects.filter(retires_at=None).update(retires_at=now + lifetime)
    return _make_key()


def _make_key() -> SigningKey:
    encrypted, jwk = new_key_pair()
    return SigningKey.objects.create(
        kid=jwk["kid"], encrypted_private_key=encrypted, public_jwk=jwk
    )


@transaction.atomic
def forget_spent(*, now: datetime) -> None:
    """Deletes retired keys, revocations and tokens that are past their time."""
    SigningKey.objects.filter(retires_at__lte=now).delete()
    RevokedToken.objects.filter(expires_at__lte=now).delete()
    OutstandingToken.objects.filter(expires_at__lte=now).delete()

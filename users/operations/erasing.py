"""How a person is forgotten here, and everywhere."""

from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.core.cache import cache
from django.db import transaction
from django.db.models import F

from shared.auth.erasure import forget_account
from shared.contracts.users import UserDeleted
from shared.errors import DomainError, Forbidden
from shared.events.publishing import publish
from users.models import Address, DataExport, FormerAddress, User, erased_email
from users.operations.accounts import lock_account, request_mail
from users.operations.sessions import end_sessions
from users.operations.tokens import count_attempt
from users.queries import list_ever_proved

LINK_LIFETIME = timedelta(hours=1)
_SALT = "users.erase"
_MAIL = """Hello{name},

you asked us to erase your account at {shop}. If that is so, open this link within an hour and
confirm:

{link}

Without that nothing happens. If it was not you who asked, you need not do anything.
"""


class WrongPassword(Forbidden):
    code = "wrong_password"
    title = "That is not your password"


class HasNoPassword(DomainError):
    code = "confirmation_by_mail"
    status = 403
    title = "This account has no password: please open the link that we send you by mail"


class LinkOver(DomainError):
    code = "link_over"
    title = "This link was used or is too old"


def erase_by_password(*, user_id: UUID, password: str, now: datetime) -> None:
    """What cannot be undone needs more than a token that somebody may have found. Wrong passwords
    count with those of signing in. Raises WrongPassword, TooManyAttempts, and HasNoPassword when
    the account lives by a provider; then the link has been sent. An account that is erased, perhaps
    by the same wish a moment ago, is left alone."""
    user = User.objects.get(pk=user_id)
    if user.is_erased:
        return
    if not user.has_usable_password():
        send_erase_link(user_id=user_id)
        raise HasNoPassword()
    attempts = count_attempt(email=user.email)
    if not user.check_password(password):
        raise WrongPassword()
    cache.delete(attempts)
    erase_account(user_id=user_id, now=now)


@transaction.atomic
def send_erase_link(*, user_id: UUID) -> None:
    """Mails the link that proves who asks where no password does. Raises AccountErased."""
    user = lock_account(user_id)
    token = signing.dumps([str(user.pk), user.token_generation], salt=_SALT)
    text = _MAIL.format(
        name=f" {user.name}" if user.name else "",
        shop=settings.SHOP_NAME,
        link=f"{settings.PUBLIC_URL}/users/erase/confirm/{token}/",
    )
    subject = f"Erase your account at {settings.SHOP_NAME}?"
    request_mail(recipient=user.email, subject=subject, text=text, user_id=user.pk)


def read_erase_link(*, token: str) -> User:
    """Whose link it is. It ends with the account's other tokens. Raises LinkOver."""
    try:
        user_id, generation = signing.loads(token, salt=_SALT, max_age=LINK_LIFETIME)
    except signing.BadSignature as error:
        raise LinkOver() from error
    user = User.objects.filter(pk=user_id, token_generation=generation, is_active=True).first()
    if user is None:
        raise LinkOver()
    return user


def erase_by_link(*, token: str, now: datetime) -> None:
    """Raises LinkOver."""
    erase_account(user_id=read_erase_link(token=token).pk, now=now)


@transaction.atomic
def erase_account(*, user_id: UUID, now: datetime) -> None:
    """Forgets a person here and tells every service to. The row stays, empty, so that its id is
    never given to somebody else."""
    user = User.objects.select_for_update().get(pk=user_id)
    if user.is_erased:
        return
    emails = list_ever_proved(user_id)
    email = user.email if user.email in emails else ""
    fact = UserDeleted(user_id=user.pk, email=email, emails=emails)
    publish(fact, version=user.version + 1)
    User.objects.filter(pk=user_id).update(
        email=erased_email(user_id),
        name="",
        roles=[],
        is_active=False,
        password=make_password(None),
        last_login=None,
        version=F("version") + 1,
    )
    EmailAddress.objects.filter(user_id=user_id).delete()
    FormerAddress.objects.filter(user_id=user_id).delete()
    SocialAccount.objects.filter(user_id=user_id).delete()
    Address.objects.filter(user_id=user_id).delete()
    DataExport.objects.filter(user_id=user_id).delete()
    end_sessions(user_id=user_id)
    forget_account(account_id=user_id, emails=emails, now=now)

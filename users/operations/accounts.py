"""Accounts, their roles and their address books."""

from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.template.loader import render_to_string

from shared.addresses import FIELDS, clean_address
from shared.auth.principal import STAFF_ROLES
from shared.contracts.users import MailRequested, UserChanged, UserRegistered
from shared.errors import Conflict, InvalidInput
from shared.events.publishing import publish
from users.models import Address, FormerAddress, User
from users.operations.sessions import end_sessions, renew_session_tokens
from users.queries import describe_mail, get_address, list_proved_emails


class EmailTaken(Conflict):
    code = "email_taken"
    title = "There is an account with this e-mail address"


class AccountErased(Conflict):
    code = "account_erased"
    title = "This account was erased. It stays empty: its person has to sign up anew"


def lock_account(user_id: UUID) -> User:
    """Raises AccountErased, also when that happened while the request was under way."""
    user = User.objects.select_for_update().get(pk=user_id)
    if user.is_erased:
        raise AccountErased()
    return user


@transaction.atomic
def register_user(*, email: str, password: str, verified: bool = False) -> User:
    """Makes an account, and asks by mail whether the address is its person's unless that is known
    (`verified`). Raises EmailTaken, also where another account has proved the address beside its
    own, and InvalidInput for a weak password."""
    email = email.strip().lower()
    if EmailAddress.objects.filter(email=email, verified=True).exists():
        raise EmailTaken()
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
    address = EmailAddress.objects.create(user=user, email=email, primary=True, verified=verified)
    publish_registered(user=user)
    if not verified:
        _ask_to_verify(address)
    return user


def _ask_to_verify(address: EmailAddress) -> None:
    """The mail that signing up in a browser brings."""
    key = EmailConfirmationHMAC(address).key
    link = f"{settings.PUBLIC_URL}/users/confirm-email/{key}/"
    context = {**describe_mail(address.email), "activate_url": link}
    mail = "account/email/email_confirmation_signup"
    subject = render_to_string(f"{mail}_subject.txt", context).strip()
    text = render_to_string(f"{mail}_message.txt", context).strip()
    request_mail(recipient=address.email, subject=subject, text=text, user_id=address.user_id)


@transaction.atomic
def publish_registered(*, user: User) -> None:
    """Publishes that the account exists."""
    user.untold = False
    user.save(update_fields=["untold"])
    publish(UserRegistered(**_state(user)), version=user.version)


def _state(user: User) -> dict[str, Any]:
    """What facts about an account say of it."""
    proved = list_proved_emails(user.pk)
    return {
        "user_id": user.pk,
        "email": user.email,
        "display_name": user.name,
        "language": user.language,
        "verified": user.email in proved,
        "verified_emails": tuple(proved),
    }


@transaction.atomic
def request_mail(
    *, recipient: str, subject: str, text: str, html: str = "", user_id: UUID | None = None
) -> None:
    """Hands a mail of the account library, about that account, to notify."""
    mail = MailRequested(
        recipient=recipient, subject=subject, body_text=text, body_html=html, user_id=user_id
    )
    publish(mail)


def store_former_address(*, address: EmailAddress) -> None:
    """Remembers an address that was removed, for as long as there is the account; not one that
    anybody could have typed."""
    if address.verified:
        FormerAddress.objects.get_or_create(user_id=address.user_id, email=address.email.lower())


@transaction.atomic
def update_profile(*, user_id: UUID, **fields: str) -> User:
    """Changes name or language and tells everybody. Raises AccountErased."""
    user = lock_account(user_id)
    if all(getattr(user, name) == value for name, value in fields.items()):
        return user
    return _change(user, **fields)


@transaction.atomic
def set_roles(*, user_id: UUID, roles: list[str]) -> User:
    """Makes staff of a shopper, or a shopper of staff; who loses a role has to sign in again.
    Raises InvalidInput for unknown roles, and AccountErased."""
    if unknown := set(roles) - STAFF_ROLES:
        raise InvalidInput(roles=[f"Unknown: {', '.join(sorted(unknown))}"])
    user = lock_account(user_id)
    if set(user.roles) - set(roles):
        end_sessions(user_id=user_id)
    return _change(user, roles=sorted(roles))


@transaction.atomic
def set_active(*, user_id: UUID, is_active: bool) -> None:
    """Lets a person sign in, or not any more. Raises AccountErased."""
    lock_account(user_id)
    User.objects.filter(pk=user_id).update(is_active=is_active)
    if not is_active:
        end_sessions(user_id=user_id)


def _change(user: User, **fields: Any) -> User:
    User.objects.filter(pk=user.pk).update(**fields, untold=False, version=F("version") + 1)
    user.refresh_from_db()
    publish(UserChanged(**_state(user)), version=user.version)
    return user


@transaction.atomic
def publish_changed(*, user_id: UUID) -> None:
    """Publishes the account as it is, after the account library has changed its addresses. Tokens
    that name an old one are made anew."""
    _change(User.objects.select_for_update().get(pk=user_id))
    renew_session_tokens(user_id=user_id)


def publish_pending(*, limit: int = 500) -> int:
    """Publishes accounts of which others have heard less than facts say now, each in its own
    transaction: those of before an update, and those that were made by hand. Of how many."""
    untold = User.objects.filter(untold=True, is_active=True).order_by("pk")
    ids = list(untold.values_list("pk", flat=True)[:limit])
    return sum(_publish_if_pending(user_id) for user_id in ids)


@transaction.atomic
def _publish_if_pending(user_id: UUID) -> bool:
    user = User.objects.select_for_update().filter(pk=user_id, untold=True, is_active=True).first()
    if user is not None:
        _change(user)
    return user is not None


@transaction.atomic
def save_address(*, user_id: UUID, address_id: UUID | None = None, **fields: Any) -> Address:
    """Adds or changes an address; one that becomes the default takes that from the others.
    Raises AddressNotFound, InvalidInput for what the country's post would not deliver, and
    AccountErased."""
    lock_account(user_id)
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

"""Reads of accounts, and the tokens' keys."""

from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from shared.addresses import FIELDS
from shared.auth.principal import Principal
from shared.errors import NotFound
from users.models import Address, FormerAddress, RevokedToken, SigningKey, User


class AddressNotFound(NotFound):
    code = "address_not_found"
    title = "No such address"


def jwks_document() -> dict[str, Any]:
    """The public keys that verify tokens now (RFC 7517)."""
    live = SigningKey.objects.filter(Q(retires_at=None) | Q(retires_at__gt=timezone.now()))
    return {"keys": list(live.order_by("-created_at").values_list("public_jwk", flat=True))}


def get_user(principal: Principal) -> User:
    return User.objects.get(pk=principal.user_id)


def is_welcome(principal: Principal) -> bool:
    """False for a token that was signed out or ended with all others of its person, and for one
    whose person may not sign in any more."""
    if RevokedToken.objects.filter(token_id=principal.token_id).exists():
        return False
    return User.objects.filter(
        pk=principal.user_id, is_active=True, token_generation=principal.generation
    ).exists()


def find_account(email: str) -> User | None:
    """Whose address it is: of whoever has proved it, or else signs in with it."""
    proved = EmailAddress.objects.filter(email=email.lower(), verified=True).first()
    return proved.user if proved else User.objects.filter(email=email.lower()).first()


def list_ever_proved(user_id: UUID) -> tuple[str, ...]:
    """Every address that the person has ever proved, in small letters, but for those that are
    somebody else's by now."""
    proved = EmailAddress.objects.filter(verified=True)
    others = proved.exclude(user_id=user_id).values("email")
    former = FormerAddress.objects.filter(user_id=user_id).exclude(email__in=others)
    own = proved.filter(user_id=user_id)
    return tuple(sorted({one.email.lower() for one in (*own, *former)}))


def describe_mail(email: str) -> dict[str, str]:
    """What every mail about an account says: who is greeted, and by whom."""
    name = User.objects.filter(email=email.lower()).values_list("name", flat=True).first()
    return {
        "email": email,
        "name": name or "",
        "shop_name": settings.SHOP_NAME,
        "shop_url": f"{settings.PUBLIC_URL}/",
    }


def list_proved_emails(user_id: UUID) -> list[str]:
    """The e-mail addresses that the person has proved, in small letters."""
    proved = EmailAddress.objects.filter(user_id=user_id, verified=True)
    return sorted(email.lower() for email in proved.values_list("email", flat=True))


def list_other_keys(user_id: UUID, *, but: str) -> list[str]:
    """What opens the account beside that address: addresses that get its mails, and providers."""
    addresses = EmailAddress.objects.filter(user_id=user_id).exclude(email=but)
    providers = SocialAccount.objects.filter(user_id=user_id).order_by("provider")
    return [
        *addresses.order_by("email").values_list("email", flat=True),
        *(name.capitalize() for name in providers.values_list("provider", flat=True)),
    ]


def list_addresses(user_id: UUID) -> QuerySet[Address]:
    """The default one first, then the newest."""
    return Address.objects.filter(user_id=user_id).order_by("-is_default", "-created_at")


def get_address(user_id: UUID, address_id: UUID) -> Address:
    """Raises AddressNotFound, for other people's addresses too."""
    address = Address.objects.filter(user_id=user_id, pk=address_id).first()
    if address is None:
        raise AddressNotFound()
    return address


def export_person(user: User) -> dict[str, Any]:
    """Everything that the shop keeps of a person: what is known here, and under `services` what the
    others have answered since the copy was asked for. `complete` once nobody is `missing`."""
    export = user.exports.order_by("-requested_at").first()
    parts = dict(export.parts.values_list("service", "data")) if export else {}
    missing = sorted(set(settings.SERVICES) - set(parts) - {settings.SERVICE})
    return {
        **export_account(user),
        "services": parts,
        "requested_at": export.requested_at.isoformat() if export else None,
        "missing": missing,
        "complete": not missing,
    }


def export_account(user: User) -> dict[str, Any]:
    """Everything that this service knows of a person, as plain JSON values."""
    return {
        "id": str(user.pk),
        "email": user.email,
        "emails": list(
            EmailAddress.objects.filter(user=user)
            .order_by("email")
            .values("email", "verified", "primary")
        ),
        "former_emails": list(user.former_addresses.values_list("email", flat=True)),
        "name": user.name,
        "language": user.language,
        "roles": list(user.roles),
        "date_joined": user.date_joined.isoformat(),
        "last_login": user.last_login.isoformat() if user.last_login else None,
        "addresses": list(list_addresses(user.pk).values(*FIELDS)),
        "sessions": [
            {"address": one.ip, "browser": one.user_agent, "since": one.created_at.isoformat()}
            for one in UserSession.objects.filter(user=user).order_by("created_at")
        ],
        "provider_logins": list(
            SocialAccount.objects.filter(user=user).values("provider", "uid", "extra_data")
        ),
    }

"""The keys that sign tokens."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from shared.database.locks import lock_until_commit
from users.clients import new_key_pair
from users.models import SigningKey


@transaction.atomic
def ensure_signing_key() -> None:
    """Makes the first key when there is none; of two who do so at once, one makes it."""
    if SigningKey.objects.exists():
        return
    lock_until_commit("signing key")
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

"""Requests that a client may repeat after a lost answer, told by their Idempotency-Key."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction

from cart.models import Addition, Checkout
from shared.database.idempotency import find_repeated

K = TypeVar("K", Checkout, Addition)
# Far longer than a client goes on asking.
ADDITION_KEPT_FOR = timedelta(days=1)


def take_fingerprint(request: dict[str, Any]) -> str:
    """What tells a request from another: of its content as JSON, in any order; 64 characters."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def find_earlier(model: type[K], owner: UUID | None, key: str, fingerprint: str) -> K | None:
    """What is known of the owner's request with that key. A stranger has made none yet.
    Raises IdempotencyKeyReused."""
    if owner is None:
        return None
    return find_repeated(model.objects.filter(owner=owner, key=key), fingerprint=fingerprint)


@transaction.atomic
def forget_additions(*, now: datetime) -> None:
    """Deletes the keys of additions that nobody will repeat any more."""
    Addition.objects.filter(created_at__lte=now - ADDITION_KEPT_FOR).delete()

"""How the catalogue forgets who worked on it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from catalog.models import ImportRun
from shared.auth.erasure import by_address, forget_account


@transaction.atomic
def forget_person(*, account_id: UUID, emails: Collection[str], now: datetime) -> None:
    """What was imported stays; by whom does not."""
    known = forget_account(account_id=account_id, emails=emails, now=now)
    ImportRun.objects.filter(by_address("actor", known)).update(actor="erased")

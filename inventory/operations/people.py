"""What is kept of people."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from inventory.models import StockMovement
from shared.auth.erasure import forget_account


@transaction.atomic
def forget_person(*, account_id: UUID, email: str, now: datetime) -> None:
    """What was counted stays; by whom does not."""
    forget_account(account_id=account_id, email=email, now=now)
    if email:
        StockMovement.objects.filter(actor__iexact=email).update(actor="erased")

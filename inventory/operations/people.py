"""What is kept of people."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from inventory.models import StockMovement
from shared.auth.erasure import forget_account
from shared.auth.exporting import as_export
from shared.contracts.users import DataExported, DataExportRequested
from shared.events.publishing import publish


@transaction.atomic
def forget_person(*, account_id: UUID, email: str, now: datetime) -> None:
    """What was counted stays; by whom does not."""
    forget_account(account_id=account_id, email=email, now=now)
    if email:
        StockMovement.objects.filter(actor__iexact=email).update(actor="erased")


@transaction.atomic
def export_person(*, request: DataExportRequested) -> None:
    """Tells users what is kept of the person."""
    theirs = StockMovement.objects.filter(actor__iexact=request.email).exclude(actor="")
    data = as_export(movements=theirs)
    publish(DataExported(export_id=request.export_id, service="inventory", data=data))

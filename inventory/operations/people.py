"""What is kept of people."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from inventory.models import StockMovement
from shared.auth.erasure import addresses_of, by_address, forget_account
from shared.auth.exporting import as_export
from shared.contracts.users import DataExported, DataExportRequested
from shared.events.publishing import publish


@transaction.atomic
def forget_person(*, account_id: UUID, emails: Collection[str], now: datetime) -> None:
    """What was counted stays; by whom does not."""
    known = forget_account(account_id=account_id, emails=emails, now=now)
    StockMovement.objects.filter(by_address("actor", known)).update(actor="erased")


@transaction.atomic
def export_person(*, request: DataExportRequested) -> None:
    """Tells users what is kept of the person."""
    known = addresses_of(account_id=request.user_id, emails=request.addresses)
    theirs = StockMovement.objects.filter(by_address("actor", known))
    data = as_export(movements=theirs.values("item__sku", "kind", "delta", "reason", "created_at"))
    publish(DataExported(export_id=request.export_id, service="inventory", data=data))

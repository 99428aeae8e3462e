"""What the person may read of what is kept here."""

from django.db import transaction

from catalog.models import ImportRun
from shared.auth.erasure import addresses_of, by_address
from shared.auth.exporting import as_export
from shared.contracts.users import DataExported, DataExportRequested
from shared.events.publishing import publish


@transaction.atomic
def export_person(*, request: DataExportRequested) -> None:
    """Tells users what is kept of the person."""
    known = addresses_of(account_id=request.user_id, emails=request.addresses)
    theirs = ImportRun.objects.filter(by_address("actor", known))
    imports = theirs.values(
        "id", "file_name", "format", "dry_run", "status", "requested_at", "finished_at"
    )
    data = as_export(imports=imports)
    publish(DataExported(export_id=request.export_id, service="catalog", data=data))

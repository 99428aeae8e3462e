"""What the person may read of what is kept here."""

from django.db import transaction

from payments.models import Payment, Refund
from shared.auth.exporting import as_export
from shared.contracts.users import DataExported, DataExportRequested
from shared.events.publishing import publish


@transaction.atomic
def export_person(*, request: DataExportRequested) -> None:
    """Tells users what is kept of the person."""
    data = as_export(
        payments=Payment.objects.filter(customer_id=request.user_id),
        refunds=Refund.objects.filter(payment__customer_id=request.user_id),
    )
    publish(DataExported(export_id=request.export_id, service="payments", data=data))

"""What the person may read of what is kept here."""

from django.db import transaction

from notify.models import Delivery, InboxMessage, Preference, Recipient
from shared.auth.exporting import as_export
from shared.contracts.users import DataExported, DataExportRequested
from shared.events.publishing import publish


@transaction.atomic
def export_person(*, request: DataExportRequested) -> None:
    """Tells users what is kept of the person."""
    data = as_export(
        person=Recipient.objects.filter(pk=request.user_id),
        messages=InboxMessage.objects.filter(user_id=request.user_id),
        wishes=Preference.objects.filter(user_id=request.user_id),
        mails=Delivery.objects.filter(user_id=request.user_id),
    )
    publish(DataExported(export_id=request.export_id, service="notify", data=data))

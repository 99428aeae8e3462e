"""What the person may read of what is kept here."""

from django.db import transaction
from django.db.models import Case, F, Q, TextField, Value, When

from notify.models import Delivery, InboxMessage, OrderWatch, Preference, Recipient
from notify.rules import ACCOUNT_MAIL
from shared.auth.erasure import by_address
from shared.auth.exporting import as_export
from shared.contracts.users import DataExported, DataExportRequested
from shared.events.publishing import publish

# The words of the account's own mails hold keys and codes that change it.
_TOLD = Case(When(topic=ACCOUNT_MAIL, then=Value("")), default=F("text"), output_field=TextField())


@transaction.atomic
def export_person(*, request: DataExportRequested) -> None:
    """Tells users what is kept of the person."""
    own = Q(user_id=request.user_id)
    nobodys = by_address("recipient", request.addresses) & Q(user_id=None, order_id=None)
    data = as_export(
        person=Recipient.objects.filter(own).values("email", "name", "language"),
        messages=InboxMessage.objects.filter(own).values(
            "topic", "title", "body", "url", "created_at", "read_at"
        ),
        wishes=Preference.objects.filter(own).values("topic", "channel", "enabled"),
        mails=Delivery.objects.filter(own | nobodys).values(
            *("topic", "recipient", "order_id", "subject", "status", "created_at", "sent_at"),
            words=_TOLD,
        ),
        orders=OrderWatch.objects.filter(customer_id=request.user_id).values(
            "order_id", "number", "email", "status", "total"
        ),
    )
    publish(DataExported(export_id=request.export_id, service="notify", data=data))

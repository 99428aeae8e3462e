"""What the person may read of what is kept here."""

from django.db import transaction
from django.db.models import Q

from payments.models import Payment, PaymentEvent, Refund
from shared.auth.erasure import addresses_of, by_address
from shared.auth.exporting import as_export
from shared.contracts.users import DataExported, DataExportRequested
from shared.events.publishing import publish

PAYMENT = (
    *("order_id", "number", "email", "amount", "currency", "status", "refunded_amount"),
    *("last_error", "dispute", "provider_intent_id", "created_at", "expires_at"),
)


@transaction.atomic
def export_person(*, request: DataExportRequested) -> None:
    """Tells users what is kept of the person; not who of the staff had to do with it."""
    theirs = Q(payment__customer_id=request.user_id)
    known = addresses_of(account_id=request.user_id, emails=request.addresses)
    work = by_address("detail", [str(request.user_id), *known]) & Q(source="staff")
    data = as_export(
        payments=Payment.objects.filter(customer_id=request.user_id).values(*PAYMENT),
        steps=PaymentEvent.objects.filter(theirs).values("payment__number", "at", "what", "source"),
        refunds=Refund.objects.filter(theirs).values(
            "payment__number", "amount", "reason", "status", "requested_at", "settled_at"
        ),
        work=PaymentEvent.objects.filter(work).values("payment__number", "at", "what"),
    )
    publish(DataExported(export_id=request.export_id, service="payments", data=data))

"""What the person may read of what is kept here."""

from django.db import transaction

from orders.models import Order, OrderLine, OrderTransition, Refund, Return
from shared.auth.exporting import as_export
from shared.contracts.users import DataExported, DataExportRequested
from shared.events.publishing import publish


@transaction.atomic
def export_person(*, request: DataExportRequested) -> None:
    """Tells users what is kept of the person."""
    data = as_export(
        orders=Order.objects.filter(customer_id=request.user_id),
        lines=OrderLine.objects.filter(order__customer_id=request.user_id),
        steps=OrderTransition.objects.filter(order__customer_id=request.user_id),
        returns=Return.objects.filter(order__customer_id=request.user_id),
        refunds=Refund.objects.filter(order__customer_id=request.user_id),
    )
    publish(DataExported(export_id=request.export_id, service="orders", data=data))

"""What the person may read of what is kept here."""

from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When

from orders.models import Order, OrderLine, OrderTransition, ProvedAddress, Refund, Return
from orders.operations.transitions import SYSTEM
from shared.auth.erasure import addresses_of, by_address
from shared.auth.exporting import as_export
from shared.contracts.users import DataExported, DataExportRequested
from shared.events.publishing import publish

ORDER = (
    *("id", "number", "email", "status", "currency", "subtotal", "discount", "shipping", "tax"),
    *("total", "paid", "refunded", "coupon", "shipping_title", "shipping_address"),
    *("billing_address", "language", "cancel_reason", "dispute", "carrier", "tracking_number"),
    *("expires_at", "placed_at"),
)
LINE = ("order_id", "sku", "title", "options", "quantity", "unit_price", "total")


@transaction.atomic
def export_person(*, request: DataExportRequested) -> None:
    """Tells users what is kept of the person; of others who had to do with it, only that they are
    staff."""
    theirs = Q(order__customer_id=request.user_id)
    data = as_export(
        account=ProvedAddress.objects.filter(customer_id=request.user_id).values("email"),
        orders=Order.objects.filter(customer_id=request.user_id).values(*ORDER),
        lines=OrderLine.objects.filter(theirs).values(*LINE),
        steps=_steps(request).filter(theirs).values("order_id", "status", "at", "note", "by"),
        returns=Return.objects.filter(theirs).values(
            "order_id", "lines", "reason", "requested_at", "received_at"
        ),
        refunds=Refund.objects.filter(theirs).values(
            "order_id", "amount", "reason", "requested_at", "refunded_at", "failed_at"
        ),
        work=_steps(request).filter(~theirs, by="you").values("order__number", "status", "at"),
    )
    publish(DataExported(export_id=request.export_id, service="orders", data=data))


def _steps(request: DataExportRequested) -> QuerySet[Any]:
    """With who made them: `you`, `staff`, or nobody in particular."""
    known = addresses_of(account_id=request.user_id, emails=request.addresses)
    you = by_address("actor", [str(request.user_id), *known])
    of_order = Q(order__customer_id=request.user_id, actor__iexact=F("order__email"))
    who = Case(
        When(you | of_order, then=Value("you")),
        When(actor__in=[SYSTEM, "guest", "erased"], then=F("actor")),
        default=Value("staff"),
    )
    return OrderTransition.objects.annotate(by=who).order_by("at", "pk")

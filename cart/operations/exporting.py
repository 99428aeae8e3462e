"""What the person may read of what is kept here."""

from django.db import transaction
from django.db.models import F

from cart.models import Cart, CartLine, Checkout
from shared.auth.exporting import as_export
from shared.contracts.users import DataExported, DataExportRequested
from shared.events.publishing import publish


@transaction.atomic
def export_person(*, request: DataExportRequested) -> None:
    """Tells users what is kept of the person."""
    data = as_export(
        carts=Cart.objects.filter(customer_id=request.user_id).values(
            "id", "status", "coupon__code", "order_id", "created_at", "updated_at"
        ),
        lines=CartLine.objects.filter(cart__customer_id=request.user_id).values(
            "cart_id", "quantity", "price_seen", "added_at", sku=F("offer")
        ),
        checkouts=Checkout.objects.filter(owner=request.user_id).values(
            "order_id", "cart_id", "coupon__code", "created_at"
        ),
    )
    publish(DataExported(export_id=request.export_id, service="cart", data=data))

"""How long the texts of facts may be, in characters, and the producer's column that says so.

A consumer keeps a text whole, in a column that is at least as wide."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """`longest` is None for a text of any length; `source` is "service.Model.field", empty where
    no column of the producer holds the text."""

    longest: int | None
    source: str = ""


# By field, and by class and field where a class has its own.
LIMITS = {
    "body_html": Limit(None),
    "body_text": Limit(None),
    "brand": Limit(100, "catalog.Brand.title"),
    "carrier": Limit(60, "orders.Order.carrier"),
    "category": Limit(100, "catalog.Category.title"),
    "city": Limit(80, "users.Address.city"),
    "code": Limit(60, "payments.Payment.last_error_code"),
    "country": Limit(2, "users.Address.country"),
    "coupon": Limit(40, "cart.Coupon.code"),
    "dispute": Limit(10, "payments.Payment.dispute"),
    "dispute_id": Limit(100, "payments.Payment.dispute_id"),
    "display_name": Limit(100, "users.User.name"),
    "email": Limit(254, "users.User.email"),
    "emails": Limit(254, "users.FormerAddress.email"),
    "image_url": Limit(255, "catalog.Product.image_url"),
    "kind": Limit(20),
    "language": Limit(8, "users.User.language"),
    "line1": Limit(100, "users.Address.line1"),
    "line2": Limit(100, "users.Address.line2"),
    "message": Limit(300, "payments.Payment.last_error"),
    "Address.name": Limit(100, "users.Address.name"),
    "number": Limit(20, "orders.Order.number"),
    # Names and values of a variant's options, which an index keeps apart.
    "options": Limit(2000),
    "phone": Limit(30, "users.Address.phone"),
    "postal_code": Limit(12, "users.Address.postal_code"),
    "product_slug": Limit(255, "catalog.Product.slug"),
    "OfferWithheld.reason": Limit(500),
    "OrderCancelled.reason": Limit(30, "orders.Order.cancel_reason"),
    "RefundRequested.reason": Limit(100, "orders.Refund.reason"),
    "StockReleased.reason": Limit(30),
    "recipient": Limit(254, "users.User.email"),
    "region": Limit(80, "users.Address.region"),
    "data": Limit(None),
    "DataExported.service": Limit(20, "users.ExportPart.service"),
    "shipping_method": Limit(40, "cart.ShippingMethod.code"),
    "shipping_title": Limit(100, "cart.ShippingMethod.title"),
    "sku": Limit(64, "catalog.Variant.sku"),
    "skus": Limit(64, "catalog.Variant.sku"),
    "slug": Limit(255, "catalog.Product.slug"),
    "standing": Limit(10, "payments.Payment.dispute"),
    "StockDeclared.source": Limit(300),
    "OrderRefundFailed.status": Limit(20, "orders.Order.status"),
    "PaymentDisputed.status": Limit(10, "payments.Payment.dispute"),
    "OrderClaimed.status": Limit(20, "orders.Order.status"),
    "StatedPayment.status": Limit(20, "payments.Payment.status"),
    "StatedRefund.status": Limit(10, "payments.Refund.status"),
    "StatedReservation.status": Limit(10, "inventory.Reservation.status"),
    # What notify makes of it is one line; the rest of a longer one is left out.
    "subject": Limit(200),
    "tax_class": Limit(10, "catalog.Variant.tax_class"),
    "title": Limit(255, "catalog.Product.title"),
    "tracking_number": Limit(80, "orders.Order.tracking_number"),
    "verified_emails": Limit(254, "users.User.email"),
}


def limit_of(cls: type, field: str) -> Limit:
    """Raises KeyError where nobody has said how long the text may be."""
    own = LIMITS.get(f"{cls.__name__}.{field}")
    return own if own is not None else LIMITS[field]

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from cart import operations
from cart.models import Cart, Coupon, Offer, ShippingMethod, TaxRate
from cart.queries import Owner
from shared.contracts.parts import Address
from shared.events.ids import uuid7
from shared.testing.users import ALICE, BOB

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ALICES = Owner(customer_id=ALICE.user_id)
BOBS = Owner(customer_id=BOB.user_id)
ADDRESS = Address(
    name="Alice", line1="Long Street 1", postal_code="10115", city="Berlin", country="DE"
)


def make_request(**changes: Any) -> operations.CheckoutRequest:
    fields = {
        "email": "alice@souk.example",
        "shipping_address": ADDRESS,
        "shipping_method": "standard",
    }
    return operations.CheckoutRequest(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture
def shop(db: None) -> None:
    """Tea for 5.00 (7 left), pots for 12.00 that nobody counts, standard delivery to Germany for
    4.90."""
    for sku, price, available, tax in (
        ("TEA", "5.00", 7, "reduced"),
        ("POT", "12.00", None, "standard"),
    ):
        Offer.objects.create(
            sku=sku,
            product_id=uuid7(),
            product_slug=sku.lower(),
            title=sku.title(),
            price=Decimal(price),
            available=available,
            tracked=available is not None,
            tax_class=tax,
            product_version=1,
        )
    ShippingMethod.objects.create(
        code="standard",
        title="Standard",
        countries=["DE", "AT"],
        price=Decimal("4.90"),
        free_over=Decimal("50.00"),
    )
    TaxRate.objects.create(country="DE", tax_class="standard", rate=Decimal(19))
    TaxRate.objects.create(country="DE", tax_class="reduced", rate=Decimal(7))


@pytest.fixture
def filled(shop: None) -> Callable[..., Cart]:
    """`filled(TEA=2)`: Alice's cart with so many of each; `owner=` for somebody else's."""

    def make(owner: Owner = ALICES, **quantities: int) -> Cart:
        cart = None
        for sku, quantity in quantities.items():
            cart = operations.add_item(owner=owner, sku=sku, quantity=quantity, now=NOW)
            owner = owner if owner.customer_id else Owner(guest_cart_id=cart.pk)
        assert cart is not None
        return cart

    return make


@pytest.fixture
def coupon(db: None) -> Callable[..., Coupon]:
    """`coupon(max_uses=1)`: ten per cent off with the code TEN."""

    def make(**changes: Any) -> Coupon:
        fields = {"code": "TEN", "kind": "percent", "value": Decimal(10)}
        return Coupon.objects.create(**{**fields, **changes})

    return make


@pytest.fixture
def guest(shop: None) -> Client:
    """A guest's browser with two teas in the cart."""
    client = Client()
    assert client.post("/cart/items/", {"sku": "TEA", "quantity": "2"}).status_code == 303
    return client

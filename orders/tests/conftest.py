from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from orders import operations
from orders.models import Order
from shared.contracts.cart import CartCheckedOut
from shared.contracts.parts import Address, PricedLine, Totals
from shared.events.ids import uuid7
from shared.events.models import OutboxMessage
from shared.money import Money
from shared.testing.users import ALICE

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


ADDRESS = Address(
    name="Alice", line1="Long Street 1", postal_code="10115", city="Berlin", country="DE"
)


def make_checkout(**changes: Any) -> CartCheckedOut:
    """Two teas and a pot for 24.90 EUR, Alice's unless said otherwise."""
    lines = (
        PricedLine(
            product_id=uuid7(),
            sku="TEA",
            title="Mint tea",
            quantity=2,
            unit_price=eur("5.00"),
            total=eur("10.00"),
            product_slug="mint-tea",
        ),
        PricedLine(
            product_id=uuid7(),
            sku="POT",
            title="Tea pot",
            quantity=1,
            unit_price=eur("12.00"),
            total=eur("12.00"),
        ),
    )
    fields: dict[str, Any] = {
        "cart_id": uuid7(),
        "order_id": uuid7(),
        "customer_id": ALICE.user_id,
        "email": ALICE.email,
        "lines": lines,
        "totals": Totals(
            subtotal=eur("22.00"),
            discount=eur("2.00"),
            shipping=eur("4.90"),
            tax=eur("3.98"),
            total=eur("24.90"),
        ),
        "shipping_method": "standard",
        "shipping_title": "Standard",
        "shipping_address": ADDRESS,
    }
    return CartCheckedOut(**{**fields, **changes})


@pytest.fixture
def order_in(db: None) -> Callable[..., Order]:
    """`order_in("paid")`: an order that went all the way there; its facts are out of the outbox."""

    def make(status: str, **changes: Any) -> Order:
        order = operations.place_order(checkout=make_checkout(**changes), now=NOW)
        for step in ROADS[status]:
            step(order.id)
        OutboxMessage.objects.all().delete()
        order.refresh_from_db()
        assert order.status == status
        return order

    return make


def _reserve(order_id: Any) -> None:
    operations.await_payment(order_id=order_id, expires_at=NOW + HOUR, now=NOW)


def _pay(order_id: Any) -> None:
    operations.record_payment(order_id=order_id, amount=eur("24.90"), now=NOW)


def _ship(order_id: Any) -> None:
    operations.ship_order(
        order_id=order_id, carrier="DHL", tracking_number="T1", actor="Mia", now=NOW
    )


def _deliver(order_id: Any) -> None:
    operations.deliver_order(order_id=order_id, actor="Mia", now=NOW)


def _cancel(order_id: Any) -> None:
    operations.cancel_order(order_id=order_id, reason="customer", actor="Alice", now=NOW)


ROADS: dict[str, list[Callable[[Any], None]]] = {
    "placed": [],
    "awaiting_payment": [_reserve],
    "paid": [_reserve, _pay],
    "shipped": [_reserve, _pay, _ship],
    "delivered": [_reserve, _pay, _ship, _deliver],
    "cancelled": [_reserve, _cancel],
}


def in_currency(currency: str, unit_price: str, discount: str, shipping: str) -> dict[str, Any]:
    """What makes of `make_checkout` an order of three teas in another currency."""

    def money(amount: Decimal) -> Money:
        return Money(amount, currency)

    price, off, sending = Decimal(unit_price), Decimal(discount), Decimal(shipping)
    line = PricedLine(
        product_id=uuid7(),
        sku="TEA",
        title="Mint tea",
        quantity=3,
        unit_price=money(price),
        total=money(price * 3),
    )
    totals = Totals(
        subtotal=money(price * 3),
        discount=money(off),
        shipping=money(sending),
        tax=money(Decimal(0)),
        total=money(price * 3 - off + sending),
    )
    return {"lines": (line,), "totals": totals}

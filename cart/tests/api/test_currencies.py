"""A cart in currencies without decimals and with three of them, from the first product on."""

from decimal import Decimal

import pytest

from cart.models import Coupon, Offer, ShippingMethod, TaxRate
from shared.contracts.cart import CartCheckedOut
from shared.events.ids import uuid7
from shared.testing.events import published
from shared.testing.users import ALICE

ADDRESS = {
    "name": "Alice",
    "line1": "Long Street 1",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
}
# 2 x price, ten per cent off, shipping; tax of 19 % is contained.
PURCHASES = [
    ("JPY", "1999", "490", ("3998", "400", "490", "653", "4088")),
    ("KWD", "1.230", "0.490", ("2.460", "0.250", "0.490", "0.431", "2.700")),
    ("ISK", "1999", "490", ("3998", "400", "490", "653", "4088")),
    ("EUR", "19.99", "4.90", ("39.98", "4.00", "4.90", "6.53", "40.88")),
]


@pytest.fixture
def shop(db, settings):
    def make(currency, price, shipping):
        settings.CURRENCY = currency
        Offer.objects.create(
            sku="TEA",
            product_id=uuid7(),
            title="Tea",
            price=Decimal(price),
            product_version=1,
            available=9,
        )
        ShippingMethod.objects.create(
            code="standard", title="Standard", countries=["DE"], price=Decimal(shipping)
        )
        TaxRate.objects.create(country="DE", tax_class="standard", rate=Decimal(19))
        Coupon.objects.create(code="TEN", kind="percent", value=Decimal(10))

    return make


@pytest.mark.parametrize(("currency", "price", "shipping", "expected"), PURCHASES)
def test_a_cart_is_bought_in_the_currency(shop, api_of, currency, price, shipping, expected):
    shop(currency, price, shipping)
    alice = api_of(ALICE)
    subtotal, off, sent, tax, total = ({"amount": x, "currency": currency} for x in expected)

    assert alice.post("/cart/api/v1/cart/items/", {"sku": "TEA", "quantity": 2}).status_code == 200
    assert alice.post("/cart/api/v1/cart/coupon/", {"code": "TEN"}).status_code == 200
    body = alice.get("/cart/api/v1/cart/").json()
    assert (body["subtotal"], body["discount"]) == (subtotal, off)
    quotes = alice.get("/cart/api/v1/shipping-methods/?country=DE").json()
    assert [quote["price"] for quote in quotes] == [sent]
    answer = alice.post(
        "/cart/api/v1/cart/checkout/",
        {
            "email": ALICE.email,
            "shipping_address": ADDRESS,
            "shipping_method": "standard",
            "expected_total": total,
        },
        headers={"Idempotency-Key": "first"},
    )

    assert answer.status_code == 202, answer.json()
    (fact,) = published(CartCheckedOut)
    assert fact.totals.tax.to_json() == tax
    assert fact.totals.total.to_json() == total


@pytest.mark.parametrize(
    "total",
    [
        {"amount": "24.90", "currency": "ZZZ"},
        {"amount": "1.50", "currency": "JPY"},
        {"amount": "24.901", "currency": "EUR"},
    ],
)
def test_an_expected_total_that_is_no_amount_is_refused(shop, api_of, total):
    shop("EUR", "19.99", "4.90")
    alice = api_of(ALICE)
    alice.post("/cart/api/v1/cart/items/", {"sku": "TEA", "quantity": 1})
    answer = alice.post(
        "/cart/api/v1/cart/checkout/",
        {
            "email": ALICE.email,
            "shipping_address": ADDRESS,
            "shipping_method": "standard",
            "expected_total": total,
        },
        headers={"Idempotency-Key": "first"},
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert published(CartCheckedOut) == []

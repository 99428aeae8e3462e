"""Prices in currencies without decimals and with three of them, by every way that makes one."""

from decimal import Decimal

import pytest
from django.core.management import call_command

from catalog import operations
from catalog.models import Variant
from catalog.queries.imports import list_import_errors
from catalog.tests.admin.test_admin import ADMIN, form_of
from catalog.tests.conftest import NOW
from shared.contracts.catalog import ProductChanged
from shared.money import is_payable
from shared.testing.events import published, published_names
from shared.testing.users import MIA

pytestmark = pytest.mark.django_db
CASES = [("JPY", "1999", "19.50"), ("KWD", "1.230", "1.234"), ("ISK", "1999", "19.50")]
every_currency = pytest.mark.parametrize(("currency", "good", "too_fine"), CASES)


def body(currency, price):
    variant = {"sku": "T1", "price": {"amount": price, "currency": currency}}
    return {"title": "Tea", "status": "active", "variants": [variant]}


@every_currency
def test_the_api_takes_and_shows_a_price(settings, api_of, currency, good, too_fine):
    settings.CURRENCY = currency
    mia = api_of(MIA)
    made = mia.post("/catalog/api/v1/products/", body(currency, good.rstrip("0").rstrip(".")))

    assert made.status_code == 201, made.json()
    assert made.json()["price"] == {"amount": good, "currency": currency}
    (fact,) = published(ProductChanged)
    assert fact.variants[0].price.to_json() == {"amount": good, "currency": currency}


@every_currency
def test_the_api_refuses_a_price_that_is_too_fine(settings, api_of, currency, good, too_fine):
    settings.CURRENCY = currency
    answer = api_of(MIA).post("/catalog/api/v1/products/", body(currency, too_fine))

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert not Variant.objects.exists()
    assert published_names() == []


@every_currency
def test_an_import_names_the_row_and_lands_the_others(settings, currency, good, too_fine):
    settings.CURRENCY = currency
    rows = [
        "Handle,Title,Variant SKU,Variant Price",
        f"tea,Tea,T1,{too_fine}",
        f"pot,Pot,P1,{good}",
    ]
    report = operations.import_products(
        data="\n".join(rows).encode(), file_name="f.csv", format="shopify", now=NOW
    )

    (error,) = list_import_errors(report)
    assert (error.row, error.code) == (2, "bad_price")
    assert f"Amounts in {currency} go in steps of" in error.message
    assert list(Variant.objects.values_list("sku", "price")) == [("P1", Decimal(good))]


def test_two_decimals_are_fine_enough_for_euros_only():
    rows = ["Handle,Title,Variant SKU,Variant Price", "tea,Tea,T1,1.999"]
    report = operations.import_products(
        data="\n".join(rows).encode(), file_name="f.csv", format="shopify", now=NOW
    )

    assert [error.code for error in list_import_errors(report)] == ["bad_price"]
    assert not Variant.objects.exists()


@every_currency
def test_the_form_says_what_is_wrong_with_a_price(
    settings, shelved, client_of, currency, good, too_fine
):
    settings.CURRENCY = currency
    product = shelved("Tea", price=good)
    url = f"{ADMIN}product/{product.pk}/change/"
    answer = client_of(MIA).post(url, form_of(product, **{"variants-0-price": too_fine}))

    assert answer.status_code == 200
    assert f"Amounts in {currency} go in steps of" in answer.text
    assert product.variants.get().price == Decimal(good)
    assert published_names() == []


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_the_demo_shop_opens_in_the_currency(settings, currency):
    settings.CURRENCY = currency
    call_command("seed_demo")

    prices = list(Variant.objects.values_list("price", flat=True))
    assert len(prices) > 36
    assert all(is_payable(price, currency) for price in prices)
    assert published(ProductChanged)[0].variants[0].price.currency == currency


@pytest.mark.parametrize(
    ("currency", "good", "too_high"),
    [
        ("EUR", "9999999.99", "10000000.00"),
        ("JPY", "9999999", "10000000"),
        ("IDR", "9999999999.99", "10000000000.00"),
        ("VND", "9999999999", "10000000000"),
        ("IRR", "9999999999.99", "10000000000.00"),
    ],
)
def test_a_price_is_bounded_by_what_its_currency_is_worth(
    settings, api_of, currency, good, too_high
):
    settings.CURRENCY = currency
    mia = api_of(MIA)

    refused = mia.post("/catalog/api/v1/products/", body(currency, too_high))
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_input")
    rows = f"Handle,Title,Variant SKU,Variant Price\ntea,Tea,T1,{too_high}"
    report = operations.import_products(
        data=rows.encode(), file_name="f.csv", format="shopify", now=NOW
    )
    assert [error.code for error in list_import_errors(report)] == ["bad_price"]
    assert not Variant.objects.exists()
    assert published_names() == []

    assert mia.post("/catalog/api/v1/products/", body(currency, good)).status_code == 201

"""The provider's integers, for every currency in which it counts otherwise than ISO 4217."""

from decimal import Decimal

import pytest
from django.utils import timezone

from payments import operations
from payments.clients import from_provider_units, to_provider_units
from payments.tests.conftest import refund_of
from shared.money import CURRENCIES, Money, get_currency

WITHOUT_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
UNITS = [
    *[(code, "5000", 5000) for code in WITHOUT_DECIMALS.split()],
    *[(code, "5000", 500_000) for code in ("ISK", "UGX", "EUR", "USD", "HUF", "TWD")],
    *[(code, "5.120", 5120) for code in ("BHD", "JOD", "KWD", "OMR", "TND")],
]


@pytest.mark.parametrize(("code", "amount", "units"), UNITS)
def test_an_amount_is_the_providers_integer_and_comes_back(code, amount, units):
    money = Money(Decimal(amount), code)

    assert to_provider_units(money) == units
    assert from_provider_units(units, code) == money


@pytest.mark.parametrize(("code", "amount"), [("KWD", "1.234"), ("MGA", "0.20")])
def test_what_the_provider_cannot_take_is_no_integer(code, amount):
    with pytest.raises(ValueError, match="go in steps of"):
        to_provider_units(Money(Decimal(amount), code))


@pytest.mark.parametrize("code", sorted(CURRENCIES))
def test_every_step_of_every_currency_can_be_sent(code):
    step = Money(get_currency(code).step, code)

    assert from_provider_units(to_provider_units(step), code) == step


@pytest.mark.parametrize(
    ("code", "amount", "units", "part", "rest"),
    [
        ("JPY", "2490", 2490, "490", 2000),
        ("KWD", "2.490", 2490, "0.490", 2000),
        ("ISK", "2490", 249_000, "490", 200_000),
        ("XOF", "2490", 2490, "490", 2000),
    ],
)
def test_a_purchase_and_its_refund_are_right_at_the_provider(
    payment_in, sandbox, code, amount, units, part, rest
):
    payment = payment_in("succeeded", amount=Money(Decimal(amount), code))

    assert sandbox.money(payment)["captured"] == units
    refund = operations.request_refund(
        fact=refund_of(payment, amount=Money(Decimal(part), code)), now=timezone.now()
    )
    operations.send_refund(refund_id=refund.pk, now=timezone.now())

    refund.refresh_from_db()
    assert refund.status == "succeeded"
    assert units - sandbox.money(payment)["refunded"] == rest

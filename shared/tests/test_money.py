import json
import os
import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.money import (
    CURRENCIES,
    CurrencyMismatch,
    Money,
    UnknownCurrency,
    check_currency,
    demo_price,
    get_currency,
    is_payable,
    quantum,
    round_amount,
)

KINDS = st.sampled_from(["EUR", "USD", "JPY", "KWD"])
MINOR = st.integers(min_value=-(10**15), max_value=10**15)


def euros(text):
    return Money(Decimal(text), "EUR")


def of_minor(minor, currency):
    return Money(minor * quantum(currency), currency)


@given(MINOR, KINDS)
def test_json_comes_back_as_it_was(minor, currency):
    money = of_minor(minor, currency)

    assert Money.from_json(json.loads(json.dumps(money.to_json()))) == money
    assert Money(money.amount, currency) == money


@given(MINOR, MINOR, st.integers(min_value=-99, max_value=99), KINDS)
def test_arithmetic_is_that_of_the_minor_units(one, other, factor, currency):
    a, b = of_minor(one, currency), of_minor(other, currency)

    assert a + b == of_minor(one + other, currency)
    assert a - b == of_minor(one - other, currency)
    assert a * factor == of_minor(one * factor, currency)
    assert -a == of_minor(-one, currency)
    assert (a < b, a <= b, a > b, a >= b) == (one < other, one <= other, one > other, one >= other)
    assert Money.sum([a, b, a], currency) == of_minor(2 * one + other, currency)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=5), KINDS)
def test_rounding_moves_an_amount_by_half_a_minor_unit_at_most(amount, currency):
    rounded = Money.rounded(amount, currency)

    assert abs(rounded.amount - amount) <= quantum(currency) / 2
    assert rounded.amount == round_amount(amount, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("1.005", "EUR", "1.01"),
        ("1.0049", "EUR", "1.00"),
        ("-1.005", "EUR", "-1.01"),
        ("2.5", "JPY", "3"),
        ("1.0005", "KWD", "1.001"),
        ("-0.004", "EUR", "0.00"),
    ],
)
def test_halves_go_up_to_the_minor_unit_of_the_currency(amount, currency, rounded):
    assert Money.rounded(Decimal(amount), currency).to_json()["amount"] == rounded


def test_the_amount_is_written_in_minor_units_and_zero_has_no_sign():
    assert euros("5").to_json() == {"amount": "5.00", "currency": "EUR"}
    assert euros("-0.00").to_json()["amount"] == "0.00"
    assert (euros("0") * -1).to_json()["amount"] == "0.00"
    assert (-Money.zero("EUR")).to_json()["amount"] == "0.00"
    assert euros("1e2").to_json()["amount"] == "100.00"


def test_it_refuses_what_is_finer_than_a_minor_unit():
    for amount, currency in (("1.001", "EUR"), ("1.5", "JPY"), ("NaN", "EUR")):
        with pytest.raises(ValueError):
            Money(Decimal(amount), currency)
    with pytest.raises(ArithmeticError):
        Money(Decimal("Infinity"), "EUR")


def test_it_refuses_floats():
    with pytest.raises(TypeError):
        Money(19.99, "EUR")


def test_currencies_do_not_mix():
    dollars = Money(Decimal(1), "USD")
    for combine in (
        lambda: euros("1") + dollars,
        lambda: euros("1") - dollars,
        lambda: euros("1") < dollars,
        lambda: euros("1") <= dollars,
        lambda: Money.sum([dollars], "EUR"),
    ):
        with pytest.raises(CurrencyMismatch):
            combine()

    assert euros("1") != dollars


def test_it_is_a_value():
    assert {euros("1"), euros("1.00")} == {euros("1.0")}
    assert (bool(euros("0")), bool(euros("0.01"))) == (False, True)
    with pytest.raises(AttributeError):
        euros("1").amount = Decimal(2)


def test_people_read_it_with_its_symbol():
    assert str(euros("1234.5")) == "€1,234.50"
    assert str(euros("-3")) == "-€3.00"
    assert str(Money(Decimal(1500), "JPY")) == "¥1,500"
    assert str(Money(Decimal(2), "CHF")) == "CHF 2.00"


@pytest.mark.parametrize(
    ("code", "exponent", "provider_exponent", "step", "least", "most"),
    [
        ("EUR", 2, 2, "0.01", "0.50", "999999.99"),
        ("JPY", 0, 0, "1", "50", "99999999"),
        ("KWD", 3, 3, "0.010", "0.010", "99999.990"),
        ("OMR", 3, 3, "0.010", "0.010", "99999.990"),
        ("XOF", 0, 0, "1", "1", "99999999"),
        ("PYG", 0, 0, "1", "1", "99999999"),
        ("ISK", 0, 2, "1", "1", "999999"),
        ("UGX", 0, 2, "1", "1", "999999"),
        ("MGA", 2, 0, "1", "1.00", "99999999.00"),
        ("IDR", 2, 2, "0.01", "0.01", "9999999999.99"),
    ],
)
def test_the_table_knows_what_iso_and_the_provider_say(
    code, exponent, provider_exponent, step, least, most
):
    currency = get_currency(code)

    assert (currency.exponent, currency.provider_exponent) == (exponent, provider_exponent)
    assert (str(currency.step), str(currency.least), str(currency.most)) == (step, least, most)


@pytest.mark.parametrize("code", sorted(CURRENCIES))
def test_whatever_can_be_paid_can_be_written_and_sent(code):
    currency = get_currency(code)

    assert currency.step % currency.quantum == 0
    for amount in (currency.step, currency.least, currency.most, demo_price(Decimal(7), code)):
        assert is_payable(amount, code)
        assert Money(amount, code).amount == amount
        units = amount.scaleb(currency.provider_exponent)
        assert units == int(units)


@pytest.mark.parametrize("code", ["", "eur", "EURO", "ZZZ", "DEM", "€"])
def test_it_refuses_a_currency_that_is_not_in_the_table(code):
    with pytest.raises(UnknownCurrency, match="is not the code of a currency"):
        check_currency(code)
    with pytest.raises(UnknownCurrency):
        Money(Decimal(1), code)


def test_it_refuses_a_currency_that_the_provider_does_not_take():
    with pytest.raises(UnknownCurrency, match="IQD cannot be paid"):
        check_currency("IQD")


def test_a_shop_does_not_start_with_an_unknown_currency():
    started = subprocess.run(
        [sys.executable, "-c", "import shared.settings.base"],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "shared.testing.probe.settings",
            "SOUK_CURRENCY": "eur",
        },
        capture_output=True,
        text=True,
    )

    assert started.returncode != 0
    last = started.stderr.strip().splitlines()[-1]
    assert "'eur' is not the code of a currency (ISO 4217, such as EUR)" in last


@pytest.mark.parametrize(
    ("code", "price"), [("EUR", "6.90"), ("JPY", "690"), ("KWD", "6.900"), ("MGA", "690.00")]
)
def test_the_demo_shop_has_prices_in_every_currency(code, price):
    assert str(demo_price(Decimal("6.90"), code)) == price

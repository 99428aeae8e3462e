import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.money import CurrencyMismatch, Money, quantum, round_amount

CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD"])
MINOR = st.integers(min_value=-(10**15), max_value=10**15)


def euros(text):
    return Money(Decimal(text), "EUR")


@given(MINOR, CURRENCIES)
def test_minor_units_and_json_come_back_as_they_were(minor, currency):
    money = Money.from_minor(minor, currency)

    assert money.minor == minor
    assert Money.from_json(json.loads(json.dumps(money.to_json()))) == money
    assert Money(money.amount, currency) == money


@given(MINOR, MINOR, st.integers(min_value=-99, max_value=99), CURRENCIES)
def test_arithmetic_is_that_of_the_minor_units(one, other, factor, currency):
    a, b = Money.from_minor(one, currency), Money.from_minor(other, currency)

    assert (a + b).minor == one + other
    assert (a - b).minor == one - other
    assert (a * factor).minor == one * factor
    assert (-a).minor == -one
    assert (a < b, a <= b, a > b, a >= b) == (one < other, one <= other, one > other, one >= other)
    assert Money.sum([a, b, a], currency).minor == 2 * one + other


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=5), CURRENCIES)
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

"""Exact amounts of one currency: decimals outside, minor units where an integer is asked for.

Here is the one table of currencies. What a currency's smallest unit is comes from ISO 4217, list
one as published on 2026-01-01 (funds, metals, units of account and test codes left out); what the
payment provider makes of it from docs.stripe.com/currencies, read on 2026-11-29. The two differ:

- MGA has a minor unit, the provider takes whole ones only;
- ISK and UGX have none, the provider is sent two decimals that are always zero;
- of three decimals (BHD JOD KWD OMR TND) the provider takes the last one as zero only, so prices
  go in steps of 0.010.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import total_ordering
from typing import Any

_WITHOUT_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_WITH_TWO_DECIMALS = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF"
    " CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD"
    " HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA"
    " MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN"
    " QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP"
    " TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)
_WITH_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
# Nobody can pay in these: the provider takes no payment in them.
_NOT_AT_PROVIDER = "BTN CUP ERN GHS IQD IRR KPW LYD MRU SDG SSP STN SVC SYP TMT VED VES XCG ZWG"
_PROVIDER_EXPONENTS = {"MGA": 0, "ISK": 2, "UGX": 2}
# The least that the provider charges, where it names an amount.
_LEAST = {
    **dict.fromkeys(["AUD", "BRL", "CAD", "CHF", "EUR", "INR", "NZD", "SGD", "USD"], "0.50"),
    **{"AED": "2.00", "COP": "2000", "CZK": "15.00", "DKK": "2.50", "GBP": "0.30", "HKD": "4.00"},
    **{"HUF": "175.00", "JPY": "50", "MXN": "10", "MYR": "2", "NOK": "3.00", "PLN": "2.00"},
    **{"RON": "2.00", "SEK": "3.00", "THB": "10"},
}
# The most: so many digits of its own units.
_DIGITS = {"COP": 10, "IDR": 12, "INR": 9}
_USUAL_DIGITS = 8
# Of these a thousand or more buy what one euro does (2026-11-29).
_SMALL_UNITS = (
    "BIF CDF COP GNF IDR IQD IRR KHR KRW LAK LBP MGA MMK MNT NGN PYG RWF STN SYP TZS UGX UZS"
    " VND YER"
)
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were combined: a bug in the caller."""


class UnknownCurrency(ValueError):
    """Not the code of a currency in the table; codes are written in capitals."""

    def __init__(self, code: str) -> None:
        super().__init__(f"{code!r} is not the code of a currency (ISO 4217, such as EUR)")


class UnpayableCurrency(UnknownCurrency):
    """A currency that the payment provider does not take."""

    def __init__(self, code: str) -> None:
        ValueError.__init__(self, f"{code} cannot be paid: the provider does not take it")


@dataclass(frozen=True, slots=True)
class Currency:
    """`quantum` is the smallest amount that can be written, `step` the smallest that can be paid:
    prices and whatever goes to the provider are multiples of it. `provider_exponent` says what the
    provider's integers count. `least` and `most` bound one payment (a `least` of one step where
    the provider names none)."""

    code: str
    exponent: int
    provider_exponent: int
    quantum: Decimal
    step: Decimal
    least: Decimal
    most: Decimal

    @classmethod
    def of(cls, code: str, exponent: int) -> "Currency":
        at_provider = _PROVIDER_EXPONENTS.get(code, exponent)
        quantum = Decimal(1).scaleb(-exponent)
        step = Decimal("0.010") if exponent == 3 else Decimal(1).scaleb(-min(exponent, at_provider))
        most = Decimal(10 ** _DIGITS.get(code, _USUAL_DIGITS) - 1).scaleb(-at_provider)
        return cls(
            code=code,
            exponent=exponent,
            provider_exponent=at_provider,
            quantum=quantum,
            step=step,
            least=Decimal(_LEAST.get(code, step)).quantize(quantum),
            most=(most // step * step).quantize(quantum),
        )


CURRENCIES = {
    code: Currency.of(code, exponent)
    for exponent, codes in enumerate(
        (_WITHOUT_DECIMALS, "", _WITH_TWO_DECIMALS, _WITH_THREE_DECIMALS)
    )
    for code in codes.split()
}


def get_currency(code: str) -> Currency:
    """Raises UnknownCurrency."""
    if (found := CURRENCIES.get(code)) is None:
        raise UnknownCurrency(code)
    return found


def check_currency(code: str) -> str:
    """The code itself, of a currency that a shop can sell in. Raises UnknownCurrency."""
    if code in _NOT_AT_PROVIDER.split():
        raise UnpayableCurrency(code)
    return get_currency(code).code


def quantum(currency: str) -> Decimal:
    """The smallest amount of a currency: Decimal("0.01") for EUR."""
    return get_currency(currency).quantum


def round_amount(amount: Decimal, currency: str) -> Decimal:
    """Half up to the minor unit, as shop receipts do."""
    return amount.quantize(quantum(currency), rounding=ROUND_HALF_UP)


def round_to(amount: Decimal, unit: Decimal) -> Decimal:
    """Half up to a multiple of the unit."""
    return (amount / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP) * unit


def is_payable(amount: Decimal, currency: str) -> bool:
    """Whether an amount is a multiple of what can be paid, as every price has to be."""
    return not amount % get_currency(currency).step


def demo_price(euros: Decimal, currency: str) -> Decimal:
    """What the demo shop asks in a currency for what costs so many euros: the same figures, and
    whole units a hundred times as many."""
    known = get_currency(currency)
    factor = 100 if known.step == 1 else 1
    return round_to(euros * factor, known.step).quantize(known.quantum)


def highest_price(currency: str) -> Decimal:
    """The most that one piece may cost: seven digits of the currency, and ten where its unit is
    small. The columns of sums have twelve."""
    digits = 10 if currency in _SMALL_UNITS.split() else 7
    known = get_currency(currency)
    steps = (Decimal(10) ** digits - known.step) // known.step
    return (steps * known.step).quantize(known.quantum)


def describe_step(currency: str) -> str:
    """A sentence for whoever typed an amount that is too fine."""
    return f"Amounts in {currency} go in steps of {get_currency(currency).step}."


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount, always a whole number of minor units. `Money(Decimal("19.99"), "EUR")`."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError("Money takes a Decimal amount")
        rounded = round_amount(self.amount, self.currency)
        if rounded != self.amount:
            raise ValueError(f"{self.amount} is finer than a minor unit of {self.currency}")
        # Plus zero: "-0.00" is no amount that anybody should read.
        object.__setattr__(self, "amount", rounded + 0)

    @classmethod
    def rounded(cls, amount: Decimal, currency: str) -> "Money":
        return cls(round_amount(amount, currency), currency)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        return cls(Decimal(0), currency)

    @classmethod
    def from_json(cls, value: Any) -> "Money":
        """Reads {"amount": "19.99", "currency": "EUR"}."""
        return cls(Decimal(value["amount"]), str(value["currency"]))

    @classmethod
    def sum(cls, amounts: Iterable["Money"], currency: str) -> "Money":
        return sum(amounts, cls.zero(currency))

    def to_json(self) -> dict[str, str]:
        return {"amount": str(self.amount), "currency": self.currency}

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, factor: int) -> "Money":
        return Money(self.amount * factor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount < other.amount

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        sign = "-" if self.amount < 0 else ""
        symbol = _SYMBOLS.get(self.currency, f"{self.currency} ")
        return f"{sign}{symbol}{abs(self.amount):,}"

"""Exact amounts of one currency: decimals outside, minor units where an integer is asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

# ISO 4217 minor-unit exponents that differ from two.
_EXPONENTS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "KWD": 3, "BHD": 3, "TND": 3}
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were combined: a bug in the caller."""


@lru_cache(maxsize=64)
def quantum(currency: str) -> Decimal:
    """The smallest amount of a currency: Decimal("0.01") for EUR."""
    return Decimal(1).scaleb(-_EXPONENTS.get(currency, 2))


def round_amount(amount: Decimal, currency: str) -> Decimal:
    """Half up to the minor unit, as shop receipts do."""
    return amount.quantize(quantum(currency), rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount, always a whole number of minor units. `Money(Decimal("19.99"), "EUR")`."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError("Money takes a Decimal amount")
        rounded = self.amount.quantize(quantum(self.currency), rounding=ROUND_HALF_UP)
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
    def from_minor(cls, minor: int, currency: str) -> "Money":
        return cls(Decimal(minor) * quantum(currency), currency)

    @classmethod
    def from_json(cls, value: Any) -> "Money":
        """Reads {"amount": "19.99", "currency": "EUR"}."""
        return cls(Decimal(value["amount"]), str(value["currency"]))

    @classmethod
    def sum(cls, amounts: Iterable["Money"], currency: str) -> "Money":
        return sum(amounts, cls.zero(currency))

    @property
    def minor(self) -> int:
        return int(self.amount / quantum(self.currency))

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

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount <= other.amount

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        sign = "-" if self.amount < 0 else ""
        symbol = _SYMBOLS.get(self.currency, f"{self.currency} ")
        return f"{sign}{symbol}{abs(self.amount):,}"

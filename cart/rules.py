"""Prices of a cart: pure, exact to what can be paid in the currency. Prices include tax; the tax is
told apart."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from shared.money import Currency, round_to

ZERO = Decimal(0)


@dataclass(frozen=True)
class Line:
    """So many units at a price; `tax_class` is standard, reduced or zero."""

    sku: str
    quantity: int
    unit_price: Decimal
    tax_class: str = "standard"

    @property
    def total(self) -> Decimal:
        return self.unit_price * self.quantity


@dataclass(frozen=True)
class Discount:
    """One code: so many per cent or so much off the goods, or up to so much off the shipping."""

    kind: Literal["percent", "amount", "free_shipping"]
    value: Decimal = ZERO


@dataclass(frozen=True)
class Shipping:
    """A way to send; it costs nothing once the goods, after the discount, reach `free_over`."""

    price: Decimal
    free_over: Decimal | None = None


@dataclass(frozen=True)
class Price:
    """total = subtotal - discount + shipping. `tax` is contained in total."""

    subtotal: Decimal
    discount: Decimal
    shipping: Decimal
    tax: Decimal
    total: Decimal


def price_cart(
    lines: Sequence[Line],
    discount: Discount | None,
    shipping: Shipping | None,
    rates: Mapping[str, Decimal],
    currency: Currency,
) -> Price:
    """The price of a cart. `rates` maps a tax class to per cent; shipping is taxed at standard.
    The order of the lines makes no difference, and nothing is ever negative. What is to be paid
    is in steps of the currency; the tax, which is only told, in its smallest units."""
    subtotal = sum((line.total for line in lines), ZERO)
    off = discount_on(subtotal, discount, currency.step)
    sending = round_to(_shipping(subtotal - off, discount, shipping), currency.step)
    taxable = _by_tax_class(lines, off, currency.quantum)
    taxable["standard"] += sending
    taxes = (
        contained_tax(amount, rates.get(name, ZERO), currency.quantum)
        for name, amount in taxable.items()
    )
    tax = sum(taxes, ZERO)
    return Price(subtotal, off, sending, tax, subtotal - off + sending)


def discount_on(subtotal: Decimal, discount: Discount | None, step: Decimal) -> Decimal:
    """What the code takes off goods of that price: never more than they cost."""
    if discount is None or discount.kind == "free_shipping":
        return ZERO
    off = subtotal * discount.value / 100 if discount.kind == "percent" else discount.value
    return min(subtotal, round_to(off, step))


def contained_tax(gross: Decimal, rate: Decimal, quantum: Decimal) -> Decimal:
    """The tax in a price that includes it."""
    return round_to(gross * rate / (100 + rate), quantum)


def _shipping(goods: Decimal, discount: Discount | None, shipping: Shipping | None) -> Decimal:
    if shipping is None or (shipping.free_over is not None and goods >= shipping.free_over):
        return ZERO
    if discount is not None and discount.kind == "free_shipping":
        return max(ZERO, shipping.price - discount.value)
    return shipping.price


def _by_tax_class(lines: Iterable[Line], off: Decimal, quantum: Decimal) -> dict[str, Decimal]:
    """The price of the goods of each tax class, each less its share of the discount."""
    gross: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        gross[line.tax_class] += line.total
    shares = spread(off, gross, quantum)
    net: dict[str, Decimal] = defaultdict(lambda: ZERO)
    net.update({name: amount - shares[name] for name, amount in gross.items()})
    return net


def spread(amount: Decimal, weights: Mapping[str, Decimal], quantum: Decimal) -> dict[str, Decimal]:
    """Parts of an amount in proportion to the weights, in whole quanta that sum to it: those left
    over by rounding down go to the largest remainders, then by name."""
    total = sum(weights.values(), ZERO)
    if not total:
        return dict.fromkeys(weights, ZERO)
    exact = {name: amount * weight / total for name, weight in weights.items()}
    parts = {name: (x // quantum) * quantum for name, x in exact.items()}
    left = int((amount - sum(parts.values(), ZERO)) / quantum)
    by_remainder = sorted(weights, key=lambda name: (parts[name] - exact[name], name))
    for name in by_remainder[:left]:
        parts[name] += quantum
    return parts

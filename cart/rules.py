"""Prices of a cart: pure, exact to what can be paid in the currency. Prices include tax; the tax is
told apart. And when a code may be used."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from shared.contracts.parts import Totals
from shared.errors import Conflict
from shared.money import Currency, Money, round_to

ZERO = Decimal(0)


class CouponRefused(Conflict):
    code = "coupon_refused"
    title = "The code cannot be used"


class CouponUnknown(CouponRefused):
    code = "coupon_unknown"
    title = "There is no such code"


class CouponExpired(CouponRefused):
    code = "coupon_expired"
    title = "The code is not valid now"


class CouponMinimum(CouponRefused):
    code = "coupon_minimum"
    title = "The cart is too small for this code"


class CouponUsedUp(CouponRefused):
    code = "coupon_used_up"
    title = "The code was used as often as it may be"


class CouponTerms(Protocol):
    """When a code may be used, how often, and from what price of the goods on."""

    active: bool
    starts_at: datetime | None
    ends_at: datetime | None
    max_uses: int | None
    used: int
    minimum: Decimal


def check_coupon(coupon: CouponTerms, subtotal: Money, now: datetime) -> None:
    """Raises the CouponRefused that says why not."""
    if not coupon.active:
        raise CouponUnknown()
    if (coupon.starts_at and now < coupon.starts_at) or (coupon.ends_at and now >= coupon.ends_at):
        raise CouponExpired()
    if coupon.max_uses is not None and coupon.used >= coupon.max_uses:
        raise CouponUsedUp()
    if subtotal.amount < coupon.minimum:
        minimum = Money(coupon.minimum, subtotal.currency)
        raise CouponMinimum(f"The code is for carts from {minimum}")


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


def price_cart(
    goods: Mapping[str, Decimal],
    discount: Discount | None,
    shipping: Shipping | None,
    rates: Mapping[str, Decimal],
    currency: Currency,
) -> Totals:
    """The price of a cart. `goods` maps a tax class (standard, reduced or zero) to what the goods
    of it cost, and `rates` to per cent; shipping is taxed at standard. Nothing is ever negative.
    What is to be paid is in steps of the currency; the tax, which is only told, in its smallest
    units."""
    subtotal = sum(goods.values(), ZERO)
    off = discount_on(subtotal, discount, currency.step)
    sending = round_to(_shipping(subtotal - off, discount, shipping), currency.step)
    taxable = _take_off(goods, off, currency.quantum)
    taxable["standard"] += sending
    taxes = (
        contained_tax(amount, rates.get(name, ZERO), currency.quantum)
        for name, amount in taxable.items()
    )
    return Totals(
        subtotal=Money(subtotal, currency.code),
        discount=Money(off, currency.code),
        shipping=Money(sending, currency.code),
        tax=Money(sum(taxes, ZERO), currency.code),
        total=Money(subtotal - off + sending, currency.code),
    )


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


def _take_off(goods: Mapping[str, Decimal], off: Decimal, quantum: Decimal) -> dict[str, Decimal]:
    """The price of the goods of each tax class, each less its share of the discount."""
    shares = spread(off, goods, quantum)
    net = {name: amount - shares[name] for name, amount in goods.items()}
    return defaultdict(lambda: ZERO, net)


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

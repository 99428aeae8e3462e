"""What comes back, and what of its price is still to be given back."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal

from shared.contracts.parts import Quantity
from shared.errors import Conflict, InvalidInput
from shared.money import round_to


class TooManyReturned(Conflict):
    code = "too_many_returned"
    title = "More than was bought cannot be returned"


def check_return(
    bought: Mapping[str, int],
    earlier: Iterable[Iterable[Mapping[str, object]]],
    lines: Iterable[Quantity],
) -> None:
    """Raises TooManyReturned when earlier returns and this one exceed what was bought."""
    counts: Counter[str] = Counter()
    for line in lines:
        if line.quantity <= 0:
            raise InvalidInput(lines=["A quantity is at least 1"])
        counts[line.sku] += line.quantity
    if not counts:
        raise InvalidInput(lines=["Name what comes back"])
    for one in earlier:
        for returned in one:
            counts[str(returned["sku"])] += int(str(returned["quantity"]))
    for sku, count in counts.items():
        if count > bought.get(sku, 0):
            raise TooManyReturned(f"{count} of {sku} were named, {bought.get(sku, 0)} bought")


def value_of_return(
    subtotal: Decimal,
    discount: Decimal,
    prices: Mapping[str, Decimal],
    earlier: Iterable[Quantity],
    lines: Iterable[Quantity],
    step: Decimal,
) -> Decimal:
    """What the lines cost, less their share of the order's discount, in steps of what can be
    paid: the value of all that is back by now less that of what was back `earlier`, so that
    however a return is split its parts sum to the same. Shipping is not given back."""
    before = sum((prices[line.sku] * line.quantity for line in earlier), Decimal(0))
    gross = sum((prices[line.sku] * line.quantity for line in lines), Decimal(0))
    if not subtotal:
        return Decimal(0)
    share = round_to(discount * (before + gross) / subtotal, step)
    return gross - (share - round_to(discount * before / subtotal, step))


def price_due(value: Decimal, *, goods: Decimal, gone: Decimal, paid: Decimal) -> Decimal:
    """What of the value of returned goods is still to be given back. All that is `gone`, for
    whatever reason, counts against the price of all goods first and then against the shipping."""
    return max(Decimal(0), min(value, min(goods, paid) - gone))

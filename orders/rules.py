"""Pure rules of returns."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from shared.contracts.parts import Quantity
from shared.errors import Conflict, InvalidInput

CENT = Decimal("0.01")


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
    subtotal: Decimal, discount: Decimal, prices: Mapping[str, Decimal], lines: Iterable[Quantity]
) -> Decimal:
    """What the lines cost, less their share of the order's discount. Shipping is not given back."""
    gross = sum((prices[line.sku] * line.quantity for line in lines), Decimal(0))
    if not subtotal:
        return Decimal(0)
    share = (discount * gross / subtotal).quantize(CENT, rounding=ROUND_HALF_UP)
    return gross - share

"""Pure rules of stock."""

from collections import Counter
from collections.abc import Iterable

from shared.contracts.parts import Quantity


def merge_quantities(lines: Iterable[Quantity]) -> list[Quantity]:
    """One entry a SKU, in SKU order: rows are always locked in that order, so that two orders
    with the same SKUs can never wait for each other in a circle."""
    totals: Counter[str] = Counter()
    for line in lines:
        totals[line.sku] += line.quantity
    return [Quantity(sku=sku, quantity=totals[sku]) for sku in sorted(totals)]

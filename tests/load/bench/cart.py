"""Putting something into a cart: answered 2xx, and on the disk by then."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.load.bench import commits, references, wrk
from tests.load.bench.readings import Bench, Reading, Round, Target
from tests.load.bench.shoppers import ITEMS
from tests.load.bench.stage import open_shop

INSERT = "one INSERT and COMMIT in the same stack"
SHOPPERS = 8


@contextmanager
def prepared(bench: Bench) -> Iterator[Round]:
    shop = open_shop(bench)
    body = f'{{"sku": "{shop.thing.sku}", "quantity": 1}}'
    with commits.table(bench, "cart"), references.django(bench, "cart", "stacked") as bare:

        def measure() -> Iterator[Reading]:
            limit = wrk.run(bare, wrk.Load("/rows/", SHOPPERS, None, "POST"), bench.seconds).rate
            # Everybody's first addition makes the cart; without a token each one is a first.
            load = wrk.Load(ITEMS, SHOPPERS, None, "POST", body)
            found = wrk.run(bench.url, load, bench.seconds)
            limits, targets = {INSERT: limit}, (Target(0.4, INSERT),)
            yield Reading("add to cart", found.rate, limits=limits, targets=targets)
            yield Reading("add to cart: p99", found.p99, "ms")

        yield measure

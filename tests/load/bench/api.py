"""The catalogue's API: a list and one product, kept by the gateway and not."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx

from tests.load.bench import references, wrk
from tests.load.bench.readings import Bench, Reading, Round, Target
from tests.load.bench.shoppers import PRODUCTS
from tests.load.bench.stage import open_shop

STATIC, BARE = "static file", "bare DRF view"


@contextmanager
def prepared(bench: Bench) -> Iterator[Round]:
    addresses = {"list": PRODUCTS, "detail": f"{PRODUCTS}{open_shop(bench).thing.slug}/"}
    files = {
        f"{name}.json": httpx.get(bench.url + path).raise_for_status().content
        for name, path in addresses.items()
    }
    with ExitStack() as stack:
        static = stack.enter_context(references.nginx(bench, files))
        bare = stack.enter_context(references.django(bench, "catalog", "bare", files))

        def measure() -> Iterator[Reading]:
            for name, path in addresses.items():
                yield from _measure(bench, static, bare, name, path)

        yield measure


def _measure(bench: Bench, static: str, bare: str, name: str, path: str) -> Iterator[Reading]:
    def pace(base: str, path: str) -> float:
        return wrk.run(base, wrk.Load(path), bench.seconds).rate

    kept = {STATIC: pace(static, f"/{name}.json")}
    targets = (Target(0.4, STATIC),)
    yield Reading(f"API {name}, cached", pace(bench.url, path), limits=kept, targets=targets)
    made = {BARE: pace(bare, f"/data/{name}.json")}
    found = pace(bench.web("catalog"), path)
    targets = (Target(0.35, BARE),)
    yield Reading(f"API {name}, not in the cache", found, limits=made, targets=targets)

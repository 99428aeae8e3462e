"""Pages through the gateway: for strangers, for a shopper with a cart, and when nothing is kept."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx

from tests.load.bench import references, wrk
from tests.load.bench.queries import count_queries
from tests.load.bench.readings import Bench, Reading, Round, Target
from tests.load.bench.shoppers import Shop
from tests.load.bench.stage import open_shop

STATIC, COMPOSED, BARE = "static file", "static shell, cached fragments", "bare Django view"
CONNECTIONS = (8, 32)
FACETS = "/catalog/?in_stock=1&min_price=1&max_price=500"


def _addresses(shop: Shop) -> dict[str, str]:
    return {
        "product page": f"/catalog/products/{shop.thing.slug}/",
        "listing": "/catalog/",
        "front page": "/",
    }


@contextmanager
def prepared(bench: Bench) -> Iterator[Round]:
    shop = open_shop(bench)
    addresses, cookie = _addresses(shop), {"Cookie": shop.cookies()}
    files = _files(bench, addresses, cookie)
    with ExitStack() as stack:
        static = stack.enter_context(references.nginx(bench, files))
        plain = {name.replace("/", "-"): content for name, content in files.items()}
        bare = stack.enter_context(references.django(bench, "catalog", "bare", plain))

        def measure() -> Iterator[Reading]:
            for name, path in addresses.items():
                yield from _anonymous(bench, static, name, path)
                yield from _signed_in(bench, bare, name, path, cookie)
            yield from _missed(bench, bare, "product page", addresses["product page"])
            yield from _missed(bench, bare, "listing with facets", FACETS)

        yield measure


def _files(bench: Bench, addresses: dict[str, str], cookie: dict[str, str]) -> dict[str, bytes]:
    """Whole pages, shells and personal pages as they are served now: what references serve."""
    listed = {**addresses, "listing with facets": FACETS}
    files = {}
    for name, path in listed.items():
        file = f"{name.replace(' ', '-')}.html"
        files[f"pages/{file}"] = httpx.get(bench.url + path).raise_for_status().content
        shell = httpx.get(bench.web("catalog") + path).raise_for_status().content
        files[f"shells/{file}"] = shell
        mine = httpx.get(bench.url + path, headers=cookie, timeout=30).raise_for_status()
        files[f"mine/{file}"] = mine.content
    return files


def _anonymous(bench: Bench, static: str, name: str, path: str) -> Iterator[Reading]:
    file = f"{name.replace(' ', '-')}.html"
    for connections in CONNECTIONS:

        def pace(base: str, path: str, connections: int = connections) -> float:
            return wrk.run(base, wrk.Load(path, connections), bench.seconds).rate

        targets = [Target(0.4, STATIC)]
        if connections == 32 and name == "product page":
            targets.append(Target(14_800))
        limits = {
            STATIC: pace(static, f"/pages/{file}"),
            COMPOSED: pace(static, f"/shells/{file}"),
        }
        found = pace(bench.url, path)
        label = f"{name}, stranger, {connections} connections"
        yield Reading(label, found, limits=limits, targets=tuple(targets))


def _signed_in(
    bench: Bench, bare: str, name: str, path: str, cookie: dict[str, str]
) -> Iterator[Reading]:
    file = f"/bytes/mine-{name.replace(' ', '-')}.html"
    limit = wrk.run(bare, wrk.Load(file), bench.seconds).rate
    found = wrk.run(bench.url, wrk.Load(path, headers=cookie), bench.seconds).rate
    label = f"{name}, signed in with a cart"
    target = Target(0.4, BARE)
    yield Reading(f"{label}, 8 connections", found, limits={BARE: limit}, targets=(target,))
    changed = {"Cookie": f"{cookie['Cookie']}; souk_cache_epoch={{n}}"}
    anew = wrk.run(bench.url, wrk.Load(path, headers=changed), bench.seconds).rate
    yield Reading(f"{label}, each time after a change", anew, limits={BARE: limit})


def _missed(bench: Bench, bare: str, name: str, path: str) -> Iterator[Reading]:
    """Asked of the service itself, as the gateway does when it has no copy, or only an old one."""
    file = f"/bytes/shells-{name.replace(' ', '-')}.html"
    limit = wrk.run(bare, wrk.Load(file), bench.seconds).rate
    found = wrk.run(bench.web("catalog"), wrk.Load(path), bench.seconds).rate
    label = f"{name}, not in the cache"
    yield Reading(label, found, limits={BARE: limit}, targets=(Target(0.25, BARE),))
    asked = count_queries(bench, "catalog", path)
    yield Reading(f"{label}: queries", asked, "", targets=(Target(6, at_most=True),))

"""The same questions to catalogues of growing size, each in a database of its own."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import httpx
import psycopg2

from compose.local import environment, postgres
from compose.local.progress import step
from tests.load.bench import references
from tests.load.bench.orders import percentile
from tests.load.bench.readings import Bench, Reading, Round, Target

SQL = Path(__file__).with_name("catalogue.sql")
SMALL, LARGE = 1_000, 1_000_000
SIZES = (SMALL, 100_000, LARGE)
QUICK_SIZES = (SMALL, 20_000)
TWICE = Target(2, of=f"{SMALL:,} products", at_most=True)
IMPORTED = 200
FORGET = """
DELETE FROM catalog_variant USING catalog_product AS product
WHERE product_id = product.id AND product.slug LIKE 'imported-%';
DELETE FROM catalog_product WHERE slug LIKE 'imported-%';
DELETE FROM events_outbox;
"""

# Words in one product of ten and in one of a hundred thousand, beginnings, two words, slips.
SEARCHES = ("silk", "lamp", "soft lamp", "silk scarf", "lan", "bakame", "oak tab", "b-77-1", "lapm")
FILTERS = (
    "/catalog/?category=lamps",
    "/catalog/?brand=maker-3&in_stock=1",
    "/catalog/?attr.Size=M&attr.Colour=Red",
    "/catalog/?attr.Colour=Blue&min_price=20&max_price=60",
    "/catalog/categories/kitchen/?rating_min=4&in_stock=1",
    "/catalog/search/?q=silk&attr.Colour=Green&category=home",
)
LISTS = (
    "/catalog/",
    "/catalog/?page=40",
    "/catalog/categories/lamps/",
    "/catalog/categories/kitchen/?page=3",
    "/catalog/?ordering=price",
    "/catalog/?ordering=rating",
    "/catalog/?ordering=title&page=2",
)
KINDS: dict[str, Sequence[str]] = {
    "search": [f"/catalog/search/?q={text.replace(' ', '+')}" for text in SEARCHES],
    "facets": FILTERS,
    "listing": LISTS,
}


@contextmanager
def prepared(bench: Bench) -> Iterator[Round]:
    sizes = QUICK_SIZES if bench.is_quick else SIZES
    with ExitStack() as stack:
        urls = {size: _grown(bench, size) for size in sizes}
        webs = {
            size: stack.enter_context(
                references.web(bench, "catalog", variables={"SOUK_DATABASE_URL": url})
            )
            for size, url in urls.items()
        }

        def measure() -> Iterator[Reading]:
            for kind, paths in KINDS.items():
                yield from _compare(kind, {size: _p95(bench, webs[size], paths) for size in sizes})
            for size, url in urls.items():
                yield Reading(f"import into {size:,} products", _import_rate(bench, url), " rows/s")

        yield measure


def _compare(kind: str, found: dict[int, float]) -> Iterator[Reading]:
    for size, p95 in found.items():
        grown = size != SMALL
        limits = {f"{SMALL:,} products": found[SMALL]} if grown else {}
        targets = (TWICE,) if size == max(found) else ()
        yield Reading(f"{kind}, {size:,} products: p95", p95, "ms", limits, targets)


def _p95(bench: Bench, base: str, paths: Sequence[str]) -> float:
    """One request after another: what one shopper waits for, without queueing."""
    dice = Random(7)
    asked = [dice.choice(paths) for _ in range(len(paths) * (3 if bench.is_quick else 12))]
    with httpx.Client(base_url=base, timeout=120, headers={"Host": "127.0.0.1"}) as http:
        for path in paths:
            http.get(path).raise_for_status()
        return percentile([_milliseconds(http, path) for path in asked], 95)


def _milliseconds(http: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    http.get(path).raise_for_status()
    return 1000 * (time.perf_counter() - began)


def _grown(bench: Bench, size: int) -> str:
    """The URL of a migrated database with so many products; made when it is not there."""
    own = postgres.url(bench.state, "catalog")
    name = f"growth_{size}"
    url = urlsplit(own)._replace(path=f"/{name}").geturl()
    _create(own, name)
    _manage(bench, url, "migrate", "--verbosity=0")
    with step(f"a catalogue of {size:,} products"):
        _fill(url, size)
    return url


def _create(own: str, name: str) -> None:
    link = psycopg2.connect(own)
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not cursor.fetchone():
            cursor.execute(f"CREATE DATABASE {name}")
    link.close()


def _fill(url: str, size: int) -> None:
    link = psycopg2.connect(url)
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM catalog_product)")
        if not cursor.fetchone()[0]:
            cursor.execute("SET work_mem = '64MB'")
            cursor.execute(SQL.read_text().replace("%(products)s", str(size)))
            cursor.execute("VACUUM ANALYZE")
    link.close()


def _import_rate(bench: Bench, url: str) -> float:
    """Products of a Shopify file a second, each with two rows, each committed with its facts."""
    file = bench.layout.run / "import.csv"
    file.write_text("\n".join(_shopify(time.time_ns())))
    began = time.perf_counter()
    _manage(bench, url, "import_products", str(file))
    seconds = time.perf_counter() - began
    _forget_imports(url)
    return 2 * IMPORTED / seconds


def _forget_imports(url: str) -> None:
    """So that the next run finds the same catalogue."""
    with psycopg2.connect(url) as link, link.cursor() as cursor:
        cursor.execute(FORGET)
    link.close()


def _shopify(serial: int) -> Iterator[str]:
    yield "Handle,Title,Body (HTML),Vendor,Published,Option1 Name,Option1 Value,Variant Price"
    for number in range(IMPORTED):
        handle = f"imported-{serial}-{number}"
        yield f"{handle},Imported {number},<p>Soft silk</p>,Maker 3,true,Size,S,{number + 1}.00"
        yield f"{handle},,,,,,M,{number + 2}.00"


def _manage(bench: Bench, url: str, *arguments: str) -> None:
    command = [str(bench.layout.python), "-m", "catalog.manage", *arguments]
    variables = environment.of_process(bench.layout, "catalog") | {"SOUK_DATABASE_URL": url}
    subprocess.run(
        command, cwd=bench.layout.root, env=variables, check=True, stdout=subprocess.DEVNULL
    )

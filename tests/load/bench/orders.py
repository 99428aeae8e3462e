"""From the click on "order" to a paid order, through cart, orders, inventory and payments."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import quantiles
from typing import Any
from uuid import uuid4

import psycopg2

from compose.local import postgres
from tests.load.bench import commits
from tests.load.bench.readings import Bench, Reading, Round, Target
from tests.load.bench.shoppers import Shop
from tests.load.bench.stage import open_shop
from tests.load.buying import ADDRESS, CHECKOUT, GOOD_CARD

COMMITS = "the sum of its commits by pgbench"
CROWDS = (1, 4, 16)
BUSY = 16
PATIENCE = 60.0
# Fewer transactions that write in a second are those of clocks.
QUIET = 5
# How often a status is looked at: finely to time an order, coarsely to count many.
LOOK_SECONDS, COUNTING_LOOK_SECONDS = 0.004, 0.05


class Watcher(threading.Thread):
    """Sees when orders get a status by looking into their table, so that waiting shoppers ask
    nothing of the processes under measurement."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(daemon=True)
        self._link = psycopg2.connect(postgres.url(bench.state, "orders"))
        self._link.autocommit = True
        self._awaited: dict[str, tuple[str, threading.Event]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self.look_seconds = LOOK_SECONDS

    def run(self) -> None:
        with self._link, self._link.cursor() as cursor:
            while not self._stopping.wait(self.look_seconds):
                self._look(cursor)
        self._link.close()

    def _look(self, cursor: Any) -> None:
        with self._lock:
            wanted = dict(self._awaited)
        if not wanted:
            return
        query = "SELECT id::text, status FROM orders_order WHERE id = ANY(%s::uuid[])"
        cursor.execute(query, [list(wanted)])
        for order_id, status in cursor.fetchall():
            if wanted[order_id][0] == status:
                wanted[order_id][1].set()

    def wait(self, order_id: str, status: str) -> None:
        there = threading.Event()
        with self._lock:
            self._awaited[order_id] = (status, there)
        if not there.wait(PATIENCE):
            raise TimeoutError(f"order {order_id} is not {status} after {PATIENCE:.0f} s")
        with self._lock:
            del self._awaited[order_id]

    def stop(self) -> None:
        self._stopping.set()
        self.join()


@dataclass(frozen=True)
class Times:
    """Milliseconds from the click to the answer, until it can be paid, and until it is paid."""

    answered: float
    payable: float
    paid: float


class Shopper:
    """A guest who orders one thing after another."""

    def __init__(self, bench: Bench, sku: str, watcher: Watcher) -> None:
        self._shop = Shop(bench, {})
        self._sku, self._watcher = sku, watcher

    def buy(self) -> Times:
        cart = self._shop.guest_cart(self._sku)
        body = {
            "email": "bench@souk.example",
            "shipping_address": ADDRESS,
            "shipping_method": "standard",
        }
        headers = {"X-Cart-Token": cart, "Idempotency-Key": uuid4().hex}
        clicked = time.perf_counter()
        order = self._shop.json("POST", CHECKOUT, body, headers)
        answered = time.perf_counter()
        self._watcher.wait(order["order_id"], "awaiting_payment")
        payable = time.perf_counter()
        self._pay(order)
        self._watcher.wait(order["order_id"], "paid")
        moments = (answered, payable, time.perf_counter())
        return Times(*(1000 * (moment - clicked) for moment in moments))

    def _pay(self, order: dict[str, str]) -> None:
        path = f"/payments/api/v1/payments/{order['order_id']}/confirm/"
        token = {"X-Order-Token": order["access_token"]}
        while True:
            answer = self._shop.http.post(path, json={"payment_method": GOOD_CARD}, headers=token)
            early = answer.status_code == 404 or "payment_not_ready" in answer.text
            if not early:
                answer.raise_for_status()
                return


@contextmanager
def prepared(bench: Bench) -> Iterator[Round]:
    sku = open_shop(bench).thing.sku
    watcher = Watcher(bench)
    watcher.start()
    crowd = [Shopper(bench, sku, watcher) for _ in range(BUSY)]
    try:
        with commits.table(bench, "orders"):
            cost = _commits_an_order(bench, crowd[0])

            def measure() -> Iterator[Reading]:
                yield Reading("commits an order, all services", cost, "")
                for size in CROWDS:
                    yield from _latencies(bench, crowd[:size], cost)
                watcher.look_seconds = COUNTING_LOOK_SECONDS
                yield _sustained(bench, crowd, cost)
                watcher.look_seconds = LOOK_SECONDS

            yield measure
    finally:
        watcher.stop()


def _commits_an_order(bench: Bench, shopper: Shopper) -> float:
    count = 3 if bench.is_quick else 20
    shopper.buy()
    before = commits.written(bench)
    for _ in range(count):
        shopper.buy()
    _wait_until_quiet(bench)
    return (commits.written(bench) - before) / count


def _wait_until_quiet(bench: Bench) -> None:
    """Facts about paid orders are still being handled, half a minute long after a crowd: their
    commits belong to the orders, and their work is not the next shopper's. Clocks write a little
    for ever."""
    before, ends = commits.written(bench), time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        time.sleep(1.0)
        now = commits.written(bench)
        if now - before < QUIET:
            return
        before = now


def _latencies(bench: Bench, crowd: Sequence[Shopper], cost: float) -> Iterator[Reading]:
    each = 3 if bench.is_quick else max(8, 48 // len(crowd))
    _wait_until_quiet(bench)
    times = _buy_at_once(crowd, each)
    limit = cost * 1000 * len(crowd) / commits.pgbench(bench, "orders", len(crowd))
    who = "1 shopper" if len(crowd) == 1 else f"{len(crowd)} shoppers"
    alone = len(crowd) == 1
    for name, found in (
        ("answered", [t.answered for t in times]),
        ("awaiting payment", [t.payable for t in times]),
        ("paid", [t.paid for t in times]),
    ):
        for share, bound in ((50, 350), (99, 1200)):
            aimed = alone and name == "paid"
            targets = (Target(bound, at_most=True),) if aimed else ()
            limits = {COMMITS: limit} if name == "paid" else {}
            label = f"checkout to {name}, {who}: p{share}"
            yield Reading(label, percentile(found, share), "ms", limits, targets)


def _buy_at_once(crowd: Sequence[Shopper], each: int) -> list[Times]:
    def buy_several(shopper: Shopper) -> list[Times]:
        return [shopper.buy() for _ in range(each)]

    with ThreadPoolExecutor(len(crowd)) as pool:
        return [times for several in pool.map(buy_several, crowd) for times in several]


def _sustained(bench: Bench, crowd: Sequence[Shopper], cost: float) -> Reading:
    seconds = 5.0 if bench.is_quick else 60.0
    end = time.perf_counter() + seconds

    def buy_until(shopper: Shopper) -> int:
        count = 0
        while time.perf_counter() < end:
            shopper.buy()
            count += time.perf_counter() < end
        return count

    with ThreadPoolExecutor(len(crowd)) as pool:
        paid = sum(pool.map(buy_until, crowd))
    limits = {COMMITS: commits.pgbench(bench, "orders", len(crowd)) / cost}
    label = f"orders paid, {len(crowd)} shoppers for {seconds:.0f} s"
    return Reading(label, paid / seconds, limits=limits, targets=(Target(25),))


def percentile(values: Sequence[float], share: int) -> float:
    if len(values) < 2:
        return values[0]
    return quantiles(values, n=100, method="inclusive")[share - 1]

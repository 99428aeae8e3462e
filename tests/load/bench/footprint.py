"""What the shop occupies, and how long it takes to be open."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from compose.local import memory
from compose.local.platform import Platform
from tests.load.bench import wrk
from tests.load.bench.orders import BUSY, Shopper, Watcher
from tests.load.bench.readings import Bench, Reading, Round, Target
from tests.load.bench.stage import open_shop

MEGABYTE = 1024 * 1024
IDLE_LIMIT, BOOT_LIMIT = 2200, 25


@contextmanager
def prepared(bench: Bench) -> Iterator[Round]:
    platform = Platform(bench.layout, bench.state)

    def measure() -> Iterator[Reading]:
        platform.down()
        began = time.perf_counter()
        platform.up()
        seconds = time.perf_counter() - began
        targets = (Target(BOOT_LIMIT, at_most=True),)
        yield Reading("second up, until all is healthy", seconds, "s", targets=targets)
        yield from _occupied(platform, "idle", (Target(IDLE_LIMIT, at_most=True),))
        _busy(bench)
        yield from _occupied(platform, "after load", ())

    yield measure


def _busy(bench: Bench) -> None:
    """Pages and purchases at once."""
    shop, watcher = open_shop(bench), Watcher(bench)
    watcher.start()
    shoppers = [Shopper(bench, shop.thing.sku, watcher) for _ in range(BUSY // 2)]
    threads = [threading.Thread(target=shopper.buy) for shopper in shoppers]
    for thread in threads:
        thread.start()
    wrk.run(bench.url, wrk.Load("/catalog/?page={n}", 16), bench.seconds)
    for thread in threads:
        thread.join()
    watcher.stop()


def _occupied(platform: Platform, when: str, targets: tuple[Target, ...]) -> Iterator[Reading]:
    known = memory.parents()
    statuses = platform.supervisor.statuses()
    total = memory.occupied(memory.tree(platform.supervisor.pid(), known)) / MEGABYTE
    yield Reading(f"memory of everything, {when}", total, "MB", targets=targets)
    for program in platform.programs():
        status = statuses.get(program.name)
        if status and status.is_up:
            size = memory.occupied(memory.tree(status.pid, known)) / MEGABYTE
            yield Reading(f"memory of {program.name}, {when}", size, "MB")

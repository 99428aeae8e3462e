"""The bench's own copy of the shop."""

from collections.abc import Iterator
from contextlib import contextmanager

from compose.local import accounts, packages
from compose.local.layout import Layout
from compose.local.platform import Platform
from compose.local.state import locked
from tests.load.bench.readings import Bench
from tests.load.bench.shoppers import Shop


@contextmanager
def opened(layout: Layout, *, is_quick: bool, keep: bool) -> Iterator[Bench]:
    """The shop is stopped afterwards unless it is to be kept."""
    with locked(layout) as state:
        packages.ensure((*packages.PLATFORM, packages.WRK), layout.log("packages"))
        platform = Platform(layout, state)
        try:
            platform.up()
            yield Bench(layout, state, is_quick)
        finally:
            if not keep:
                platform.down()


def open_shop(bench: Bench) -> Shop:
    return Shop(bench, accounts.by_role())

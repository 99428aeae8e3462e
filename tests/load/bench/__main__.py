"""`./manage_all.sh bench`: what Souk does a second, beside the limits of the same machine.

Every round measures every figure and its limits right after each other. The tables are in
docs/benchmarks.md; the shop is a copy of its own, so a running one is not touched, but it should
be the only thing that the machine does.
"""

import argparse
import sys
from collections.abc import Sequence

from compose.local.layout import find_layout
from compose.local.progress import say, step
from tests.load.bench import api, cart, events, footprint, growth, orders, pages, report
from tests.load.bench.readings import Bench, Figure, Topic
from tests.load.bench.stage import opened

TOPICS: dict[str, Topic] = {
    "pages": pages.prepared,
    "api": api.prepared,
    "cart": cart.prepared,
    "orders": orders.prepared,
    "events": events.prepared,
    "memory": footprint.prepared,
    "growth": growth.prepared,
}
ROUNDS = 5


def main() -> int:
    options = _options()
    layout = find_layout()
    rounds = 1 if options.quick else options.rounds
    folder = layout.run / "benchmarks" if options.quick or options.only else layout.root / "docs"
    figures = report.read(folder) if options.resume else []
    done = {figure.topic for figure in figures}
    names = [name for name in options.only or TOPICS if name not in done]
    with opened(layout, is_quick=options.quick, keep=options.keep) as bench:
        for name in names:
            figures += _measure(bench, name, rounds)
            # What is measured is kept, whatever becomes of the rest.
            report.write(figures, folder, rounds)
    say("\n" + report.as_text(figures))
    say(f"\nWritten to {folder}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./manage_all.sh bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="one short round, only to try it")
    parser.add_argument("--only", nargs="+", choices=list(TOPICS), metavar="NAME", help=_listed())
    parser.add_argument("--resume", action="store_true", help="measure the topics not yet written")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--keep", action="store_true", help="leave the shop running afterwards")
    return parser.parse_args()


def _listed() -> str:
    return f"some of {', '.join(TOPICS)}; writes into the run directory instead of docs/"


def _measure(bench: Bench, topic: str, rounds: int) -> Sequence[Figure]:
    figures: dict[str, Figure] = {}
    with TOPICS[topic](bench) as measure:
        for number in range(1, rounds + 1):
            with step(f"{topic}, round {number} of {rounds}"):
                for reading in measure():
                    known = Figure(topic, reading.name, reading.unit, reading.targets)
                    figures.setdefault(reading.name, known).add(reading)
    return list(figures.values())


if __name__ == "__main__":
    sys.exit(main())

"""`./manage_all.sh prove`: the exit status is the verdict."""

import argparse
import os
import random
import sys
from collections.abc import Sequence

from compose.local.layout import Layout, find_layout
from compose.local.progress import say
from shared.money import check_currency
from tests.resilience import schedule, verdict
from tests.resilience.proof import FULL, QUICK, prove


def of_currency(layout: Layout, currency: str) -> Layout:
    """A shop has one currency, from its first price on: each has a run directory of its own."""
    os.environ["SOUK_CURRENCY"] = currency
    if currency == "EUR":
        return layout
    own = Layout(layout.root, layout.run / currency.lower() / layout.run.name)
    os.environ["SOUK_RUN_DIR"] = str(own.run)
    return own


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./manage_all.sh prove", description=__doc__)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true", help="under four minutes (the default)")
    length.add_argument("--full", action="store_true", help="twenty minutes, forty faults and more")
    parser.add_argument("--seed", type=int, default=None, help="repeats a run's faults and whims")
    parser.add_argument(
        "--currency", type=check_currency, default=None, help="instead of the seed's: EUR, JPY, ..."
    )
    parser.add_argument("--keep", action="store_true", help="leave the shop running to look at it")
    return parser.parse_args(arguments)


def main() -> int:
    options = read_options()
    seed = random.randrange(10_000) if options.seed is None else options.seed
    chosen = options.currency or os.environ.get("SOUK_CURRENCY")
    currency = chosen or schedule.currency_of(seed)
    layout = of_currency(find_layout(), currency)
    report = prove(layout, FULL if options.full else QUICK, seed, keep=options.keep)
    say(f"\nVerdict (seed {seed}, {currency})")
    for line in verdict.as_text(report):
        say(line)
    for name in ("seconds until quiet", "requests", "recovery"):
        say(f"  {name}: {report.facts[name]}")
    held = sum(line.holds for line in report.lines)
    say(f"\n{'HOLDS' if report.holds else 'BROKEN'}: {held} of {len(report.lines)} lines hold")
    say(f"The whole report: {layout.run / 'verdict.json'}")
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main())

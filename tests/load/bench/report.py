"""The figures as text, as docs/benchmarks.md with its plots, and as JSON with every round."""

import json
import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

from compose.local import packages
from tests.load.bench import plots
from tests.load.bench.readings import Figure

TITLES = {
    "pages": "Pages",
    "api": "API",
    "cart": "Cart",
    "orders": "Orders",
    "events": "Facts",
    "memory": "Memory and boot",
    "growth": "A growing catalogue",
}
LIBRARIES = ("django", "djangorestframework", "gunicorn", "celery", "kombu", "psycopg2-binary")
PROGRAMS = (("postgres", "--version"), ("nginx", "-v"), ("redis-server", "--version"))
HEAD = """\
# Benchmarks

Made by `./manage_all.sh bench`, which writes this page anew: change nothing here by hand.
Each figure is the median of {rounds} round{s}. A *limit* is what the same machine gave in the same
round when nothing but the thing itself was done: a file served, a row committed, a message
passed. A share is the median of the rounds' shares. All rounds: [benchmarks.json](benchmarks.json).

To repeat it, on a machine that does nothing else:

    ./manage_all.sh bench
    ./manage_all.sh bench --only pages cart     # some of it; --quick tries it out in a minute
    ./manage_all.sh bench --resume              # what a run that was stopped did not come to

| machine | |
| --- | --- |
"""


def as_text(figures: Sequence[Figure]) -> str:
    lines = []
    for figure in figures:
        shares = "  ".join(f"{told} of {name}" for name, told in _shares(figure))
        aims = f"  [{_aims(figure)}: {_verdict(figure)}]" if figure.targets else ""
        lines.append(
            f"  {figure.name:<58} {_value(figure.median, figure.unit):>12}  {shares}{aims}"
        )
    return "\n".join(line.rstrip() for line in lines)


def read(folder: Path) -> list[Figure]:
    """What was written there before, if anything."""
    file = folder / "benchmarks.json"
    told = json.loads(file.read_text()) if file.exists() else {"figures": []}
    return [Figure.from_json(figure) for figure in told["figures"]]


def write(figures: Sequence[Figure], folder: Path, rounds: int) -> None:
    """benchmarks.json, benchmarks.md and benchmarks/*.svg."""
    folder.mkdir(parents=True, exist_ok=True)
    machine = _machine()
    told = {"machine": machine, "rounds": rounds, "figures": [f.as_json() for f in figures]}
    text = json.dumps(told, indent=1, ensure_ascii=False)
    (folder / "benchmarks.json").write_text(text + "\n")
    drawn = plots.draw(figures, folder / "benchmarks")
    (folder / "benchmarks.md").write_text("".join(_page(figures, machine, rounds, drawn)))


def _page(
    figures: Sequence[Figure], machine: dict[str, str], rounds: int, drawn: dict[str, str]
) -> Iterator[str]:
    yield HEAD.format(rounds=rounds, s="" if rounds == 1 else "s")
    yield from (f"| {name} | {text} |\n" for name, text in machine.items())
    for topic, listed in groupby(figures, key=lambda figure: figure.topic):
        yield f"\n## {TITLES[topic]}\n\n"
        if topic in drawn:
            yield f"![{TITLES[topic]}](benchmarks/{drawn[topic]})\n\n"
        yield "| figure | found | limit in the same round | share | target | |\n"
        yield "| --- | ---: | --- | ---: | --- | --- |\n"
        yield from map(_row, listed)


def _row(figure: Figure) -> str:
    limits = "<br>".join(
        f"{_value(median(values), figure.unit)} {name}" for name, values in figure.limits.items()
    )
    shares = "<br>".join(told for _, told in _shares(figure))
    cells = (figure.name, _value(figure.median, figure.unit), limits, shares)
    return f"| {' | '.join(cells)} | {_aims(figure)} | {_verdict(figure)} |\n"


def _shares(figure: Figure) -> list[tuple[str, str]]:
    shares = ((name, figure.share(name)) for name in figure.limits)
    return [(name, f"{share:.0%}" if share < 2 else f"{share:.1f} x") for name, share in shares]


def _aims(figure: Figure) -> str:
    return ", ".join(map(str, figure.targets))


def _verdict(figure: Figure) -> str:
    return {True: "met", False: "not met", None: ""}[figure.is_met]


def _value(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
    return number + (f" {unit}" if unit and unit[0].isalpha() else unit)


def _machine() -> dict[str, str]:
    told = {
        "measured": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": f"{os.cpu_count()} cores, {_first('/proc/cpuinfo', 'model name')}",
        "memory": f"{int(_first('/proc/meminfo', 'MemTotal').split()[0]) / 1024**2:.0f} GB",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "servers": "; ".join(_say(program, option) for program, option in PROGRAMS),
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    }
    return {**told, "load before it began": f"{os.getloadavg()[2]:.1f} (15 minutes)"}


def _first(path: str, name: str) -> str:
    """The value in a file of /proc; "0" where there is none."""
    file = Path(path)
    lines = file.read_text().splitlines() if file.exists() else []
    found = (line.partition(":")[2].strip() for line in lines if line.startswith(name))
    return next(found, "0")


def _say(program: str, option: str) -> str:
    ran: Any = subprocess.run([packages.find(program), option], capture_output=True, text=True)
    words: str = (ran.stdout or ran.stderr).strip().splitlines()[0]
    return words.partition(" malloc=")[0]

"""Facts: how soon one is handled, and how many a second one worker handles."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from compose.local import environment
from tests.load.bench.readings import Bench, Reading, Round, Target

RAW = "kombu: confirmed publish, then consume"


@contextmanager
def prepared(bench: Bench) -> Iterator[Round]:
    def measure() -> Iterator[Reading]:
        yield from _latency(bench)
        told = _throughput(bench)
        name = "events through outbox, broker and inbox, one worker"
        targets = (Target(0.6, RAW),)
        yield Reading(name, told["souk"], limits={RAW: told["kombu"]}, targets=targets)

    yield measure


def _run(bench: Bench, *command: str) -> str:
    variables = {
        **environment.inherited(bench.layout),
        "SOUK_RUN_DIR": str(bench.layout.run),
    }
    ran = subprocess.run(
        [str(bench.layout.python), *command],
        cwd=bench.layout.root,
        env=variables,
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
    )
    return ran.stdout


def _latency(bench: Bench) -> Iterator[Reading]:
    told = _run(bench, "tests/load/event_latency.py", "--count", "50" if bench.is_quick else "300")
    for share, value in re.findall(r"p(50|99) ([\d.]+)", told):
        targets = (Target(12, at_most=True),) if share == "50" else ()
        name = f"event, commit to handled: p{share}"
        yield Reading(name, float(value), "ms", targets=targets)


def _throughput(bench: Bench) -> dict[str, Any]:
    count = "500" if bench.is_quick else "4000"
    told: dict[str, Any] = json.loads(_run(bench, "-m", "tests.load.bench.event_throughput", count))
    return told

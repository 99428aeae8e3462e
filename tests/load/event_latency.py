"""How long a fact takes from its publisher's commit until its consumer's effect is committed.

python tests/load/event_latency.py [--count 500] [--pause 0.02]

Needs the test servers (SOUK_RUN_DIR=.run/test python -m compose.local servers up). Starts a worker
of the probe service on a database of its own. The number is the worker's own (`latency_ms` of its
log), which counts from just before the publisher's commit. Do not run it beside the suite `shared`:
both use the queue `probe`.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import psycopg2

ROOT = Path(__file__).resolve().parents[2]
sys.path[0] = str(ROOT)
MANAGE = [sys.executable, "-m", "shared.testing.probe.manage"]
WARM_UP = 50


def read_environment() -> dict[str, str]:
    run = (ROOT / os.environ.get("SOUK_RUN_DIR", ".run/test")).resolve()
    file = next(path for path in (run, run / "test") if (path / "env" / "shared.env").exists())
    lines = (file / "env" / "shared.env").read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {key: value.strip("'\"") for key, value in pairs}


@contextmanager
def own_database(url: str) -> Iterator[str]:
    """The URL of an empty database that is dropped in the end."""
    name = f"latency_{os.getpid()}"
    link = psycopg2.connect(url)
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
            link.close()


@contextmanager
def running_worker(log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [*MANAGE, "run_worker"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=output
        )
        try:
            yield
        finally:
            worker.terminate()
            worker.wait(timeout=30)


def empty_the_queue() -> None:
    from kombu import Connection

    from shared.events.tests.conftest import clean_queues

    with Connection(os.environ["SOUK_BROKER_URL"]) as link:
        link.ensure_connection(max_retries=3)
    clean_queues(os.environ["SOUK_BROKER_URL"])


def publish_ticks(count: int, pause: float) -> None:
    from django.db import transaction

    from shared.events.ids import uuid7
    from shared.events.publishing import publish
    from shared.testing.probe.facts import Ticked

    for _ in range(count):
        with transaction.atomic():
            publish(Ticked(tick_id=uuid7()))
        time.sleep(pause)


def latencies(log: Path, count: int) -> list[float]:
    """Waits until the worker has logged so many handled events."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        lines = (line for line in log.read_text().splitlines() if '"event_handled"' in line)
        found = [float(json.loads(line)["latency_ms"]) for line in lines]
        if len(found) >= count:
            return found
        time.sleep(0.2)
    raise SystemExit(f"Only {len(found)} of {count} events were handled; see {log}")


def measure(count: int, pause: float, log: Path) -> list[float]:
    import django

    django.setup()
    subprocess.run([*MANAGE, "migrate", "--verbosity=0"], cwd=ROOT, check=True)
    empty_the_queue()
    with running_worker(log):
        publish_ticks(WARM_UP, pause)
        latencies(log, WARM_UP)
        publish_ticks(count, pause)
        return latencies(log, WARM_UP + count)[WARM_UP:]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--pause", type=float, default=0.02, help="seconds between two facts")
    options = parser.parse_args()
    environment = read_environment()
    os.environ.update(environment, SOUK_LOG_FORMAT="json", SOUK_LOG_LEVEL="INFO")
    os.environ["DJANGO_SETTINGS_MODULE"] = "shared.testing.probe.settings"
    load = os.getloadavg()[0]
    with own_database(environment["SOUK_DATABASE_URL"]) as url, TemporaryDirectory() as folder:
        os.environ["SOUK_DATABASE_URL"] = url
        found = sorted(measure(options.count, options.pause, Path(folder) / "worker.log"))
    marks = {f"p{share}": found[len(found) * share // 100] for share in (50, 90, 99)}
    told = "  ".join(f"{name} {value:.1f}" for name, value in marks.items())
    sys.stdout.write(f"{len(found)} events, load {load:.1f}, ms: {told}  max {found[-1]:.1f}\n")


if __name__ == "__main__":
    main()

"""Events a second through one worker, and through kombu alone, on the same broker.

SOUK_RUN_DIR=… python -m tests.load.bench.event_throughput 4000    prints {"souk", "kombu"}

The outbox is full before the worker starts; its clock runs from the first effect to the last.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.load.event_latency import (
    MANAGE,
    ROOT,
    empty_the_queue,
    own_database,
    read_environment,
    running_worker,
)

LOOK_SECONDS = 0.02
PATIENCE = 120.0


def through_souk(count: int, log: Path) -> float:
    import django

    django.setup()
    subprocess.run([*MANAGE, "migrate", "--verbosity=0"], cwd=ROOT, check=True)
    empty_the_queue()
    _fill_outbox(count)
    with running_worker(log):
        first, began = _await_effects(1)
        last, ended = _await_effects(count)
    return (last - first) / (ended - began)


def _fill_outbox(count: int) -> None:
    from django.db import transaction

    from shared.events.ids import uuid7
    from shared.events.publishing import publish
    from shared.testing.probe.facts import Ticked

    with transaction.atomic():
        for _ in range(count):
            publish(Ticked(tick_id=uuid7()))


def _await_effects(wanted: int) -> tuple[int, float]:
    from shared.testing.probe.models import Effect

    deadline = time.monotonic() + PATIENCE
    while (found := Effect.objects.count()) < wanted:
        if time.monotonic() > deadline:
            raise SystemExit(f"Only {found} of {wanted} events were handled")
        time.sleep(LOOK_SECONDS)
    return found, time.monotonic()


def through_kombu(count: int) -> float:
    """The same number of messages of the same size, one connection, one process."""
    from kombu import Connection, Exchange, Queue

    exchange = Exchange("bench", "topic", durable=True)
    queue = Queue("bench", exchange, "#", queue_arguments={"x-queue-type": "quorum"})
    options = {"confirm_publish": True}
    with Connection(os.environ["SOUK_BROKER_URL"], transport_options=options) as link:
        bound = queue(link.channel())
        bound.declare()
        bound.purge()
        began = time.monotonic()
        producer = link.Producer()
        for _ in range(count):
            producer.publish(
                {"text": "x" * 500}, exchange=exchange, routing_key="tick", delivery_mode=2
            )
        _consume(link, bound, count)
        seconds = time.monotonic() - began
        bound.delete()
    return count / seconds


def _consume(link: Any, queue: Any, count: int) -> None:
    handled = 0

    def handle(body: Any, message: Any) -> None:
        nonlocal handled
        handled += 1
        message.ack()

    with link.Consumer(queue, callbacks=[handle], prefetch_count=100):
        while handled < count:
            link.drain_events(timeout=10)


def main() -> None:
    count = int(sys.argv[1])
    found = read_environment()
    os.environ.update(found, SOUK_LOG_FORMAT="json", SOUK_LOG_LEVEL="WARNING")
    os.environ["DJANGO_SETTINGS_MODULE"] = "shared.testing.probe.settings"
    with own_database(found["SOUK_DATABASE_URL"]) as url, TemporaryDirectory() as folder:
        os.environ["SOUK_DATABASE_URL"] = url
        rates = {"souk": through_souk(count, Path(folder) / "log"), "kombu": through_kombu(count)}
    sys.stdout.write(json.dumps(rates))


if __name__ == "__main__":
    main()

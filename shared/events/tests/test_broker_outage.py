"""The broker goes away for 20 s while 1,000 facts are published: the field's trouble with workers
that stay connected and consume nothing afterwards (Celery #3201, #10205)."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from django.db import transaction
from kombu import Connection

from compose.local import rabbitmq
from compose.local.layout import ROOT, Layout
from compose.local.programs import Program
from compose.local.state import State
from shared.events.ids import uuid7
from shared.events.models import FailedEvent, OutboxMessage
from shared.events.publishing import publish
from shared.events.tests.conftest import Workers, eventually
from shared.events.topology import service_queue
from shared.testing.probe.facts import Ticked
from shared.testing.probe.models import Effect

OUTAGE_SECONDS = 20.0
FACTS = 1000
# On a busy machine a broker takes long to start and 1,000 facts take long to be handled: what is
# waited for is the end of it, and what would never end is told by the workers' logs.
PATIENCE = 240.0


class PrivateBroker:
    """A RabbitMQ of this test alone, by the launcher's recipe; its data outlive a stop."""

    def __init__(self, folder: Path) -> None:
        layout = Layout(ROOT, folder)
        layout.make()
        state = State(layout.state_file)
        rabbitmq.prepare(layout, state)
        self.url = rabbitmq.url(state)
        self._log = (folder / "broker.log").open("wb")
        self._mapper, self._server = rabbitmq.programs(layout, state)
        self._mapping = self._launch(self._mapper)
        self._serving: subprocess.Popen[bytes] | None = None

    def _launch(self, program: Program) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            program.argv,
            env={**os.environ, **program.env},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    def start(self) -> None:
        eventually(self._mapper.is_ready, within=PATIENCE)
        self._serving = self._launch(self._server)
        eventually(self._server.is_ready, within=PATIENCE)

    def stop(self) -> None:
        if self._serving is not None:
            self._serving.terminate()
            self._serving.wait(timeout=PATIENCE)
            self._serving = None

    def remove(self) -> None:
        self.stop()
        self._mapping.terminate()
        self._mapping.wait(timeout=10)
        self._log.close()


@pytest.fixture
def broker(tmp_path):
    private = PrivateBroker(tmp_path / "broker")
    try:
        private.start()
        yield private
    finally:
        private.remove()


@pytest.fixture
def pool(tmp_path, transactional_db):
    workers = Workers(tmp_path)
    yield workers
    workers.kill_all()


def publish_ticks(count):
    with transaction.atomic():
        for _ in range(count):
            publish(Ticked(tick_id=uuid7()))


def consumers(broker):
    with Connection(broker.url) as link:
        declared = service_queue("probe")(link.channel()).queue_declare(passive=True)
        return declared.consumer_count


def handled_by(log):
    return log.read_bytes().count(b"event_handled")


def test_every_worker_consumes_again_and_each_fact_takes_effect_once(broker, pool, tmp_path):
    processes = [pool.start(broker=broker.url) for _ in range(2)]
    logs = [tmp_path / f"worker-{number}.log" for number in range(2)]
    eventually(lambda: consumers(broker) == 2, within=PATIENCE)
    publish_ticks(200)

    broker.stop()
    began, before = time.monotonic(), Effect.objects.count()
    for batch in range(1, 101):
        publish_ticks(FACTS // 100)
        time.sleep(max(0.0, began + OUTAGE_SECONDS * batch / 100 - time.monotonic()))
    assert Effect.objects.count() == before
    assert OutboxMessage.objects.count() >= FACTS
    handled = [handled_by(log) for log in logs]
    broker.start()

    eventually(lambda: Effect.objects.count() >= 200 + FACTS, within=PATIENCE)
    eventually(lambda: not OutboxMessage.objects.exists(), within=PATIENCE)
    eventually(lambda: consumers(broker) == 2, within=PATIENCE)
    publish_ticks(100)
    eventually(lambda: Effect.objects.count() >= 300 + FACTS, within=PATIENCE)

    assert Effect.objects.values("tick_id").distinct().count() == 300 + FACTS
    assert Effect.objects.count() == 300 + FACTS
    assert not FailedEvent.objects.exists()
    assert [process.poll() for process in processes] == [None, None]
    assert all(handled_by(log) > count for log, count in zip(logs, handled, strict=True))

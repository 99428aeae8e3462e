"""Real workers of the probe service, on the test's own database and a broker of one's choice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection, transaction
from kombu import Connection

from shared.events.ids import uuid7
from shared.events.publishing import publish
from shared.events.relay import Waiting
from shared.events.topology import dead_letter_queue, service_queue
from shared.testing.probe.facts import Ticked
from shared.testing.probe.models import Effect

T = TypeVar("T")


def eventually(look: Callable[[], T], *, within: float = 120.0) -> T:
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"still {found!r} after {within:.0f} s"
        time.sleep(0.05)


def tick(behaviour: str = "ok", tick_id: UUID | None = None) -> UUID:
    """Publishes one tick and commits."""
    tick_id = tick_id or uuid7()
    with transaction.atomic():
        publish(Ticked(tick_id=tick_id, behaviour=behaviour))
    return tick_id


def waiting() -> list[Waiting]:
    """What the outbox holds, as the relay reads it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, event_id, exchange, routing_key, task, envelope::text"
            " FROM events_outbox ORDER BY id"
        )
        return [Waiting._make(row) for row in cursor.fetchall()]


def effects(tick_id: UUID) -> int:
    return Effect.objects.filter(tick_id=tick_id).count()


def database_url() -> str:
    params = connection.get_connection_params()
    return (
        f"postgres://{params['user']}:{params['password']}"
        f"@{params['host']}:{params['port']}/{params['dbname']}"
    )


class Workers:
    """Starts worker processes; kills what is left at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, broker: str = "", **variables: str) -> subprocess.Popen[bytes]:
        """A worker that has begun to consume."""
        heartbeat = self._folder / f"heartbeat-{len(self._running)}"
        log = (self._folder / f"worker-{len(self._running)}.log").open("wb")
        worker = subprocess.Popen(
            [sys.executable, "-m", "shared.testing.probe.manage", "run_worker"],
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "shared.testing.probe.settings",
                "SOUK_DATABASE_URL": database_url(),
                "SOUK_BROKER_URL": broker or settings.BROKER_URL,
                "SOUK_WORKER_HEARTBEAT": str(heartbeat),
                "SOUK_LOG_LEVEL": "INFO",
                **variables,
            },
            stdout=log,
            stderr=log,
        )
        self._running.append(worker)
        eventually(lambda: heartbeat.exists() or worker.poll() is not None)
        assert worker.poll() is None, (self._folder / log.name).read_text()
        return worker

    def logs(self) -> str:
        return "".join(log.read_text() for log in self._folder.glob("worker-*.log"))

    def kill_all(self) -> None:
        for worker in self._running:
            if worker.poll() is None:
                worker.send_signal(signal.SIGKILL)
            worker.wait()
        self._running.clear()


def clean_queues(broker: str) -> None:
    with Connection(broker) as link:
        channel = link.channel()
        spare = dead_letter_queue("probe", spare=True)
        for queue in (service_queue("probe"), dead_letter_queue("probe"), spare):
            queue(channel).delete()


@pytest.fixture
def workers(tmp_path: Path, transactional_db: None) -> Iterator[Workers]:
    clean_queues(settings.BROKER_URL)
    pool = Workers(tmp_path)
    yield pool
    pool.kill_all()


@pytest.fixture
def queue_length() -> Callable[[str], int]:
    """Messages that are ready in a queue."""

    def count(name: str) -> int:
        with Connection(settings.BROKER_URL) as link:
            declared: Any = link.channel().queue_declare(name, passive=True)
            return int(declared.message_count)

    return count

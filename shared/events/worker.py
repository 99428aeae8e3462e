"""The worker process: Celery's consumer, the relay, the watchdog and, in one replica, the clock."""

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import structlog
from amqp import NotFound
from celery import Celery, beat, bootsteps
from celery.worker import state as requests
from celery.worker.consumer import Consumer as CeleryConsumer
from django.conf import settings
from prometheus_client import start_http_server
from vine import promise

from shared.events.app import app
from shared.events.relay import BROKER_ERRORS, Relay
from shared.events.topology import declare_topology, service_queue

log = structlog.get_logger(__name__)

EXIT_NOT_CONSUMING = 70


class Consumer(CeleryConsumer):
    """Sends what is no task message of ours to the dead-letter queue, where it is seen. Celery's
    own consumer acknowledges some of it, which loses it, and dies of the rest.

    `received` counts messages, so that the watchdog sees whether any come."""

    received = 0
    RECONNECT_SECONDS = 2

    def ensure_connected(self, conn: Any) -> Any:
        """Asks for the broker at an even pace. Celery's pauses grow to half a minute, for which a
        worker would stay away from a broker that is back."""
        pause = self.RECONNECT_SECONDS
        conn.ensure_connection(
            lambda error, interval: log.warning("broker_away", error=str(error)),
            interval_start=pause,
            interval_step=0,
            interval_max=pause,
            callback=requests.maybe_shutdown,
        )
        return super().ensure_connected(conn)

    def create_task_handler(self, promise: Any = promise) -> Any:
        receive = super().create_task_handler(promise)

        def receive_readable(message: Any) -> None:
            Consumer.received += 1
            if is_readable(message):
                receive(message)
            else:
                log.error("message_unreadable", headers=repr(message.headers)[:500])
                message.reject()

        return receive_readable

    def on_send_event_buffered(self) -> None:  # type: ignore[override]
        """What happens to tasks is told once a second (see `EventFlush`). Celery tells each step of
        each task at once and waits until the broker has confirmed it."""


def is_readable(message: Any) -> bool:
    """True for a message of Celery's protocol 2."""
    try:
        arguments, keywords, embedded = message.payload
        names = [message.headers["task"], message.headers["id"]]
    except Exception:
        return False
    return (
        isinstance(arguments, list)
        and isinstance(keywords, dict)
        and isinstance(embedded, dict)
        and all(isinstance(name, str) for name in names)
    )


class Topology(bootsteps.StartStopStep):
    """Declares the bindings on every (re)connection, before consuming."""

    requires = ("celery.worker.consumer.connection:Connection",)

    def start(self, consumer: Any) -> None:
        with consumer.app.connection_for_write() as connection:
            declare_topology(connection)


class EventFlush(bootsteps.StartStopStep):
    """Sends what operators' tools are told about tasks, all of a second together, from the thread
    that reads the connection: Celery's threads send themselves once 24 wait, which garbles it."""

    SECONDS = 1.0
    requires = ("celery.worker.consumer.events:Events",)

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, **kwargs)
        self._timer: Any = None

    def start(self, consumer: Any) -> None:
        consumer.event_dispatcher.buffer_limit = sys.maxsize
        self._timer = consumer.timer.call_repeatedly(self.SECONDS, consumer._flush_events)

    def stop(self, consumer: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class BackgroundThreads(bootsteps.StartStopStep):
    """Relay and watchdog live and die with the worker."""

    def __init__(self, worker: Any, **kwargs: Any) -> None:
        super().__init__(worker, **kwargs)
        self._threads: list[Relay | Watchdog] = []

    def start(self, worker: Any) -> None:
        self._threads = [Relay(worker.app), Watchdog(worker.app)]
        for thread in self._threads:
            thread.start()

    def stop(self, worker: Any) -> None:
        for thread in self._threads:
            thread.stop()


class Beat(bootsteps.StartStopStep):
    """Celery beat as a thread. Its schedule is in the code, so it keeps no file."""

    def __init__(self, worker: Any, **kwargs: Any) -> None:
        super().__init__(worker, **kwargs)
        self._service: Any = None

    def start(self, worker: Any) -> None:
        self._service = beat.EmbeddedService(
            worker.app, max_interval=1, thread=True, scheduler_cls="celery.beat:Scheduler"
        )
        self._service.start()

    def stop(self, worker: Any) -> None:
        if self._service is not None:
            self._service.stop()


class Watchdog(threading.Thread):
    """A worker can be alive and consume nothing. While this one does its part, the heartbeat file
    is touched; when for long it has not although the broker answers, the process ends and its
    supervisor starts it anew.

    It does not do its part when the broker counts no consumer on the queue, or (a deaf worker
    beside healthy ones) when messages wait there, it has none in hand, and none comes."""

    INTERVAL_SECONDS = 3.0
    FIRST_INTERVAL_SECONDS = 0.3
    PATIENCE_SECONDS = 45.0

    def __init__(self, celery_app: Celery) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._app = celery_app
        self._stopping = threading.Event()
        self._file = os.environ.get("SOUK_WORKER_HEARTBEAT", "")
        self._received = 0

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        interval = self.FIRST_INTERVAL_SECONDS
        consumed_at = time.monotonic()
        while not self._stopping.wait(interval):
            consuming = self._is_consuming()
            if consuming is not False:
                consumed_at = time.monotonic()
            if consuming:
                interval = self.INTERVAL_SECONDS
                self._beat()
            elif time.monotonic() - consumed_at > self.PATIENCE_SECONDS:
                log.critical("worker_not_consuming", service=settings.SERVICE)
                os._exit(EXIT_NOT_CONSUMING)

    def _beat(self) -> None:
        if self._file:
            Path(self._file).touch()

    def _is_consuming(self) -> bool | None:
        """None while the broker cannot be asked."""
        try:
            consumers, waiting = self._look_at_queue()
        except NotFound:
            return False
        except BROKER_ERRORS:
            return None
        received, self._received = self._received, Consumer.received
        is_deaf = waiting > 0 and received == Consumer.received and not requests.reserved_requests
        return consumers > 0 and not is_deaf

    def _look_at_queue(self) -> tuple[int, int]:
        with self._app.connection_for_read() as connection:
            connection.ensure_connection(max_retries=0, timeout=3)
            queue = service_queue(settings.SERVICE)(connection.channel())
            declared: Any = queue.queue_declare(passive=True)
            return int(declared.consumer_count), int(declared.message_count)


def run_worker(*, clock: bool, concurrency: int, hostname: str) -> None:
    """Serves until a signal, then raises SystemExit. SOUK_METRICS_PORT, when set, exports the
    worker's metrics. Celery's command line would load Flower and all else that is a plugin."""
    port = int(os.environ.get("SOUK_METRICS_PORT", "0"))
    if port:
        start_http_server(port, addr="127.0.0.1")
    app.steps["consumer"].update((Topology, EventFlush))
    app.steps["worker"].add(BackgroundThreads)
    if clock:
        app.steps["worker"].add(Beat)
    worker = app.Worker(
        hostname=hostname,
        pool_cls="threads",
        concurrency=concurrency,
        without_mingle=True,
        without_gossip=True,
        loglevel="INFO",
    )
    worker.start()
    sys.exit(worker.exitcode)

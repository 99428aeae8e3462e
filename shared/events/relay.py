"""The relay: takes messages from the outbox to the broker, in order, and deletes what it confirmed.

Several relays of one service may run: each locks the rows that it sends (SKIP LOCKED). A relay
that dies between the broker's confirmation and its own commit sends those rows again; the
consumers' inbox drops them.
"""

import json
import select
import threading
from collections.abc import Sequence
from contextlib import closing
from typing import Any, NamedTuple
from uuid import UUID

import amqp
import psycopg2
import structlog
from celery import Celery
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from kombu import Connection
from kombu.exceptions import OperationalError as BrokerError

from shared.events.topology import declare_topology

BATCH = 100
# NOTIFY wakes the relay at once; this is only for a notification that got lost.
POLL_SECONDS = 1.0
CONFIRM_SECONDS = 15.0
log = structlog.get_logger(__name__)

# A deletion that a crash of the server undoes is a message sent twice, so it need not wait for the
# disk. RETURNING promises no order. The ids are found first, once.
TAKE = """
SET LOCAL synchronous_commit TO off;
DELETE FROM events_outbox
WHERE id = ANY(ARRAY(SELECT id FROM events_outbox ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED))
RETURNING id, event_id, exchange, routing_key, task, envelope::text
"""

BROKER_ERRORS = (OSError, amqp.AMQPError, BrokerError)


class Waiting(NamedTuple):
    """A row of the outbox. `envelope` is its JSON text."""

    id: int
    event_id: UUID
    exchange: str
    routing_key: str
    task: str
    envelope: str


class ConfirmingPublisher:
    """Publishes a batch and waits once for the broker to confirm all of it: an order of magnitude
    quicker than waiting for each message."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._connection: Connection | None = None
        self._channel: Any = None
        self._unconfirmed: set[int] = set()
        self._published = 0
        self._refused = False

    def publish(self, messages: Sequence[Waiting]) -> None:
        """Raises one of BROKER_ERRORS when not every message was confirmed."""
        try:
            channel = self._open()
            for message in messages:
                channel.basic_publish(self._encode(message), message.exchange, message.routing_key)
                self._published += 1
                self._unconfirmed.add(self._published)
            self._await_confirms()
        except BROKER_ERRORS:
            self.close()
            raise

    def _open(self) -> Any:
        if self._channel is not None and self._channel.is_open:
            return self._channel
        self.close()
        self._connection = self._app.connection_for_write(
            heartbeat=0, transport_options={"confirm_publish": False}
        )
        self._connection.ensure_connection(max_retries=1, timeout=5)
        declare_topology(self._connection)
        self._channel = self._connection.channel()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._on_ack)
        self._channel.events["basic_nack"].add(self._on_nack)
        self._published, self._unconfirmed, self._refused = 0, set(), False
        return self._channel

    def _on_ack(self, delivery_tag: int, multiple: bool) -> None:
        if multiple:
            self._unconfirmed = {tag for tag in self._unconfirmed if tag > delivery_tag}
        else:
            self._unconfirmed.discard(delivery_tag)

    def _on_nack(self, delivery_tag: int, multiple: bool) -> None:
        self._refused = True

    def _await_confirms(self) -> None:
        assert self._connection is not None
        while self._unconfirmed and not self._refused:
            self._connection.drain_events(timeout=CONFIRM_SECONDS)
        if self._refused:
            raise BrokerError("the broker refused a message")

    def _encode(self, message: Waiting) -> amqp.Message:
        # Celery's own `repr` of the arguments would take longer than all the rest, and show
        # personal data to whoever looks at the tasks.
        task = self._app.amqp.as_task_v2(
            str(message.event_id), message.task, (), {}, argsrepr="", kwargsrepr=""
        )
        *_, embedded = task.body
        return amqp.Message(
            f'[[], {{"envelope": {message.envelope}}}, {json.dumps(embedded)}]',
            content_type="application/json",
            content_encoding="utf-8",
            application_headers=task.headers,
            delivery_mode=2,
            correlation_id=str(message.event_id),
        )

    def close(self) -> None:
        if self._connection is not None:
            try:
                self._connection.release()
            except BROKER_ERRORS as error:
                log.info("relay_connection_lost", error=str(error))
        self._connection = self._channel = None


def relay_batch(publisher: ConfirmingPublisher) -> int:
    """Sends up to BATCH messages; how many. They are gone from the outbox if the broker confirmed
    them, and free for the next relay if not, or if this process dies."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [BATCH])
            messages = sorted(map(Waiting._make, cursor.fetchall()))
        if messages:
            publisher.publish(messages)
    return len(messages)


class Relay(threading.Thread):
    """Runs `relay_batch` whenever there is something to send, until stopped."""

    def __init__(self, app: Celery) -> None:
        super().__init__(name="relay", daemon=True)
        self._publisher = ConfirmingPublisher(app)
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()
        self.join(timeout=5)

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._serve()
            except (*BROKER_ERRORS, DatabaseError, InterfaceError, psycopg2.Error) as error:
                log.warning("relay_interrupted", error=f"{type(error).__name__}: {error}")
                connection.close()
                self._stopping.wait(0.5)
        self._publisher.close()
        connection.close()

    def _serve(self) -> None:
        with closing(listen()) as listener:
            while not self._stopping.is_set():
                if relay_batch(self._publisher) < BATCH:
                    wait_for_notification(listener)


def listen() -> Any:
    """A connection that hears of new rows in the outbox. Hearing takes a session, so it goes around
    a pooler where there is one."""
    direct = settings.DATABASE_DIRECT_URL
    raw = psycopg2.connect(**{"dsn": direct} if direct else connection.get_connection_params())
    raw.autocommit = True
    with raw.cursor() as cursor:
        cursor.execute("LISTEN souk_outbox")
    return raw


def wait_for_notification(listener: Any) -> None:
    if not listener.notifies:
        select.select([listener], [], [], POLL_SECONDS)
        listener.poll()
    listener.notifies.clear()

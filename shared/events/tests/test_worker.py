"""Real workers, killed where it hurts."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import psycopg2
import pytest
from amqp import AMQPError
from django.conf import settings
from django.db import connection
from django.utils import timezone
from kombu import Connection

from shared.events.app import app
from shared.events.jobs import collect_dead_letters
from shared.events.models import FailedEvent, InboxEntry, OutboxMessage
from shared.events.relay import POLL_SECONDS, ConfirmingPublisher
from shared.events.tests.conftest import database_url, effects, eventually, tick, waiting
from shared.events.topology import service_queue
from shared.events.worker import Watchdog
from shared.testing.probe.models import Effect, Switch
from shared.testing.users import CAROL, OTTO


def test_a_notification_wakes_the_relay(workers):
    workers.start()
    first = tick()
    eventually(lambda: effects(first))
    waits = []
    for _ in range(10):
        began = time.monotonic()
        one = tick()
        eventually(lambda one=one: effects(one))
        waits.append(time.monotonic() - began)

    # Polling alone would take half a poll on average.
    assert sorted(waits)[5] < POLL_SECONDS / 4


PUBLISH_AND_DIE = """
import django; django.setup()
import os, signal
from shared.events.tests.conftest import tick
for _ in range(20):
    tick()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_dead_publisher_committed_is_sent(workers):
    ended = subprocess.run(
        [sys.executable, "-c", PUBLISH_AND_DIE],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "shared.testing.probe.settings",
            "SOUK_DATABASE_URL": database_url(),
        },
    )
    assert ended.returncode == -signal.SIGKILL
    assert OutboxMessage.objects.count() == 20

    workers.start()

    eventually(lambda: Effect.objects.count() == 20)
    eventually(lambda: not OutboxMessage.objects.exists())


def test_a_fact_that_is_sent_three_times_takes_effect_once(workers):
    one = tick()
    publisher = ConfirmingPublisher(app)
    for _ in range(3):
        publisher.publish(waiting())
    publisher.close()

    workers.start()
    last = tick()

    eventually(lambda: effects(last))
    eventually(lambda: not OutboxMessage.objects.exists())
    assert effects(one) == 1


def test_each_task_is_told_of_and_none_is_disturbed(workers):
    """Operators' tools ask for it."""
    workers.start()
    told: list[str] = []
    with Connection(settings.BROKER_URL) as link:
        handlers = {"task-succeeded": lambda event: told.append(event["uuid"])}
        receiver = app.events.Receiver(link, handlers=handlers)
        listening = threading.Thread(target=receiver.capture)
        listening.start()
        assert app.control.broadcast("enable_events", reply=True, limit=1, timeout=10)

        for _ in range(300):
            tick()
        eventually(lambda: len(set(told)) >= 300)

        receiver.should_stop = True
        listening.join()
    assert Effect.objects.count() == 300
    assert "Connection to broker lost" not in workers.logs()


def test_a_worker_that_dies_in_a_handler_loses_and_doubles_nothing(workers):
    worker = workers.start()
    one = tick("die")
    eventually(lambda: worker.poll() is not None)
    assert worker.returncode == -signal.SIGKILL
    assert effects(one) == 0

    workers.start()

    eventually(lambda: effects(one) == 1)
    last = tick()
    eventually(lambda: effects(last))
    assert effects(one) == 1


def test_a_poison_fact_is_kept_while_others_go_on_and_replayed(workers, client_of):
    workers.start()
    poison = tick("poison")
    others = [tick() for _ in range(5)]

    eventually(lambda: all(effects(one) for one in others))
    failed = eventually(lambda: FailedEvent.objects.first())
    assert (failed.handler, failed.attempts, failed.status) == ("probe.ticked", 3, "failed")
    assert "Poisoned" in failed.traceback
    assert effects(poison) == 0

    url = f"/probe/admin/souk_events/failedevent/{failed.pk}/replay/"
    client_of(CAROL).post(url)
    assert effects(poison) == 0
    Switch.objects.create(name="healed")
    client_of(OTTO).post(url)

    failed.refresh_from_db()
    assert (failed.status, effects(poison)) == ("replayed", 1)


def test_a_retry_goes_to_the_failing_services_queue_only(workers, queue_length):
    with Connection(settings.BROKER_URL) as link:
        channel = link.channel()
        channel.queue_declare("probe-sibling", durable=True, auto_delete=False)
        channel.exchange_declare("facts", "topic", durable=True, auto_delete=False)
        channel.queue_bind("probe-sibling", "facts", "probe.ticked")
        try:
            workers.start()
            tick("poison")
            eventually(lambda: FailedEvent.objects.exists())
            assert queue_length("probe-sibling") == 1
        finally:
            channel.queue_delete("probe-sibling")


def test_a_malformed_message_is_kept_at_once(workers):
    workers.start()
    with Connection(settings.BROKER_URL) as link:
        body = [[], {"envelope": {"id": "nonsense"}}, {}]
        link.Producer().publish(
            body,
            exchange="facts",
            routing_key="probe.ticked",
            headers={"task": "probe.ticked", "id": "x", "lang": "py"},
            serializer="json",
        )

    failed = eventually(lambda: FailedEvent.objects.first())
    assert (failed.attempts, "MalformedFact" in failed.error) == (1, True)


def test_what_the_broker_gave_up_on_becomes_a_failed_event(workers, queue_length):
    workers.start()
    workers.kill_all()
    with Connection(settings.BROKER_URL) as link:
        body = [[], {"envelope": {"id": "nonsense"}}, {}]
        link.Producer().publish(
            body,
            exchange="facts",
            routing_key="probe.ticked",
            headers={"task": "probe.ticked"},
            serializer="json",
        )
        queue = service_queue("probe")(link.channel())
        message = eventually(queue.get)
        message.reject()
    eventually(lambda: queue_length("probe.dead") == 1)

    collect_dead_letters()

    assert queue_length("probe.dead") == 0
    assert "DeadLettered" in FailedEvent.objects.get().error


def test_a_tick_of_the_clock_that_came_too_late_is_no_failed_event(workers, queue_length):
    workers.start()
    workers.kill_all()
    app.send_task("job.probe.collect_dead_letters", expires=0.1)
    eventually(lambda: queue_length("probe.dead") == 1)

    collect_dead_letters()

    assert queue_length("probe.dead") == 0
    assert not FailedEvent.objects.exists()


def test_the_heartbeat_says_that_the_worker_consumes(workers, tmp_path):
    workers.start()

    assert (tmp_path / "heartbeat-0").stat().st_mtime <= timezone.now().timestamp()
    assert not InboxEntry.objects.exists()


def test_a_deaf_worker_is_told_from_a_healthy_one_on_the_same_queue(workers):
    workers.start()
    watchdog = Watchdog(app)
    assert watchdog._is_consuming()

    workers.kill_all()
    with Connection(settings.BROKER_URL) as healthy:
        channel = healthy.channel()
        channel.basic_qos(0, 1, False)
        channel.basic_consume(service_queue("probe")(channel).name, callback=lambda message: None)
        for _ in range(2):
            tick()
        publisher = ConfirmingPublisher(app)
        publisher.publish(waiting())
        publisher.close()

        # One message is in the other's hands; one waits, and this process hears nothing.
        eventually(lambda: watchdog._look_at_queue() == (1, 1))
        assert watchdog._is_consuming() is False


def test_an_event_that_the_database_refuses_is_given_up_at_last(workers):
    workers.start()

    tick("refused")

    failed = eventually(FailedEvent.objects.first)
    assert failed.attempts == settings.EVENT_MAX_RETRIES + 1
    assert "statement timeout" in failed.error


@contextmanager
def database_away():
    """Nobody can connect to the test's database; its own connection stays."""
    params = connection.get_connection_params()
    name = params["dbname"]
    beside = psycopg2.connect(**{**params, "dbname": "postgres"})
    beside.autocommit = True
    with beside.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> %s",
                [name, connection.connection.info.backend_pid],
            )
            yield
        finally:
            cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    beside.close()


def test_what_is_postponed_while_the_database_is_away_is_no_failure(workers):
    workers.start()
    connection.ensure_connection()
    with database_away():
        tick("poison")
        publisher = ConfirmingPublisher(app)
        publisher.publish(waiting())
        publisher.close()
        OutboxMessage.objects.all().delete()
        eventually(lambda: workers.logs().count("event_postponed") > settings.EVENT_MAX_RETRIES)
        assert not FailedEvent.objects.exists()

    failed = eventually(FailedEvent.objects.first, within=60)

    assert failed.attempts == settings.EVENT_MAX_RETRIES + 1
    assert workers.logs().count("event_failed") == settings.EVENT_MAX_RETRIES + 1


@pytest.mark.parametrize("signal_number", [signal.SIGTERM])
def test_a_worker_ends_politely(workers, signal_number):
    worker = workers.start()

    worker.send_signal(signal_number)

    assert worker.wait(timeout=20) == 0


def test_a_worker_outlives_the_loss_of_its_database_connections(workers):
    worker = workers.start()
    first = tick()
    eventually(lambda: effects(first))

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert len(cursor.fetchall()) >= 2

    second = tick()
    eventually(lambda: effects(second) == 1)
    assert worker.poll() is None


def test_a_worker_declares_a_deleted_queue_anew(workers):
    workers.start()
    with Connection(settings.BROKER_URL) as link:
        service_queue("probe")(link.channel()).delete()

    eventually(lambda: consumers_of("probe"))
    one = tick()
    eventually(lambda: effects(one) == 1)


def consumers_of(queue):
    try:
        with Connection(settings.BROKER_URL) as link:
            return link.channel().queue_declare(queue, passive=True).consumer_count
    except AMQPError:
        return 0


@pytest.mark.parametrize(
    "body", [b"no json", b'[[], {"envelope": {"id": "nul \\u0000"}}, {}]', b"[]", b'"text"']
)
def test_what_nobody_can_read_is_kept_and_blocks_nothing(workers, queue_length, body):
    workers.start()
    with Connection(settings.BROKER_URL) as link:
        link.Producer().publish(
            body,
            exchange="facts",
            routing_key="probe.ticked",
            headers={"task": "probe.ticked", "id": "x", "lang": "py"},
            content_type="application/json",
            content_encoding="utf-8",
        )
    one = tick()
    eventually(lambda: effects(one) == 1)

    eventually(lambda: queue_length("probe.dead") or FailedEvent.objects.exists())
    collect_dead_letters()
    assert FailedEvent.objects.count() == 1
    assert queue_length("probe.dead") == 0

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import connection
from kombu import Connection, Exchange, Queue

from shared.events.app import app
from shared.events.models import OutboxMessage
from shared.events.relay import BATCH, BROKER_ERRORS, ConfirmingPublisher, relay_batch
from shared.events.tests.conftest import clean_queues, tick

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def queue():
    """A second service's."""
    clean_queues(settings.BROKER_URL)
    with Connection(settings.BROKER_URL) as link:
        channel = link.channel()
        queue = Queue(
            "probe-listener",
            exchange=Exchange("facts", type="topic", durable=True),
            routing_key="probe.ticked",
            auto_delete=True,
        )(channel)
        queue.declare()
        yield queue
        queue.delete()


@pytest.fixture
def listener(queue):
    """The ids of the facts that arrived in the queue, in order."""

    def arrived():
        ids = []
        while (message := queue.get(no_ack=True)) is not None:
            ids.append(message.payload[1]["envelope"]["payload"]["tick_id"])
        return ids

    return arrived


def test_messages_go_out_in_order_and_leave_the_outbox(listener):
    ticks = [str(tick()) for _ in range(250)]
    publisher = ConfirmingPublisher(app)

    sent = [relay_batch(publisher) for _ in range(4)]
    publisher.close()

    assert sent == [BATCH, BATCH, 50, 0]
    assert listener() == ticks
    assert not OutboxMessage.objects.exists()


def test_the_headers_say_nothing_of_what_the_fact_is_about(queue):
    """Tools that watch tasks show headers."""
    tick_id = str(tick())
    publisher = ConfirmingPublisher(app)
    relay_batch(publisher)
    publisher.close()

    message = queue.get(no_ack=True)
    assert tick_id in message.body
    assert tick_id not in repr(message.headers)


def test_two_relays_send_each_message_once(listener):
    ticks = {str(tick()) for _ in range(300)}

    def run(_):
        publisher = ConfirmingPublisher(app)
        try:
            while relay_batch(publisher):
                pass
        finally:
            publisher.close()
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(2)))

    arrived = listener()
    assert len(arrived) == 300
    assert set(arrived) == ticks


def test_without_a_broker_nothing_leaves_the_outbox(monkeypatch):
    tick()
    away = Connection("amqp://nobody:x@127.0.0.1:1//")
    monkeypatch.setattr(app, "connection_for_write", lambda **_: away)

    with pytest.raises(BROKER_ERRORS):
        relay_batch(ConfirmingPublisher(app))

    assert OutboxMessage.objects.count() == 1

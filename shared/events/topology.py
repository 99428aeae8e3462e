"""Exchanges and queues: facts on one topic exchange, one quorum queue and one dead-letter queue
per service. Declared before anybody publishes, so that no fact meets a missing queue."""

from typing import Any

from django.conf import settings
from kombu import Connection, Exchange, Queue

from shared.events.consuming import load_handlers
from shared.events.publishing import FACTS_EXCHANGE, TASKS_EXCHANGE

FACTS = Exchange(FACTS_EXCHANGE, type="topic", durable=True)
# Retries, jobs and the clock address one service here: the routing key is its name.
TASKS = Exchange(TASKS_EXCHANGE, type="topic", durable=True)
DEAD = Exchange("dead", type="topic", durable=True)

DELIVERY_LIMIT = 20


def service_queue(service: str) -> Queue:
    arguments: dict[str, Any] = {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD.name,
        "x-dead-letter-routing-key": service,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    return Queue(service, exchange=TASKS, routing_key=service, queue_arguments=arguments)


def dead_letter_queue(service: str) -> Queue:
    return Queue(
        f"{service}.dead",
        exchange=DEAD,
        routing_key=service,
        queue_arguments={"x-queue-type": "quorum"},
    )


def declare_topology(connection: Connection) -> None:
    """Declares what this service needs and binds its queue to the facts that it consumes."""
    channel: Any = connection.channel()
    FACTS(channel).declare()
    dead_letter_queue(settings.SERVICE)(channel).declare()
    queue = service_queue(settings.SERVICE)(channel)
    queue.declare()
    for name in load_handlers()[0]:
        queue.bind_to(FACTS.name, routing_key=name)
    channel.close()

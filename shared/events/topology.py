"""Exchanges and queues: facts on one topic exchange, one quorum queue and one dead-letter queue
per service. Declared before anybody publishes, so that no fact meets a missing queue."""

from typing import Any

import structlog
from amqp import NotFound, PreconditionFailed
from django.conf import settings
from kombu import Connection, Exchange, Queue

from shared.events.consuming import load_handlers
from shared.events.publishing import FACTS_EXCHANGE, TASKS_EXCHANGE

FACTS = Exchange(FACTS_EXCHANGE, type="topic", durable=True)
# Retries, jobs and the clock address one service here: the routing key is its name.
TASKS = Exchange(TASKS_EXCHANGE, type="topic", durable=True)
DEAD = Exchange("dead", type="topic", durable=True)

# So often a message comes back unanswered (its worker died) before it is a dead letter.
DELIVERY_LIMIT = 20
# A dead letter has nowhere else to go: where the limit is reached the broker drops it. RabbitMQ 4
# gives a quorum queue without a limit one of 20; its -1 for none counts as 0 to RabbitMQ 3.
NO_LIMIT = 2**31 - 1
log = structlog.get_logger(__name__)


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


def dead_letter_queue(service: str, *, spare: bool = False) -> Queue:
    """`spare` stands in for the other while that is made anew."""
    return Queue(
        f"{service}.dead.spare" if spare else f"{service}.dead",
        exchange=DEAD,
        routing_key=service,
        queue_arguments={"x-queue-type": "quorum", "x-delivery-limit": NO_LIMIT},
    )


def declare_topology(connection: Connection) -> None:
    """Declares what this service needs and binds its queue to the facts that it consumes."""
    channel: Any = connection.channel()
    FACTS(channel).declare()
    if not declares(connection, dead_letter_queue(settings.SERVICE)):
        log.warning("dead_letter_queue_outdated", service=settings.SERVICE)
    queue = service_queue(settings.SERVICE)(channel)
    queue.declare()
    for name in load_handlers()[0]:
        queue.bind_to(FACTS.name, routing_key=name)
    channel.close()


def declares(connection: Connection, queue: Queue) -> bool:
    """Declares the queue; False when there is one of that name with other arguments, which the
    broker does not change."""
    channel: Any = connection.channel()
    try:
        queue(channel).declare()
    except PreconditionFailed:
        # The broker has closed the channel.
        return False
    channel.close()
    return True


def exists(connection: Connection, queue: Queue) -> bool:
    channel: Any = connection.channel()
    try:
        queue(channel).queue_declare(passive=True)
    except NotFound:
        return False
    channel.close()
    return True

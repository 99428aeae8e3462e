"""Facts on their way: held back at the broker, and told later, shuffled and some of them twice."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import amqp
from kombu import Connection

from compose.local import rabbitmq
from shared.contracts.reference import consumers, producers
from shared.events.publishing import FACTS_EXCHANGE
from shared.services import SERVICES
from tests.resilience.stage import Stage

TWICE = 0.3


def facts_of(service: str) -> list[str]:
    """Names of the facts that the service consumes."""
    names = {fact.__name__: fact.name for facts in producers().values() for fact in facts}
    return sorted(names[fact] for fact, services in consumers().items() if service in services)


def prepare(stage: Stage) -> None:
    """Declares the queues for what is held back, before anything breaks: a broker that is killed
    forgets the queues and bindings of its last seconds, and with a queue its messages."""
    with _channel(stage) as channel:
        for service in SERVICES:
            channel.queue_declare(
                _tap(service),
                durable=True,
                auto_delete=False,
                arguments={"x-queue-type": "quorum"},
            )


def hold_back(stage: Stage, service: str) -> None:
    """From now on the service's facts go to a queue that nobody reads. Some may go to both."""
    with _channel(stage) as channel:
        for name in facts_of(service):
            channel.queue_bind(_tap(service), FACTS_EXCHANGE, name)
        for name in facts_of(service):
            channel.queue_unbind(service, FACTS_EXCHANGE, name)


def let_go(stage: Stage, service: str, dice: random.Random) -> None:
    """The facts reach the service again, and those that were held back come after newer ones. May
    be repeated; raises what ends when the broker has started and counted."""
    with _channel(stage) as channel:
        tap = _tap(service)
        for name in facts_of(service):
            channel.queue_bind(service, FACTS_EXCHANGE, name)
        for name in facts_of(service):
            channel.queue_unbind(tap, FACTS_EXCHANGE, name)
        held = list(_read(channel, tap))
        for message in shuffled(held, dice):
            copy = amqp.Message(message.body, **message.properties)
            channel.basic_publish(copy, exchange="", routing_key=service)
        for message in held:
            channel.basic_ack(message.delivery_tag)


def let_everything_go(stage: Stage) -> None:
    """Whatever is still held back, for any service."""
    for service in SERVICES:
        let_go(stage, service, random.Random(service))
    left = {name for name, backlog in stage.broker_queues().items() if backlog.messages}
    if taps := left & {_tap(service) for service in SERVICES}:
        raise RuntimeError(f"{', '.join(sorted(taps))}: a reader that broke off still has messages")


def shuffled(held: Sequence[Any], dice: random.Random) -> list[Any]:
    """All of them, and some once more, in an order of their own."""
    told = [*held, *(message for message in held if dice.random() < TWICE)]
    dice.shuffle(told)
    return told


def _tap(service: str) -> str:
    return f"proof.{service}"


def _read(channel: Any, queue: str) -> Iterator[Any]:
    while (message := channel.basic_get(queue)) is not None:
        yield message
    # A broker that has just started may answer "empty" while it counts messages.
    if ready := channel.queue_declare(queue, passive=True).message_count:
        raise RuntimeError(f"{queue}: {ready} messages are not given out yet")


@contextmanager
def _channel(stage: Stage) -> Iterator[Any]:
    """Of a connection of its own; publishing waits for the broker's confirmation."""
    confirming = {"confirm_publish": True}
    url = rabbitmq.url(stage.state)
    with Connection(url, connect_timeout=5, transport_options=confirming) as link:
        yield link.channel()

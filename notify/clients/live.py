"""Live events by Redis pub/sub: workers publish, stream processes follow. Nothing is kept, so what
is missed is missed; pages ask again after every reconnection."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any
from uuid import UUID

import redis
import redis.asyncio
import structlog
from django.conf import settings
from redis.exceptions import RedisError

from shared.errors import DomainError

log = structlog.get_logger(__name__)
TIMEOUT_SECONDS = 1.0


class LiveUnavailable(DomainError):
    code = "live_unavailable"
    status = 503
    title = "Live events cannot be had at the moment"


def order_channel(order_id: UUID) -> str:
    return f"notify:live:order:{order_id}"


def inbox_channel(user_id: UUID) -> str:
    return f"notify:live:inbox:{user_id}"


@cache
def _connection() -> redis.Redis:
    return redis.Redis.from_url(
        settings.CACHES["default"]["LOCATION"],
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
    )


def publish_live(channel: str, event: dict[str, Any]) -> None:
    """Tells the open pages. They poll where this fails, so a failure is only logged."""
    try:
        _connection().publish(channel, json.dumps(event))
    except RedisError as error:
        log.warning("live_event_lost", channel=channel, error=str(error))


@asynccontextmanager
async def follow(channel: str) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """The channel's events from now on. Raises LiveUnavailable at the start; the events simply end
    when Redis goes away."""
    connection = redis.asyncio.Redis.from_url(
        settings.CACHES["default"]["LOCATION"], socket_connect_timeout=TIMEOUT_SECONDS
    )
    pubsub = connection.pubsub()
    try:
        try:
            await pubsub.subscribe(channel)
            await pubsub.get_message(timeout=TIMEOUT_SECONDS)
        except (RedisError, OSError) as error:
            raise LiveUnavailable() from error
        yield _events(pubsub)
    finally:
        await pubsub.aclose()  # type: ignore[no-untyped-call]
        await connection.aclose()


async def _events(pubsub: Any) -> AsyncIterator[dict[str, Any]]:
    try:
        async for message in pubsub.listen():
            if message["type"] == "message":
                yield json.loads(message["data"])
    except (RedisError, OSError) as error:
        log.warning("live_events_ended", error=str(error))

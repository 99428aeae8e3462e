"""GET /notify/api/v1/stream/: server-sent events, served by an ASGI process.

?order=<id>[&token=<capability>]  event "order": {"type", "order_id", "status"}
?topic=inbox                      event "inbox": {"type", "unread"}

The first event tells the present state, so nothing that happened before the subscription is
missed. A stream ends after half an hour, when Redis goes away and when the process stops; browsers
come back by themselves and are authorised anew.
"""

import asyncio
import json
import signal
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from notify import queries
from notify.clients.live import LiveUnavailable, follow, inbox_channel, order_channel
from shared.auth.capabilities import read_order_token
from shared.auth.middleware import principal_of
from shared.errors import DomainError, InvalidInput

HEARTBEAT_SECONDS = 15.0
LIFETIME_SECONDS = 30 * 60.0
RETRY_MS = 3000

Event = dict[str, Any]
T = TypeVar("T")


class TooManyStreams(DomainError):
    code = "too_many_streams"
    status = 503
    title = "Too many pages are live at the moment"


@dataclass(frozen=True)
class Subscription:
    """A channel, a query for what it says now (None: nothing yet), and which of its events are
    shown, how."""

    channel: str
    present: Callable[[], Event | None]
    shape: Callable[[Event], Event | None]


class Streams:
    """The open streams of this process, by the queue that each one reads. None ends a stream."""

    def __init__(self) -> None:
        self.open: set[asyncio.Queue[Event | None]] = set()
        self.closing = False

    def close(self) -> None:
        self.closing = True
        for queue in self.open:
            queue.put_nowait(None)


@cache
def streams() -> Streams:
    """Made with the first request. The server waits for open answers when it is told to stop, so
    they have to hear of the signal too."""
    found = Streams()
    loop = asyncio.get_running_loop()
    # Elsewhere than in the main thread there are no signals to hear.
    with suppress(ValueError):
        for number in (signal.SIGTERM, signal.SIGINT):
            _hear(number, loop, found)
    return found


def _hear(number: int, loop: asyncio.AbstractEventLoop, found: Streams) -> None:
    before = signal.getsignal(number)

    def handle(received: int, frame: Any) -> None:
        loop.call_soon_threadsafe(found.close)
        if callable(before):
            before(received, frame)

    signal.signal(number, handle)


@require_GET
async def stream(request: HttpRequest) -> StreamingHttpResponse:
    here = streams()
    if len(here.open) >= settings.STREAM_LIMIT or here.closing:
        raise TooManyStreams()
    subscription = await sync_to_async(_without_connection)(_authorise, request)
    response = StreamingHttpResponse(_answer(here, subscription), content_type="text/event-stream")
    response["Cache-Control"] = "private, no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _without_connection(function: Callable[..., T], *arguments: Any) -> T:
    """The thread belongs to the stream for as long as it lives; its connection must not."""
    try:
        return function(*arguments)
    finally:
        if not connection.in_atomic_block:
            connection.close()


def _authorise(request: HttpRequest) -> Subscription:
    if request.GET.get("topic") == "inbox":
        return _inbox(request)
    return _order(request)


def _inbox(request: HttpRequest) -> Subscription:
    principal = principal_of(request)
    if principal is None:
        raise queries.NotSignedIn()
    user_id = principal.user_id

    def present() -> Event:
        return {"type": "inbox", "unread": queries.count_unread(user_id)}

    return Subscription(inbox_channel(user_id), present, lambda event: event)


def _order(request: HttpRequest) -> Subscription:
    try:
        order_id = UUID(request.GET.get("order", ""))
    except ValueError as error:
        raise InvalidInput(order=["This is not the id of an order"]) from error
    token = read_order_token(request)
    owner = queries.get_owner_to_check(order_id, principal_of(request), token, timezone.now())

    def present() -> Event | None:
        return queries.get_order_event(order_id)

    def shape(event: Event) -> Event | None:
        if owner and event["owner_id"] != str(owner):
            return None
        return {key: event[key] for key in ("type", "order_id", "status")}

    return Subscription(order_channel(order_id), present, shape)


async def _answer(here: Streams, subscription: Subscription) -> AsyncGenerator[bytes, None]:
    queue: asyncio.Queue[Event | None] = asyncio.Queue()
    here.open.add(queue)
    yield f"retry: {RETRY_MS}\n\n".encode()
    try:
        async with follow(subscription.channel) as events:
            # Only now: whatever happens from here on is an event.
            present = await sync_to_async(_without_connection)(subscription.present)
            if present is not None and (shown := subscription.shape(present)):
                yield encode(shown)
            async for chunk in _chunks(events, queue, subscription):
                yield chunk
    except LiveUnavailable:
        return
    finally:
        here.open.discard(queue)


async def _read(events: AsyncIterator[Event], queue: asyncio.Queue[Event | None]) -> None:
    try:
        async for event in events:
            queue.put_nowait(event)
    finally:
        queue.put_nowait(None)


async def _chunks(
    events: AsyncIterator[Event], queue: asyncio.Queue[Event | None], subscription: Subscription
) -> AsyncIterator[bytes]:
    reader = asyncio.create_task(_read(events, queue))
    ends_at = time.monotonic() + LIFETIME_SECONDS
    try:
        while time.monotonic() < ends_at:
            try:
                event = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if event is None:
                return
            if (shown := subscription.shape(event)) is not None:
                yield encode(shown)
    finally:
        reader.cancel()
        with suppress(asyncio.CancelledError):
            await reader


def encode(event: Event) -> bytes:
    """One server-sent event; JSON holds no line break."""
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()

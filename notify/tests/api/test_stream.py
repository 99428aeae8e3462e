"""The live stream as it runs in the shop: uvicorn, Redis, a browser's view of it."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

import httpx
import pytest
from django.db import connection
from jwt.algorithms import RSAAlgorithm

from notify import operations, queries
from notify.models import OrderWatch
from notify.tests.conftest import (
    NOW,
    ROOT,
    bought,
    eur,
    free_port,
    order_of,
    stream_environment,
    wait_for,
)
from shared.auth.capabilities import mint_capability
from shared.contracts.orders import OrderClaimed, OrderPaid, OrderPlaced, OrderShipped
from shared.events.ids import uuid7
from shared.testing.events import deliver
from shared.testing.users import ALICE, BOB, MIA

pytestmark = pytest.mark.django_db(transaction=True)
UVICORN = ("-m", "uvicorn", "--factory", "django.core.asgi:get_asgi_application")


@pytest.fixture(scope="module")
def jwks_url(token_issuer) -> Iterator[str]:
    key = json.loads(RSAAlgorithm.to_jwk(token_issuer.private_key.public_key()))
    body = json.dumps({"keys": [{**key, "kid": token_issuer.kid, "alg": "RS256"}]}).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/jwks.json"
    server.shutdown()
    server.server_close()


class StreamProcess:
    """The process, and clients of it."""

    def __init__(self, environment):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        arguments = ("--host", "127.0.0.1", "--port", str(port), "--lifespan", "off")
        self.process = subprocess.Popen(
            [sys.executable, *UVICORN, *arguments, "--timeout-graceful-shutdown", "20"],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self._answers, seconds=40)

    def _answers(self):
        try:
            return httpx.get(f"{self.url}/notify/health/live").status_code == 200
        except httpx.TransportError:
            return False

    def get(self, query, headers=None):
        return httpx.get(f"{self.url}/notify/api/v1/stream/?{query}", headers=headers)

    def open(self, query, headers=None):
        return httpx.stream(
            "GET", f"{self.url}/notify/api/v1/stream/?{query}", headers=headers, timeout=10
        )


@pytest.fixture
def stream(db, jwks_url):
    name = connection.settings_dict["NAME"]
    running = StreamProcess(stream_environment(name, jwks_url))
    yield running
    if running.process.poll() is None:
        running.process.terminate()
    running.process.wait(10)


@pytest.fixture
def bearer(token_issuer):
    def make(person):
        return {"Authorization": f"Bearer {token_issuer.access_token(person)}"}

    return make


class Events:
    """Reads a stream event by event."""

    def __init__(self, answer):
        assert answer.status_code == 200, answer.read()
        self.lines = answer.iter_lines()
        assert next(self.lines) == "retry: 3000"
        assert next(self.lines) == ""

    def next(self):
        name, data = next(self.lines), next(self.lines)
        assert next(self.lines) == ""
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        return event


def test_alice_sees_her_order_move(stream, bearer):
    order = order_of()
    deliver(OrderPlaced(**order, **bought()), version=1)
    order_id = str(order["order_id"])

    with stream.open(f"order={order_id}", bearer(ALICE)) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert answer.headers["Cache-Control"] == "private, no-store"
        events = Events(answer)
        assert events.next() == {"type": "order", "order_id": order_id, "status": "placed"}

        deliver(OrderPaid(**order, **bought()), version=2)
        assert events.next()["status"] == "paid"
        deliver(OrderShipped(**order), version=3)
        assert events.next()["status"] == "shipped"


def test_a_guest_follows_with_the_token_an_order_that_has_not_arrived(stream):
    order = order_of(None)
    token = mint_capability("order", order["order_id"])

    with stream.open(f"order={order['order_id']}&token={token}") as answer:
        events = Events(answer)
        follower_is_there(order["order_id"])
        deliver(OrderPlaced(**order, **bought()))
        assert events.next()["status"] == "placed"


def follower_is_there(order_id):
    from notify.clients.live import _connection, order_channel

    channel = order_channel(order_id)
    wait_for(lambda: _connection().pubsub_numsub(channel)[0][1])


def test_who_awaits_an_order_sees_it_only_if_it_is_theirs(stream, bearer):
    order = order_of(ALICE)

    with (
        stream.open(f"order={order['order_id']}", bearer(BOB)) as bobs,
        stream.open(f"order={order['order_id']}", bearer(ALICE)) as alices,
    ):
        for_bob, for_alice = Events(bobs), Events(alices)
        follower_is_there(order["order_id"])
        wait_for(lambda: followers(order["order_id"]) == 2)
        deliver(OrderPlaced(**order, **bought()))
        assert for_alice.next()["status"] == "placed"
        # Bob's stream ends at the stop, without an event.
        stream.process.terminate()
        assert list(for_bob.lines) == []


def followers(order_id):
    from notify.clients.live import _connection, order_channel

    return _connection().pubsub_numsub(order_channel(order_id))[0][1]


def test_a_claimed_order_is_live_for_the_account_that_claimed_it(stream, bearer):
    order = order_of(None)
    deliver(OrderPlaced(**order, **bought()), version=1)
    query = f"order={order['order_id']}"
    assert stream.get(query, bearer(ALICE)).status_code == 404

    mine = {**order, "customer_id": ALICE.user_id}
    deliver(OrderClaimed(**mine, status="placed", total=eur("24.90")), version=2)

    order_id = UUID(str(order["order_id"]))
    assert queries.get_owner_to_check(order_id, ALICE, None, NOW) == ALICE.user_id
    assert stream.get(query, bearer(BOB)).status_code == 404


def test_a_strangers_order_does_not_exist(stream, bearer):
    order = order_of()
    deliver(OrderPlaced(**order, **bought()))
    order_id = order["order_id"]
    wrong = mint_capability("order", uuid7())

    for query, headers in (
        (f"order={order_id}", {}),
        (f"order={order_id}", bearer(BOB)),
        (f"order={order_id}&token={wrong}", {}),
        (f"order={order_id}", {"Authorization": "Bearer forged.forged.forged"}),
        ("order=00000000-0000-4000-8000-000000000001", bearer(BOB)),
    ):
        answer = stream.get(query, headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")
    assert stream.get(f"order={order_id}'").json()["code"] == "invalid_input"
    assert stream.get("").status_code == 400
    assert stream.get("topic=inbox").status_code == 401


def test_staff_may_follow_any_order(stream, bearer):
    order = order_of()
    deliver(OrderPlaced(**order, **bought()))

    with stream.open(f"order={order['order_id']}", bearer(MIA)) as answer:
        assert Events(answer).next()["status"] == "placed"


def test_an_inbox_counts_by_itself(stream, bearer):
    with stream.open("topic=inbox", bearer(ALICE)) as answer:
        events = Events(answer)
        assert events.next() == {"type": "inbox", "unread": 0}
        deliver(OrderPlaced(**order_of(), **bought()), times=1)
        assert events.next() == {"type": "inbox", "unread": 1}
        operations.mark_all_read(user_id=ALICE.user_id, now=NOW)
        assert events.next() == {"type": "inbox", "unread": 0}


def test_it_limits_open_streams_and_frees_what_is_left(stream, bearer):
    alice = bearer(ALICE)
    with (
        stream.open("topic=inbox", alice) as one,
        stream.open("topic=inbox", alice) as two,
        stream.open("topic=inbox", alice) as three,
    ):
        readers = [Events(answer) for answer in (one, two, three)]
        assert {events.next()["unread"] for events in readers} == {0}
        refused = stream.get("topic=inbox", alice)
        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_streams")

    def is_free():
        with stream.open("topic=inbox", alice) as answer:
            return answer.status_code == 200

    assert wait_for(is_free)


def test_a_stream_holds_no_database_connection(stream, bearer):
    with stream.open("topic=inbox", bearer(ALICE)) as answer:
        events = Events(answer)
        events.next()

        def count():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                return cursor.fetchone()[0]

        assert wait_for(lambda: count() == 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_its_streams_politely_when_it_stops(stream, bearer, number):
    with stream.open("topic=inbox", bearer(ALICE)) as answer:
        events = Events(answer)
        events.next()
        stream.process.send_signal(number)
        # The answer is complete: a broken one would raise here.
        assert list(events.lines) == []

    stream.process.wait(5)


def test_without_redis_it_says_when_to_come_back(jwks_url, bearer):
    environment = stream_environment(connection.settings_dict["NAME"], jwks_url)
    running = StreamProcess({**environment, "SOUK_CACHE_URL": f"redis://127.0.0.1:{free_port()}/0"})
    try:
        with running.open("topic=inbox", bearer(ALICE)) as answer:
            assert list(Events(answer).lines) == []
    finally:
        running.process.terminate()
        running.process.wait(10)


def test_a_worker_without_redis_still_handles_the_fact(settings, monkeypatch):
    from notify.clients import live

    address = f"redis://127.0.0.1:{free_port()}/0"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": address}}
    live._connection.cache_clear()
    try:
        deliver(OrderPlaced(**order_of(), **bought()))
    finally:
        live._connection.cache_clear()

    assert OrderWatch.objects.get().status == "placed"

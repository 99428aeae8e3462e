"""Replicas, live streams, limits and reloads."""

import http.client
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from gateway_testing import (
    HTML,
    JSON,
    Gateway,
    Reply,
    Seen,
    Stub,
    cookies,
    new_session,
    unique,
    wait_until,
)


@pytest.fixture(scope="session")
def replicated(gateways: Callable[..., Gateway]) -> Gateway:
    return gateways(replicas=True)


@pytest.fixture
def limiting(gateways: Callable[..., Gateway], stubs: dict[str, Stub]) -> Gateway:
    """Its own, because what one test used up is missing to the next."""
    return gateways(limits="standard")


FAILURES = [Reply(status=502), Reply(drop=True)]


def one_fails(stubs: dict[str, Stub], failure: Reply) -> tuple[str, Callable[[], int]]:
    """Two replicas of orders: whichever is asked first fails, the other would answer."""
    path, asked = f"/orders/api/v1/{unique()}/", []

    def script(seen: Seen) -> Reply:
        asked.append(seen)
        return failure if len(asked) == 1 else Reply("{}", headers=JSON)

    for name in ("orders", "orders_second"):
        stubs[name].on(path, script)
    return path, lambda: len(asked)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_read_is_repeated_on_another_replica(
    replicated: Gateway, stubs: dict[str, Stub], method: str, failure: Reply
) -> None:
    path, asked = one_fails(stubs, failure)
    assert replicated.ask(method, path).status == 200
    assert asked() == 2


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_a_write_is_never_repeated(
    replicated: Gateway, stubs: dict[str, Stub], method: str, failure: Reply
) -> None:
    path, asked = one_fails(stubs, failure)
    assert replicated.ask(method, path, body=b"{}").status == (
        failure.status if failure.status > 200 else 502
    )
    assert asked() == 1


def test_the_word_of_a_replica_that_lacks_its_database_is_passed_on(
    replicated: Gateway, stubs: dict[str, Stub]
) -> None:
    path, asked = one_fails(stubs, Reply(status=503))
    assert replicated.get(path).status == 503
    assert asked() == 1


def test_a_dead_replica_costs_no_order(replicated: Gateway, stubs: dict[str, Stub]) -> None:
    path = f"/orders/api/v1/{unique()}/"
    stubs["orders"].stop()
    stubs["orders_second"].on(path, Reply("{}", 201, JSON))
    assert {replicated.post(path, body=b"{}").status for _ in range(6)} == {201}
    assert len(stubs["orders_second"].seen(path)) == 6


def test_a_live_stream_is_passed_on_as_it_comes(gateway: Gateway, stubs: dict[str, Stub]) -> None:
    path, more, session = "/notify/api/v1/stream/", threading.Event(), new_session()
    events = {"Content-Type": "text/event-stream"}
    stream = Reply(headers=events, chunks=[b"data: 1\n\n"], hold=more)
    stubs["notify_stream"].on(path, stream)
    connection = http.client.HTTPConnection("127.0.0.1", gateway.http, timeout=5)
    connection.request("GET", path, headers=cookies(souk_session=session))
    response = connection.getresponse()
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.readline() == b"data: 1\n"
    more.set()
    connection.close()
    assert stubs["notify_stream"].only(path).header("Authorization") == f"Bearer granted.{session}"
    assert stubs["notify"].requests == []


@pytest.mark.parametrize(
    "path", ["/users/login/", "/users/signup/", "/users/password/reset/", "/users/api/v1/token/"]
)
def test_guessing_passwords_is_slow(limiting: Gateway, stubs: dict[str, Stub], path: str) -> None:
    stubs["users"].on(path, Reply("ok", headers=HTML))
    answers = [limiting.post(path) for _ in range(13)]
    assert [answer.status for answer in answers] == [200] * 11 + [429] * 2
    assert answers[-1].header("Retry-After") == "12"
    assert len(stubs["users"].seen(path)) == 11
    assert limiting.get(path).status == 200
    assert limiting.post("/users/profile/").status == 404


@pytest.mark.parametrize("path", ["/orders/find/", "/orders/api/v1/find/"])
def test_guessing_orders_is_slow(limiting: Gateway, stubs: dict[str, Stub], path: str) -> None:
    stubs["orders"].on(path, Reply("ok", headers=HTML))
    answers = [limiting.post(path) for _ in range(13)]
    assert [answer.status for answer in answers] == [200] * 11 + [429] * 2
    assert limiting.get(path).status == 200


def test_a_flood_from_one_address_is_told_to_wait(
    limiting: Gateway, stubs: dict[str, Stub]
) -> None:
    path = f"/cart/api/v1/{unique()}/"
    stubs["cart"].on(path, Reply("{}", headers=JSON))
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: limiting.get(path), range(400)))
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert {answer.status for answer in answers} == {200, 429}
    assert len(stubs["cart"].seen(path)) == 400 - len(refused)
    assert refused[0].header("Retry-After") == "1"
    assert json.loads(refused[0].text)["code"] == "too_many_requests"
    person = refused[0]
    while person.status != 429 or person is refused[0]:
        person = limiting.get("/cart/")
    assert "One moment, please" in person.text


def test_webhooks_are_not_limited(limiting: Gateway, stubs: dict[str, Stub]) -> None:
    path = f"/payments/webhooks/stripe/{unique()}/"
    stubs["payments"].on(path, Reply("{}", headers=JSON))
    with ThreadPoolExecutor(16) as pool:
        statuses = set(pool.map(lambda _: limiting.post(path, body=b"{}").status, range(300)))
    assert statuses == {200}


def test_checkouts_are_counted(limiting: Gateway, stubs: dict[str, Stub]) -> None:
    stubs["cart"].on("/cart/checkout/", Reply("ok", headers=HTML))
    answers = [limiting.post("/cart/checkout/") for _ in range(25)]
    assert [answer.status for answer in answers[:21]] == [200] * 21
    assert answers[-1].status == 429


def test_limits_off_count_nothing(gateway: Gateway, stubs: dict[str, Stub]) -> None:
    stubs["users"].on("/users/login/", Reply("ok", headers=HTML))
    assert {gateway.post("/users/login/").status for _ in range(40)} == {200}


def test_a_reload_loses_no_request(gateway: Gateway, stubs: dict[str, Stub]) -> None:
    slow, quick = f"/cart/{unique()}/", f"/catalog/{unique()}/"
    stubs["cart"].on(slow, Reply("slow", headers=HTML, delay=0.03))
    stubs["catalog"].on(quick, Reply("quick", headers=HTML))
    done, results = threading.Event(), []

    def visit(path: str) -> None:
        while not done.is_set():
            results.append((path, gateway.get(path).status))

    def more_than(number: int) -> bool:
        return len(results) > number

    with ThreadPoolExecutor(6) as pool:
        visitors = [pool.submit(visit, path) for path in (slow, quick) * 3]
        for _ in range(4):
            before = len(results)
            gateway.reload()
            wait_until(partial(more_than, before + 40))
        done.set()
    for visitor in visitors:
        visitor.result()
    assert {status for _, status in results} == {200}


def test_a_reload_keeps_what_the_gateway_knows(gateway: Gateway, stubs: dict[str, Stub]) -> None:
    path, alice = f"/cart/{unique()}/", new_session()
    stubs["cart"].on(path, Reply("mine", headers=HTML))
    gateway.get(path, cookies(souk_session=alice))
    stubs["users"].stop()
    gateway.reload()
    assert gateway.get(path, cookies(souk_session=alice)).status == 200
    assert stubs["cart"].seen(path)[-1].header("Authorization") == f"Bearer granted.{alice}"

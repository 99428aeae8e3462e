"""The process: where it listens, what survives, faults and the other hooks."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import stripe

from .conftest import ROOT, SECRET_KEY, Sandbox, free_port, order, pay


def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "compose.demo.stripe", *options],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "shop.example", "::"])
def test_it_refuses_to_listen_to_others(tmp_path: Path, host: str) -> None:
    result = run("--host", host, "--port", str(free_port()), "--state", str(tmp_path / "s"))
    assert result.returncode == 1
    assert "Refusing to listen" in result.stderr
    assert not (tmp_path / "s").exists()


def test_a_container_may_listen_to_others(tmp_path: Path) -> None:
    allowed = {"SOUK_SANDBOX_ALLOW_ANY_HOST": "1"}
    started = Sandbox(tmp_path, options=("--host", "0.0.0.0"), environment=allowed).start()
    assert started.ask("GET", "/_sandbox/health").status == 200
    started.end()


def test_a_second_process_on_the_same_state_is_refused(own_sandbox: Sandbox) -> None:
    result = run("--port", str(free_port()), "--state", str(own_sandbox.state))
    assert result.returncode == 1
    assert "Another sandbox" in result.stderr


def test_it_ends_cleanly_and_forgets_nothing(own_sandbox: Sandbox) -> None:
    intent = pay(own_sandbox.sdk(), expand=["latest_charge"])
    assert own_sandbox.end() == 0
    own_sandbox.start()
    again = own_sandbox.sdk().payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert again == intent


def test_it_ends_at_any_moment(own_sandbox: Sandbox) -> None:
    for _ in range(8):
        own_sandbox.sdk().customers.create()
        assert own_sandbox.end() == 0
        own_sandbox.start()


def list_events(shop: Any) -> list[str]:
    return [event.id for event in shop.events.list({"limit": 100}).data]


def test_kill_9_forgets_nothing(own_sandbox: Sandbox) -> None:
    shop = own_sandbox.sdk()
    own_sandbox.fault(webhook_shuffle=True)
    account = shop.accounts.retrieve_current().id
    paid, held = pay(shop), pay(shop, capture_method="manual")
    waiting = pay(shop, "pm_card_threeDSecure2Required")
    refund = shop.refunds.create({"payment_intent": paid.id, "amount": 99})
    ledger, events = own_sandbox.ledger(), list_events(shop)
    own_sandbox.kill()
    own_sandbox.start()
    assert shop.accounts.retrieve_current().id == account
    assert own_sandbox.ledger() == ledger
    # What was to happen later may have happened meanwhile.
    assert list_events(shop)[-len(events) :] == events
    assert shop.refunds.retrieve(refund.id).amount == 99
    assert shop.payment_intents.capture(held.id).status == "succeeded"
    page = waiting.next_action.use_stripe_sdk["stripe_js"].removeprefix(own_sandbox.url)
    assert own_sandbox.ask("GET", page).status == 200
    assert own_sandbox.ask("GET", "/_sandbox/faults").body["webhook_shuffle"] is True


def test_the_ledger_tells_what_was_moved(own_sandbox: Sandbox) -> None:
    shop = own_sandbox.sdk()
    paid = pay(shop, metadata={"order": "1"})
    other = pay(shop, amount=50, currency="usd")
    shop.refunds.create({"payment_intent": paid.id, "amount": 1000})
    with pytest.raises(stripe.CardError):
        pay(shop, "pm_card_visa_chargeDeclined")
    ledger = own_sandbox.ledger()
    assert (ledger["captured"], ledger["refunded"]) == (2049, 1000)
    assert ledger["by_currency"]["usd"] == {"captured": 50, "refunded": 0}
    assert ledger["payment_intents"][paid.id] == {
        "amount": 1999,
        "currency": "eur",
        "status": "succeeded",
        "metadata": {"order": "1"},
        "captured": 1999,
        "refunded": 1000,
        "charges": 1,
    }
    assert len(ledger["payment_intents"]) == 3
    assert ledger["payment_intents"][other.id]["captured"] == 50


def test_errors_can_be_asked_for_and_change_nothing(own_sandbox: Sandbox) -> None:
    shop = own_sandbox.sdk()
    own_sandbox.fault(next_errors=2)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as failure:
            pay(shop)
        assert failure.value.http_status == 500
    assert own_sandbox.ledger()["payment_intents"] == {}
    assert pay(shop).status == "succeeded"


def test_the_sdk_gets_over_errors_with_its_own_key(own_sandbox: Sandbox) -> None:
    own_sandbox.fault(next_errors=1, error_status=503)
    assert pay(own_sandbox.sdk(retries=2)).status == "succeeded"
    own_sandbox.fault(lose_answers=1)
    assert pay(own_sandbox.sdk(retries=2)).status == "succeeded"
    assert own_sandbox.ledger()["captured"] == 2 * 1999


def test_errors_can_be_random(own_sandbox: Sandbox) -> None:
    own_sandbox.fault(error_rate=1)
    with pytest.raises(stripe.APIError):
        own_sandbox.sdk().payment_intents.list()
    assert own_sandbox.ask("DELETE", "/_sandbox/faults").body["error_rate"] == 0
    own_sandbox.sdk().payment_intents.list()


def test_answers_can_be_slow(own_sandbox: Sandbox) -> None:
    own_sandbox.fault(latency_ms=300)
    started = time.monotonic()
    own_sandbox.sdk().payment_intents.list()
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize(
    "faults",
    [
        {"unknown": 1},
        {"latency_ms": "5"},
        {"latency_ms": -1},
        {"latency_ms": 10**9},
        {"error_rate": 2},
        {"lose_webhooks": 1},
        {"error_status": 200},
    ],
)
def test_it_refuses_faults_that_make_no_sense(sandbox: Sandbox, faults: Any) -> None:
    before = sandbox.ask("GET", "/_sandbox/faults").body
    assert sandbox.fault(**faults).status == 400
    assert sandbox.ask("GET", "/_sandbox/faults").body == before


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_the_hooks_are_closed_to_proxies_and_browsers(
    sandbox: Sandbox, headers: dict[str, str]
) -> None:
    assert sandbox.ask("GET", "/_sandbox/ledger", headers=headers).status == 404
    typed = {"Content-Type": "application/json", **headers}
    body = '{"lose_webhooks": true}'
    assert sandbox.ask("POST", "/_sandbox/faults", body=body, headers=typed).status == 404
    assert sandbox.ask("GET", "/_sandbox/faults").body["lose_webhooks"] is False


def test_the_hooks_take_json_only(sandbox: Sandbox) -> None:
    for body, kind in (
        ('{"lose_webhooks": true}', "text/plain"),
        ("{", "application/json"),
        ("[]", "application/json"),
    ):
        reply = sandbox.ask("POST", "/_sandbox/faults", body=body, headers={"Content-Type": kind})
        assert reply.status == 400
    assert sandbox.ask("GET", "/_sandbox/else").status == 404


def test_one_connection_serves_many_requests(sandbox: Sandbox) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port)
    first = None
    for _ in range(3):
        connection.request("GET", "/v1/account", headers={"Authorization": f"Bearer {SECRET_KEY}"})
        assert connection.getresponse().read()
        first = first or connection.sock
        assert connection.sock is first
    connection.close()


def test_it_refuses_bodies_without_a_length(sandbox: Sandbox) -> None:
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as raw:
        raw.sendall(
            b"POST /v1/customers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        )
        assert raw.recv(100).startswith(b"HTTP/1.1 411")


def test_a_preflight_is_answered(sandbox: Sandbox) -> None:
    reply = sandbox.ask("OPTIONS", "/v1/payment_intents/pi_1/confirm")
    assert reply.status == 204
    assert reply.headers["access-control-allow-origin"] == "*"


def test_the_script_is_served_to_other_origins(sandbox: Sandbox) -> None:
    for path in ("/v3/", "/v3"):
        reply = sandbox.ask("GET", path)
        assert reply.headers["content-type"] == "application/javascript; charset=utf-8"
        assert reply.headers["access-control-allow-origin"] == "*"
    cached = {"If-None-Match": reply.headers["etag"]}
    assert sandbox.ask("GET", "/v3/", headers=cached).status == 304


def test_pages_allow_no_inline_script(sandbox: Sandbox) -> None:
    reply = sandbox.ask("GET", "/elements/card/")
    assert "'unsafe-inline'" not in reply.headers["content-security-policy"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert sandbox.ask("GET", "/elements/../store.py").status == 404
    assert sandbox.ask("GET", "/3ds/unknown").status == 404
    assert sandbox.ask("GET", "/3ds/" + "x" * 32).status == 410


@pytest.mark.parametrize("way", ["option", "environment"])
def test_links_of_the_next_action_use_the_public_base(tmp_path: Path, way: str) -> None:
    base = "http://127.0.0.1:8000/payments/sandbox"
    started = Sandbox(tmp_path)
    if way == "option":
        started.options = ("--public-base", f"{base}/")
    else:
        started.environment = {"STRIPE_JS_URL": f"{base}/v3/"}
    intent = (
        started.start()
        .sdk()
        .payment_intents.create(
            order(
                confirm=True,
                payment_method="pm_card_threeDSecure2Required",
                return_url="http://127.0.0.1:8000/payments/1/",
            )
        )
    )
    started.end()
    assert intent.next_action.redirect_to_url.url.startswith(f"{base}/3ds/")

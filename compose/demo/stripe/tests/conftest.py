"""A real sandbox process, the official SDK against it, and a real receiver of webhooks."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import stripe

ROOT = Path(__file__).resolve().parents[4]
SECRET_KEY = "sk_test_" + "a1B2" * 8
PUBLIC_KEY = "pk_test_" + "c3D4" * 8
HOOK_SECRET = "whsec_" + "e5F6" * 8


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """The first true value of `condition`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Sandbox:
    """One state directory and the process that serves it."""

    state: Path
    port: int = field(default_factory=free_port)
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Sandbox:
        command = [sys.executable, "-m", "compose.demo.stripe", "--port", str(self.port)]
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.process = subprocess.Popen(
            [*command, "--state", str(self.state), *self.options],
            cwd=ROOT,
            env={**inherited, **self.environment},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert "ready" in self.process.stdout.readline()
        return self

    def end(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        return code

    def kill(self) -> None:
        assert self.end(signal.SIGKILL) == -signal.SIGKILL

    def sdk(self, key: str = SECRET_KEY, retries: int = 0) -> Any:
        """The official client's first version of the API."""
        addresses: Any = {"api": self.url}
        return stripe.StripeClient(key, base_addresses=addresses, max_network_retries=retries).v1

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: str | bytes | None = None,
        headers: dict[str, str] | None = None,
        key: str | None = None,
    ) -> Reply:
        """A request without the SDK."""
        sent = dict(headers or {})
        if key is not None:
            sent["Authorization"] = f"Bearer {key}"
        data = body.encode() if isinstance(body, str) else body
        request = urllib.request.Request(self.url + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return _reply(answer)
        except urllib.error.HTTPError as error:
            with error:
                return _reply(error)

    def fault(self, **faults: Any) -> Reply:
        headers = {"Content-Type": "application/json"}
        return self.ask("POST", "/_sandbox/faults", body=json.dumps(faults), headers=headers)

    def ledger(self) -> Any:
        return self.ask("GET", "/_sandbox/ledger").body


def _reply(answer: Any) -> Reply:
    text = answer.read().decode()
    is_json = answer.headers.get_content_type() == "application/json"
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Reply(answer.status, headers, json.loads(text) if is_json and text else text)


class Receiver(ThreadingHTTPServer):
    """A shop's webhook address. `answers` are statuses to give, the last one for ever."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receive)
        self.answers: list[int] = [200]
        self.got: list[tuple[bytes, str]] = []
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?from=stripe"

    def take(self, body: bytes, signature: str) -> int:
        with self.lock:
            self.got.append((body, signature))
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def events(self, event_type: str | None = None) -> list[Any]:
        with self.lock:
            events = [json.loads(body) for body, _ in self.got]
        return [event for event in events if event_type in (None, event["type"])]


class _Receive(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.server.take(body, self.headers["Stripe-Signature"]))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Shared by the tests that neither break it nor look at everything in it."""
    running = Sandbox(tmp_path_factory.mktemp("sandbox")).start()
    yield running
    running.end()


@pytest.fixture
def own_sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A fresh one for tests with faults, restarts or a ledger."""
    running = Sandbox(tmp_path / "state").start()
    yield running
    if running.process is not None:
        running.end()


@pytest.fixture
def shop(sandbox: Sandbox) -> Any:
    """The shop's server, by the official SDK."""
    return sandbox.sdk()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.shutdown()
    server.server_close()


ORDER: dict[str, Any] = {
    "amount": 1999,
    "currency": "eur",
    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
}


def order(**changes: Any) -> Any:
    """Parameters of a payment intent."""
    return {**ORDER, **changes}


def pay(shop: Any, card: str = "pm_card_visa", **changes: Any) -> Any:
    """A payment intent, confirmed at once."""
    return shop.payment_intents.create(order(payment_method=card, confirm=True, **changes))


def types(shop: Any, object_id: str) -> list[str]:
    """Types of the events about an object, oldest first."""
    events = shop.events.list({"limit": 100}).data
    return [event.type for event in reversed(events) if event.data.object["id"] == object_id]

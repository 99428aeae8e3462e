import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import stripe
from django.conf import settings
from django.utils import timezone

from payments import clients, operations
from payments.models import Payment
from shared.contracts.orders import OrderAwaitingPayment, OrderCancelled, RefundRequested
from shared.events.ids import uuid7
from shared.events.models import OutboxMessage
from shared.money import Money
from shared.testing.users import ALICE

ROOT = Path(__file__).resolve().parents[2]
SECRET = "whsec_" + "e5F6" * 8


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


class Sandbox:
    """The payments sandbox as a process of its own, with the hooks for its faults."""

    def __init__(self, state: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "compose.demo.stripe", "--port", str(self.port)]
            + ["--state", str(state)],
            cwd=ROOT,
            env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert "ready" in self.process.stdout.readline()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        self.process.stdout.close()  # type: ignore[union-attr]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def fault(self, **faults: Any) -> None:
        self.ask("POST", "/_sandbox/faults", faults)

    def heal(self) -> None:
        self.ask("DELETE", "/_sandbox/faults")

    def money(self, payment: Payment) -> Any:
        """What the ledger says of a payment: captured and refunded, in cents."""
        return self.ask("GET", "/_sandbox/ledger")["payment_intents"].get(
            payment.provider_intent_id, {}
        )


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"))
    yield sandbox
    sandbox.stop()


@pytest.fixture(autouse=True)
def sandbox(sandbox_process: Sandbox, settings: Any, monkeypatch: Any) -> Iterator[Sandbox]:
    settings.STRIPE_API_BASE = sandbox_process.url
    settings.STRIPE_WEBHOOK_SECRET = SECRET
    monkeypatch.setattr(stripe, "api_base", sandbox_process.url)
    clients._api.cache_clear()
    yield sandbox_process
    clients._api.cache_clear()
    sandbox_process.heal()


@pytest.fixture
def without_retries(monkeypatch: Any) -> None:
    """The SDK does not repeat a call by itself."""
    monkeypatch.setattr(clients, "RETRIES", 0)
    clients._api.cache_clear()


@pytest.fixture
def sdk(sandbox: Sandbox) -> Any:
    """The provider as its own dashboard sees it."""
    return stripe.StripeClient(settings.STRIPE_SECRET_KEY, base_addresses={"api": sandbox.url}).v1


def awaiting(**changes: Any) -> OrderAwaitingPayment:
    """Alice's order over 24.90 EUR, unless said otherwise."""
    fields: dict[str, Any] = {
        "order_id": uuid7(),
        "number": "S-100001",
        "customer_id": ALICE.user_id,
        "email": ALICE.email,
        "amount": eur("24.90"),
        "expires_at": timezone.now() + timedelta(minutes=15),
    }
    return OrderAwaitingPayment(**{**fields, **changes})


def cancelled(payment: Payment) -> OrderCancelled:
    return OrderCancelled(
        order_id=payment.order_id,
        number=payment.number,
        customer_id=payment.customer_id,
        email=payment.email,
        cart_id=uuid7(),
        reason="customer",
        was_paid=False,
    )


def refund_of(payment: Payment, amount: str | Money = "24.90", **changes: Any) -> RefundRequested:
    fields: dict[str, Any] = {
        "order_id": payment.order_id,
        "number": payment.number,
        "customer_id": payment.customer_id,
        "email": payment.email,
        "refund_id": uuid7(),
        "amount": eur(amount) if isinstance(amount, str) else amount,
        "reason": "return",
    }
    return RefundRequested(**{**fields, **changes})


@pytest.fixture
def payment_in() -> Callable[..., Payment]:
    """`payment_in("succeeded")`: a payment that went all the way there; its facts are out of the
    outbox. Further arguments change the order."""

    def make(status: str, card: str = "pm_card_visa", **changes: Any) -> Payment:
        fact = awaiting(**changes)
        now = timezone.now()
        payment = operations.open_payment(fact=fact, now=now)
        if status != "pending":
            payment = operations.create_intent(order_id=fact.order_id, now=now)
        if status == "succeeded":
            payment = operations.confirm_payment(
                order_id=fact.order_id, payment_method=card, now=now
            )
        OutboxMessage.objects.all().delete()
        assert payment.status == status
        return payment

    return make


def sign(body: bytes, secret: str = SECRET, at: float | None = None) -> str:
    moment = int(at or time.time())
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def events_about(sdk: Any, object_id: str) -> list[dict[str, Any]]:
    """The provider's events about an object, oldest first."""
    listed = [event.to_dict() for event in sdk.events.list({"limit": 100}).data]
    return [event for event in reversed(listed) if event["data"]["object"]["id"] == object_id]


@pytest.fixture
def send(client: Any) -> Callable[..., Any]:
    """Sends an event to the webhook, signed as the provider signs."""

    def post(event: dict[str, Any], **how: Any) -> Any:
        body = json.dumps(event).encode()
        return client.post(
            f"/payments/webhooks/stripe/{settings.STRIPE_WEBHOOK_UUID}/",
            body,
            content_type="application/json",
            headers={"Stripe-Signature": sign(body, **how)},
        )

    return post


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Every test of this service has one."""

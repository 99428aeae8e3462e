"""A running mail catcher, facts of orders, and the stream as it runs in the shop."""

import os
import smtplib
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from compose.demo.mailbox.running import Mailbox
from notify.clients import mail
from shared.contracts.base import Event, Fact
from shared.contracts.parts import PricedLine, Totals
from shared.events.ids import uuid7
from shared.money import Money
from shared.testing.events import deliver
from shared.testing.users import ALICE

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


LINES = (
    PricedLine(
        product_id=uuid7(),
        sku="TEA",
        title="Mint & <b>fresh</b> tea",
        quantity=2,
        unit_price=eur("10.00"),
        total=eur("20.00"),
        options="Size: 100 g",
    ),
)
TOTALS = Totals(
    subtotal=eur("20.00"),
    discount=eur("0.00"),
    shipping=eur("4.90"),
    tax=eur("3.98"),
    total=eur("24.90"),
)


def order_of(person: Any = ALICE, **changes: Any) -> dict[str, Any]:
    """What every fact of one order says; `person=None` makes it a guest's."""
    return {
        "order_id": uuid7(),
        "number": "S-100001",
        "customer_id": person.user_id if person else None,
        "email": person.email if person else "guest@souk.example",
        **changes,
    }


def bought() -> dict[str, Any]:
    return {"cart_id": uuid7(), "lines": LINES, "totals": TOTALS}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """The condition's first true value."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"It did not come true within {seconds} s")


@pytest.fixture(scope="session")
def _running_mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    box = Mailbox(tmp_path_factory.mktemp("mailbox"))
    yield box
    assert box.stop() == 0


@pytest.fixture
def mailbox(_running_mailbox: Mailbox, settings: Any) -> Mailbox:
    """Empty, and the server that this service sends to."""
    _running_mailbox.ask("api/messages", "DELETE").close()
    send_by_smtp(settings, _running_mailbox.smtp_port)
    return _running_mailbox


def send_by_smtp(settings: Any, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""


class LosingItsAnswer:
    """Takes the mail and breaks the connection before it says so, once."""

    def __init__(self, port: int) -> None:
        self.port, self.lost = port, False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        with smtplib.SMTP("127.0.0.1", self.port) as onward:
            onward.sendmail(envelope.mail_from, envelope.rcpt_tos, envelope.original_content)
        if not self.lost:
            self.lost = True
            server.transport.abort()
        return "250 OK"


@pytest.fixture
def smtp_server(settings: Any) -> Iterator[Callable[[Any], None]]:
    """`smtp_server(handler)`: what the service sends to, in a thread."""
    running = []

    def start(handler: Any) -> None:
        controller = Controller(handler, hostname="127.0.0.1", port=free_port())
        controller.start()
        running.append(controller)
        send_by_smtp(settings, controller.port)

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture(autouse=True)
def _open_door() -> None:
    """What an earlier test's mail server was like says nothing of this one's."""
    mail.door.open()


@pytest.fixture
def deliver_and_commit(django_capture_on_commit_callbacks: Any) -> Callable[..., Event]:
    """`deliver`, and what the worker's thread does after the commit."""

    def run(fact: Fact, **how: Any) -> Event:
        with django_capture_on_commit_callbacks(execute=True):
            return deliver(fact, **how)

    return run


def stream_environment(database: str, jwks_url: str) -> dict[str, str]:
    """The stream process works on the test's database and trusts the test's issuer."""
    base = os.environ["SOUK_DATABASE_URL"].rpartition("/")[0]
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "notify.settings",
        "SOUK_DATABASE_URL": f"{base}/{database}",
        "SOUK_JWKS_URL": jwks_url,
        "SOUK_STREAM_LIMIT": "3",
    }

"""Every row of docs/resilience.md: one part of the running shop is away. What does not need it
works, what needs it says so in a friendly way, and what was begun is made good afterwards."""

import re
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from kombu import Connection

from compose.local import environment
from shared.services import SERVICES
from tests.journeys.shop import eventually
from tests.journeys.test_faults import stopped
from tests.resilience import faults
from tests.resilience.availability import NEEDS
from tests.resilience.schedule import Fault
from tests.resilience.visit import ASKS, MORE_NEEDS, is_well, needs_of

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "resilience.md"
SERVERS = {
    "rabbitmq": ["rabbitmq"],
    "redis": ["redis"],
    "provider": ["payments-sandbox"],
    "mailbox": ["mailbox"],
}
PARTS = [
    *(f"{service} {kind}" for service in SERVICES for kind in ("web", "worker", "database")),
    *("gateway worker", *SERVERS),
]
CHECKOUT = "/cart/api/v1/cart/checkout/"
FRIENDLY_CODES = {"service_unavailable", "provider_unavailable"}


@contextmanager
def away(stage, part):
    name, _, kind = part.partition(" ")
    with ExitStack() as stack:
        if name == "gateway":
            stack.enter_context(faults.inflict(stage, Fault(0, "kill_gateway_worker", name)))
        elif kind == "database":
            stack.enter_context(faults.closed_database(stage, name))
        else:
            stack.enter_context(stopped(*(SERVERS.get(part) or programs(stage, name, kind))))
        yield


def programs(stage, service, kind):
    """notify's stream answers requests, too."""
    roles = {"web", "stream"} if kind == "web" else {kind}
    return [x.name for x in stage.programs.values() if x.service == service and x.role in roles]


def must_be_unavailable(part):
    """The requests that cannot be answered without the part."""
    name, _, kind = part.partition(" ")
    if kind == "worker":
        return set()
    return {ask for ask in {**NEEDS, **MORE_NEEDS} if needs_of(ask) & {name, part}}


def assert_friendly(answer):
    """It says that the part is away, that nothing is lost, and nothing about why."""
    assert answer.status_code in {502, 503}
    text = answer.text.lower()
    if "json" in answer.headers["Content-Type"]:
        assert answer.json()["code"] in FRIENDLY_CODES
        assert answer.json()["title"]
    else:
        assert "this part of the shop is unavailable" in text
        assert 'href="/"' in text
    assert "nothing" in text
    assert not re.search("nginx|traceback|psycopg|operationalerror|127.0.0.1", text)


def backlog(stage, service):
    """How many messages the service has still to send or to handle."""
    with stage.database(service) as link, link.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events_outbox")
        unsent = cursor.fetchone()[0]
    broker = environment.of_process(stage.layout, service)["SOUK_BROKER_URL"]
    with Connection(broker) as link:
        return unsent + link.channel().queue_declare(service, passive=True).message_count


def failed_events(stage, service):
    with stage.database(service) as link, link.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events_failed WHERE status = 'failed'")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("part", PARTS)
def test_the_rest_works_and_all_is_made_good_without(stage, visit, part):
    service = part.partition(" ")[0]
    watched = service if service in SERVICES else "orders"
    failed = failed_events(stage, watched)
    guest = visit.shop.guest()
    assert guest.add(visit.thing["sku"]).status_code == 200

    with away(stage, part):
        answers = visit.everywhere()
        checkout = guest.check_out()

    unavailable = must_be_unavailable(part)
    unwell = {name for name, answer in answers.items() if not is_well(name, answer)}
    assert unwell == unavailable
    for name in unavailable:
        assert_friendly(answers[name])
    assert (checkout.status_code == 202) == (CHECKOUT not in unavailable)

    for name in unavailable:
        eventually(lambda name=name: is_well(name, visit.everywhere(name)[name]))
    # The same Idempotency-Key: an order that was made meanwhile is answered with again.
    order_id = guest.check_out().json()["order_id"]
    assert order_id == checkout.json().get("order_id", order_id)
    guest.await_status(order_id, "awaiting_payment")
    assert guest.pay(order_id).status_code == 200
    number = guest.await_status(order_id, "paid")["number"]
    eventually(lambda: any(number in mail["subject"] for mail in visit.shop.mails_to(guest.email)))
    eventually(lambda: backlog(stage, watched) == 0)
    assert failed_events(stage, watched) == failed


def test_the_page_stands_with_holes_where_parts_are_away(stage, visit):
    rest = [f"{name}-web-1" for name in ("reviews", "recommend", "notify", "cart", "users")]
    with stopped(*rest):
        page = visit.shop.page(f"/catalog/products/{visit.thing['slug']}/?with=holes")

    assert page.status_code == 200
    assert visit.thing["title"] in page.text
    assert "<!--#" not in page.text


def test_every_part_has_its_row_and_every_row_its_part():
    rows = re.findall(r"^\| (`.+?) \|", DOCUMENT.read_text(), flags=re.MULTILINE)

    assert sorted(re.findall("`(.+?)`", " ".join(rows))) == sorted(PARTS)


def test_the_visit_makes_every_request_of_the_table(visit):
    assert set(visit.everywhere()) == {*NEEDS, *MORE_NEEDS}
    assert set(ASKS) <= {*NEEDS, *MORE_NEEDS}

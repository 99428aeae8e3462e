"""Parts are killed or stopped while people buy. Nothing is lost, nothing happens twice."""

import os
import signal
from contextlib import contextmanager

import httpx
import pytest

from compose.local.layout import find_layout
from compose.local.supervisor import Supervisor
from shared.services import SERVICES
from tests.journeys.conftest import told_by_the_launcher
from tests.journeys.shop import eventually


def pids(service, role):
    processes = told_by_the_launcher()["processes"]
    return [x["pid"] for x in processes if x["service"] == service and x["role"] == role]


def kill(service, role):
    for pid in pids(service, role):
        if pid:
            os.kill(pid, signal.SIGKILL)


def persistently(call):
    """What a careful client does: the same request again until it is answered by the shop."""

    def attempt():
        try:
            answer = call()
        except httpx.TransportError:
            return None
        return answer if answer.status_code < 500 else None

    return eventually(attempt)


@contextmanager
def stopped(*names):
    """The named programs are down for a while."""
    supervisor = Supervisor(find_layout())
    supervisor.stop(names)
    try:
        yield
    finally:
        supervisor.start(names)


@pytest.mark.parametrize("service", SERVICES)
def test_a_purchase_survives_kill_9_of_web_and_worker(shop, thing, service):
    before = shop.stock(thing["sku"])["on_hand"]
    guest = shop.guest()
    persistently(lambda: guest.add(thing["sku"]))

    kill(service, "web")
    answer = persistently(guest.check_out)
    assert answer.status_code == 202, answer.text
    order_id = answer.json()["order_id"]
    kill(service, "worker")
    guest.await_status(order_id, "awaiting_payment")
    kill(service, "worker")
    paid = persistently(lambda: guest.pay(order_id))
    assert paid.status_code in (200, 409), paid.text

    order = guest.await_status(order_id, "paid")
    eventually(lambda: shop.stock(thing["sku"]).get("on_hand") == before - 1)
    eventually(lambda: any(order["number"] in x["subject"] for x in shop.mails_to(guest.email)))
    told = [mail["subject"] for mail in shop.mails_to(guest.email)]
    assert len(told) == len(set(told))


def test_a_lost_webhook_is_made_good(shop, thing):
    guest = shop.guest()
    order_id = guest.place_order(**{thing["sku"]: 1})

    with stopped("payments-worker"):
        assert guest.pay(order_id).status_code == 200

    guest.await_status(order_id, "paid")

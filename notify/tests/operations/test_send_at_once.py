"""The thread that handled a fact mails after the commit; what it leaves, the clock takes."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from notify import operations
from notify.clients import mail
from notify.models import Delivery
from notify.operations import sending
from notify.rules import CLAIM_LIFETIME
from notify.tests.conftest import LosingItsAnswer, free_port, send_by_smtp, wait_for
from shared.contracts.base import Event
from shared.contracts.users import MailRequested
from shared.events.consuming import load_handlers
from shared.events.handling import handle_fact
from shared.events.ids import uuid7
from shared.testing.users import ALICE, BOB

FACT = MailRequested(recipient=ALICE.email, subject="Hello", body_text="Hello Alice")
ANOTHER = MailRequested(recipient=BOB.email, subject="Hello", body_text="Hello Bob")


def envelope_of(fact):
    event = Event(
        id=uuid7(),
        name=fact.name,
        schema_version=1,
        occurred_at=timezone.now(),
        aggregate_id="",
        payload=fact.to_payload(),
    )
    return event.to_envelope()


def handle(envelope):
    return handle_fact(load_handlers()[0][MailRequested.name], envelope)


def send_what_is_left(after=CLAIM_LIFETIME):
    return operations.send_waiting_deliveries(now=timezone.now() + after)


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def in_a_process_that_dies(envelope, send):
    """Handles the fact in a process of its own, whose mails go by `send`."""
    connection.close()
    child = os.fork()
    if not child:
        sending.send_mail = send
        handle(envelope)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_commit_and_sending_is_followed_by_the_clock(mailbox):
    envelope = envelope_of(FACT)

    in_a_process_that_dies(envelope, lambda mail: die())

    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts, mailbox.mails()) == ("sending", 1, [])
    # The broker delivers the fact again, since nobody acknowledged it.
    assert not handle(envelope)
    assert send_what_is_left(after=CLAIM_LIFETIME / 2) == 0
    assert send_what_is_left() == 1
    assert send_what_is_left(after=3 * CLAIM_LIFETIME) == 0
    (found,) = mailbox.mails()
    assert (found["message_id"], found["copies"]) == (f"<{delivery.id}@souk.example>", 1)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_sending_and_noting_it_repeats_the_message_id(mailbox):
    envelope = envelope_of(FACT)

    def send_and_die(message):
        mail.send_mail(message)
        die()

    in_a_process_that_dies(envelope, send_and_die)

    assert not handle(envelope)
    assert send_what_is_left() == 1
    (found,) = mailbox.mails()
    assert (found["message_id"], found["copies"]) == (
        f"<{Delivery.objects.get().id}@souk.example>",
        2,
    )
    assert Delivery.objects.get().status == "sent"


@pytest.mark.django_db(transaction=True)
def test_a_fact_that_rolls_back_sends_nothing(mailbox, monkeypatch):
    monkeypatch.setattr("shared.events.handling._record", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        handle(envelope_of(FACT))

    assert (Delivery.objects.count(), mailbox.mails()) == (0, [])


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_inside_a_transaction(mailbox, monkeypatch):
    inside = []
    monkeypatch.setattr(
        sending, "send_mail", lambda mail: inside.append(connection.in_atomic_block) or ""
    )

    handle(envelope_of(FACT))

    assert inside == [False]


@pytest.mark.django_db(transaction=True)
def test_one_fact_by_many_threads_at_once_is_one_mail(mailbox):
    envelope = envelope_of(FACT)

    def work(_):
        try:
            return handle(envelope)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(work, range(16))) == [False] * 15 + [True]

    (found,) = mailbox.mails()
    assert found["copies"] == 1
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("sent", 1)


@pytest.mark.django_db(transaction=True)
def test_facts_in_a_crowd_are_all_mailed_at_once(mailbox):
    envelopes = [envelope_of(FACT) for _ in range(40)]

    def work(envelope):
        try:
            return handle(envelope)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, envelopes))

    assert set(Delivery.objects.values_list("status", "attempts")) == {("sent", 1)}
    assert len(mailbox.mails()) == 40


@pytest.mark.django_db(transaction=True)
def test_a_server_that_is_away_is_tried_once_and_then_left_to_the_clock(settings, mailbox):
    send_by_smtp(settings, free_port())

    handle(envelope_of(FACT))
    handle(envelope_of(ANOTHER))

    tried, waiting = Delivery.objects.order_by("created_at")
    assert (tried.status, tried.attempts) == ("pending", 1)
    assert "ConnectionRefusedError" in tried.error
    assert (waiting.status, waiting.attempts, waiting.error) == ("pending", 0, "")

    send_by_smtp(settings, mailbox.smtp_port)
    assert send_what_is_left() == 2
    assert {found["copies"] for found in mailbox.mails()} == {1}
    assert set(Delivery.objects.values_list("status", flat=True)) == {"sent"}


@pytest.mark.django_db(transaction=True)
def test_a_server_that_is_back_is_soon_sent_to_at_once(settings, mailbox, monkeypatch):
    monkeypatch.setattr(mail.door, "PAUSE_SECONDS", 0.1)
    send_by_smtp(settings, free_port())
    handle(envelope_of(FACT))
    send_by_smtp(settings, mailbox.smtp_port)
    time.sleep(0.1)

    handle(envelope_of(ANOTHER))

    assert len(mailbox.mails(BOB.email)) == 1


class Hanging:
    """Greets, and then takes its time."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.busy = 0

    async def handle_MAIL(self, server, session, envelope, address, options):
        import asyncio

        self.busy += 1
        await asyncio.sleep(self.seconds)
        envelope.mail_from = address
        return "250 OK"


@pytest.mark.django_db(transaction=True)
def test_a_server_that_hangs_holds_a_thread_for_its_timeout_at_most(settings, smtp_server):
    settings.EMAIL_TIMEOUT = 0.3
    smtp_server(Hanging(seconds=2))

    started = time.monotonic()
    handle(envelope_of(FACT))
    took_first = time.monotonic() - started
    handle(envelope_of(ANOTHER))
    took_both = time.monotonic() - started

    assert took_first < 2
    assert took_both - took_first < 0.3
    assert list(Delivery.objects.order_by("created_at").values_list("status", "attempts")) == [
        ("pending", 1),
        ("pending", 0),
    ]


@pytest.mark.django_db(transaction=True)
def test_while_others_send_slowly_a_fact_does_not_wait_for_its_mail(mailbox, monkeypatch):
    monkeypatch.setattr(mail.door, "PATIENCE_SECONDS", 0.05)

    with ExitStack() as busy:
        for _ in range(mail.door.LANES):
            assert busy.enter_context(mail.door.enter())
        handle(envelope_of(FACT))

    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts, mailbox.mails()) == ("pending", 0, [])
    assert not mail.door.is_open()
    assert send_what_is_left(after=timedelta(0)) == 1
    assert len(mailbox.mails()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_slow_server_occupies_some_threads_and_leaves_the_others_to_facts(
    smtp_server, monkeypatch
):
    monkeypatch.setattr(mail.door, "PATIENCE_SECONDS", 0.05)
    slow = Hanging(seconds=3)
    smtp_server(slow)

    def work(envelope):
        handle(envelope)
        connection.close()

    threads = [
        threading.Thread(target=work, args=[envelope_of(FACT)]) for _ in range(mail.door.LANES)
    ]
    for thread in threads:
        thread.start()
    wait_for(lambda: slow.busy == mail.door.LANES)
    started = time.monotonic()
    handle(envelope_of(ANOTHER))
    waited = time.monotonic() - started
    for thread in threads:
        thread.join()

    assert waited < 1
    assert sorted(Delivery.objects.values_list("recipient", "status")) == [
        (ALICE.email, "sent"),
        (ALICE.email, "sent"),
        (BOB.email, "pending"),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_lost_answer_repeats_the_mail_under_the_same_message_id(smtp_server, mailbox):
    smtp_server(LosingItsAnswer(mailbox.smtp_port))

    handle(envelope_of(FACT))
    assert Delivery.objects.get().status == "pending"
    assert send_what_is_left() == 1

    (found,) = mailbox.mails()
    assert found["copies"] == 2

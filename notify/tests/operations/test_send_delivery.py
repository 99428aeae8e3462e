"""Sending for real: to a mail catcher, to a server that is away, by two workers at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from notify import operations
from notify.models import Delivery
from notify.queries import Rendered
from notify.rules import ACCOUNT_MAIL, CLAIM_LIFETIME, GIVE_UP_AFTER
from notify.tests.conftest import NOW, LosingItsAnswer, free_port, send_by_smtp
from shared.testing.events import published_names, run_enqueued_jobs
from shared.testing.users import ALICE

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def queue(recipient=ALICE.email, now=NOW):
    """A mail that a job is to send."""
    rendered = Rendered("Hello", "Hello Alice", "<p>Hello</p>")
    return operations.send_test_mail(
        topic=ACCOUNT_MAIL, rendered=rendered, email=recipient, now=now
    )


def send(delivery, now=NOW):
    operations.send_delivery(delivery_id=delivery.id, now=now)
    delivery.refresh_from_db()
    return delivery.status


@pytest.mark.django_db
def test_a_mail_that_was_sent_is_never_sent_again(mailbox):
    delivery = queue()

    assert [send(delivery), send(delivery, NOW + GIVE_UP_AFTER)] == ["sent", "sent"]
    operations.send_waiting_deliveries(now=NOW + GIVE_UP_AFTER)

    (mail,) = mailbox.mails()
    assert mail["message_id"] == f"<{delivery.id}@souk.example>"
    assert (mail["copies"], delivery.attempts) == (1, 1)


@pytest.mark.django_db
def test_while_the_server_is_away_mails_wait_and_none_is_lost(settings, mailbox):
    send_by_smtp(settings, free_port())
    now = timezone.now()
    first, second = queue(now=now), queue(now=now, recipient="bob@souk.example")
    assert run_enqueued_jobs() == ["job.notify.send_mail"] * 2
    first.refresh_from_db()
    assert (first.status, first.attempts) == ("pending", 1)
    assert "ConnectionRefusedError" in first.error

    later = first.due_at + MINUTE
    assert operations.send_waiting_deliveries(now=later) == 1

    send_by_smtp(settings, mailbox.smtp_port)
    assert operations.send_waiting_deliveries(now=later + MINUTE) == 2
    assert len(mailbox.mails()) == 2
    assert set(Delivery.objects.values_list("status", "error")) == {("sent", "")}
    second.refresh_from_db()
    assert second.text == ""


@pytest.mark.django_db
def test_a_mail_that_is_not_due_is_left_alone(mailbox):
    queue()

    assert operations.send_waiting_deliveries(now=NOW) == 0
    assert mailbox.mails() == []


@pytest.mark.django_db
def test_after_two_days_a_mail_is_given_up(settings):
    send_by_smtp(settings, free_port())
    delivery = queue()

    assert send(delivery, NOW + GIVE_UP_AFTER) == "pending"
    assert send(delivery, NOW + GIVE_UP_AFTER + SECOND) == "failed"


@pytest.mark.django_db
def test_what_is_of_no_use_any_more_is_not_sent(mailbox):
    delivery = queue()
    Delivery.objects.update(useful_until=NOW + MINUTE)

    assert send(delivery, NOW + MINUTE) == "suppressed"
    assert mailbox.mails() == []


@pytest.mark.django_db
def test_what_became_useless_after_a_lost_attempt_says_that_it_may_have_arrived(mailbox):
    """The worker died, or lost its database, before it could write down what the server said."""
    delivery = queue()
    Delivery.objects.update(status="sending", attempts=1, claimed_at=NOW, useful_until=NOW + MINUTE)

    assert send(delivery, NOW + CLAIM_LIFETIME) == "suppressed"
    delivery.refresh_from_db()
    assert "may have arrived" in delivery.error
    assert mailbox.mails() == []


@pytest.mark.django_db
def test_a_worker_that_died_while_sending_is_followed_by_another(mailbox):
    delivery = queue()
    Delivery.objects.update(status="sending", claimed_at=NOW, due_at=NOW + CLAIM_LIFETIME)

    assert send(delivery, NOW + CLAIM_LIFETIME - SECOND) == "sending"
    assert mailbox.mails() == []
    assert operations.send_waiting_deliveries(now=NOW + CLAIM_LIFETIME) == 1

    delivery.refresh_from_db()
    assert delivery.status == "sent"
    assert len(mailbox.mails()) == 1


class Refusing:
    """Refuses every recipient for good."""

    async def handle_RCPT(self, server, session, envelope, address, options):
        return "550 No such person here"


@pytest.mark.django_db
def test_a_recipient_who_does_not_exist_is_a_failure_that_can_be_sent_again(smtp_server, mailbox):
    right = mailbox.smtp_port
    smtp_server(Refusing())
    delivery = queue()
    run_enqueued_jobs()
    delivery.refresh_from_db()
    assert delivery.status == "failed"
    assert "550" in delivery.error

    operations.resend_delivery(delivery_id=delivery.id, now=NOW)

    assert published_names() == ["job.notify.send_mail"]
    from django.conf import settings

    send_by_smtp(settings, right)
    run_enqueued_jobs()
    assert len(mailbox.mails()) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["pending", "sending", "suppressed"])
def test_only_a_failed_delivery_is_sent_again(status):
    delivery = queue()
    Delivery.objects.update(status=status)
    run_before = published_names()

    with pytest.raises(operations.DeliveryNotFailed):
        operations.resend_delivery(delivery_id=delivery.id, now=NOW)

    delivery.refresh_from_db()
    assert (delivery.status, published_names()) == (status, run_before)


@pytest.mark.django_db
def test_a_lost_answer_repeats_the_mail_under_the_same_message_id(smtp_server, mailbox):
    smtp_server(LosingItsAnswer(mailbox.smtp_port))
    delivery = queue()

    assert send(delivery) == "pending"
    assert send(delivery, NOW + MINUTE) == "sent"

    (mail,) = mailbox.mails()
    assert mail["copies"] == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["not an address", "a@b\r\nBcc: eve@evil.example", "ü@ü.example"]
)
def test_an_impossible_address_fails_and_holds_nobody_up(mailbox, address):
    delivery = queue(recipient=address)
    fine = queue()

    operations.send_waiting_deliveries(now=NOW + MINUTE)

    delivery.refresh_from_db()
    fine.refresh_from_db()
    assert fine.status == "sent"
    assert delivery.status in ("failed", "sent")
    assert mailbox.mails("eve") == []


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_send_one_mail(mailbox):
    delivery = queue()

    def work(_):
        try:
            return operations.send_delivery(delivery_id=delivery.id, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(16)))

    (mail,) = mailbox.mails()
    assert mail["copies"] == 1
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("sent", 1)


@pytest.mark.django_db
def test_settled_mails_are_forgotten_after_ninety_days(mailbox):
    sent, waiting = queue(), queue()
    send(sent)

    operations.forget_old_deliveries(now=NOW + timedelta(days=91))

    assert list(Delivery.objects.values_list("pk", flat=True)) == [waiting.pk]

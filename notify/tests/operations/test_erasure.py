from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

from notify import operations
from notify.models import Delivery, OrderWatch, Recipient
from notify.tests.conftest import NOW, bought, order_of
from shared.auth.accounts import shadow_account
from shared.auth.erasure import ERASED_EMAIL
from shared.contracts.orders import (
    OrderDelivered,
    OrderForgotten,
    OrderPaid,
    OrderRefunded,
    OrderShipped,
)
from shared.contracts.users import MailRequested, UserDeleted, UserRegistered
from shared.events.ids import uuid7
from shared.testing.erasure import DORA, ERASED, FORMER, assert_forgets
from shared.testing.events import deliver
from shared.testing.exporting import exported
from shared.testing.users import MIA

pytestmark = pytest.mark.django_db

# An address that she never proved.
TYPED = f"typed.{DORA.email}"


def erase():
    deliver(ERASED)


def test_nothing_of_an_erased_person_is_left(deliver_and_commit, mailbox):
    deliver_and_commit(
        UserRegistered(user_id=DORA.user_id, email=DORA.email, display_name=DORA.name)
    )
    order = order_of(DORA)
    deliver_and_commit(OrderPaid(**order, **bought()), version=3)
    for email, user_id in [(DORA.email, None), (FORMER.email, None), (TYPED, DORA.user_id)]:
        mail = MailRequested(recipient=email, subject="Hello", body_text=DORA.name, user_id=user_id)
        deliver_and_commit(mail)
    for delivery in Delivery.objects.all():
        LogEntry.objects.create(
            user=shadow_account(MIA),
            content_type=ContentType.objects.get_for_model(Delivery),
            object_id=str(delivery.pk),
            object_repr=str(delivery),
            action_flag=CHANGE,
        )

    def end():
        erase()
        deliver(OrderForgotten(order_id=order["order_id"]), version=9)

    assert_forgets(end)

    assert Recipient.objects.get(pk=DORA.user_id).erased
    assert Delivery.objects.count() == 0


def test_an_open_order_goes_on_as_a_guests(deliver_and_commit, mailbox):
    order = order_of(DORA)
    deliver_and_commit(OrderPaid(**order, **bought()), version=3)
    erase()
    assert OrderWatch.objects.get().email == DORA.email

    shipped = OrderShipped(**{**order, "customer_id": None}, carrier="DHL", tracking_number="T1")
    deliver_and_commit(shipped, version=4)

    assert "?token=" in Delivery.objects.get(topic="order_shipped").text
    deliver(OrderForgotten(order_id=order["order_id"]), version=9)
    assert Delivery.objects.count() == 0
    assert OrderWatch.objects.get().email == ""


def test_an_older_fact_does_not_bring_the_person_back():
    order = order_of(None, email=DORA.email)
    deliver(OrderPaid(**order, **bought()), version=3)
    deliver(OrderForgotten(order_id=order["order_id"]), version=9)

    deliver(OrderShipped(**order, carrier="DHL", tracking_number="T1"), version=4)

    assert OrderWatch.objects.get().email == ""


@pytest.mark.parametrize(
    ("email", "user_id"), [(DORA.email, None), (FORMER.email, None), (TYPED, DORA.user_id)]
)
def test_a_mail_that_still_waited_goes_once_it_is_sent(email, user_id):
    deliver(MailRequested(recipient=email, subject="Bye", body_text="Bye", user_id=user_id))
    erase()
    Delivery.objects.update(status="pending")
    operations.forget_mails_of_erased()
    assert Delivery.objects.count() == 1

    Delivery.objects.update(status="sent", sent_at=NOW)
    operations.forget_mails_of_erased()

    assert Delivery.objects.count() == 0


def test_the_export_tells_a_persons_messages_and_nobody_elses(deliver_and_commit, mailbox):
    deliver_and_commit(OrderPaid(**order_of(DORA), **bought()), version=3)
    deliver_and_commit(OrderPaid(**order_of(), **bought()), version=3)

    told = exported()

    assert [row["recipient"] for row in told["mails"]] == [DORA.email]
    assert len(told["messages"]) == 1


def test_mails_to_an_address_that_was_only_typed_stay_somebody_elses(deliver_and_commit, mailbox):
    deliver_and_commit(MailRequested(recipient=DORA.email, subject="Hello", body_text="Hello"))

    deliver(UserDeleted(user_id=DORA.user_id))

    assert Delivery.objects.get().recipient == DORA.email


def test_the_export_tells_of_account_mails_without_their_keys(deliver_and_commit, mailbox):
    for email, user_id in [(FORMER.email, None), (TYPED, DORA.user_id), ("a@b.example", None)]:
        mail = MailRequested(
            recipient=email, subject="Your code", body_text="It is 123456", user_id=user_id
        )
        deliver_and_commit(mail)
    deliver_and_commit(OrderPaid(**order_of(DORA), **bought()), version=3)
    Delivery.objects.filter(topic="order_confirmed").update(text="/orders/1/?token=abc.def Bye")

    mails = sorted((row["recipient"], row["words"]) for row in exported()["mails"])

    assert mails == [
        (FORMER.email, ""),
        (DORA.email, "/orders/1/?token=… Bye"),
        (TYPED, ""),
    ]


@pytest.mark.parametrize("turn", [1, -1])
def test_the_end_of_an_order_is_told_before_it_is_forgotten(turn, deliver_and_commit, mailbox):
    """Two threads may handle the two facts at once."""
    order = order_of(None, email=DORA.email)
    delivered = (OrderDelivered(**order, product_ids=()), 4)
    forgotten = (OrderForgotten(order_id=order["order_id"]), 5)
    for fact, version in [delivered, forgotten][::turn]:
        deliver_and_commit(fact, version=version)

    (mail,) = mailbox.mails()
    operations.forget_mails_of_erased()

    assert (mail["to"], order["number"] in mail["subject"]) == ([DORA.email], True)
    assert Delivery.objects.count() == 0
    assert OrderWatch.objects.get().email == ""


def test_a_mail_of_a_forgotten_order_that_waits_is_sent(deliver_and_commit):
    order = order_of(None, email=DORA.email)
    deliver(OrderDelivered(**order, product_ids=()), version=4)
    Delivery.objects.update(status="pending")

    deliver(OrderForgotten(order_id=order["order_id"]), version=5)
    operations.forget_mails_of_erased()

    assert Delivery.objects.get().recipient == DORA.email


def test_nobody_hears_of_what_becomes_of_a_forgotten_order(deliver_and_commit, mailbox):
    order = order_of(None, email=ERASED_EMAIL)
    deliver_and_commit(OrderForgotten(order_id=order["order_id"]), version=5)

    refunded = OrderRefunded(**order, amount=bought()["totals"].total)
    deliver_and_commit(refunded, version=6)

    assert (Delivery.objects.count(), OrderWatch.objects.get().email) == (0, "")


def test_mails_of_accounts_from_before_learn_whose_they_were():
    Recipient.objects.create(user_id=DORA.user_id, email=DORA.email)
    Recipient.objects.create(user_id=uuid7(), erased=True)
    for topic, email in [("account_mail", DORA.email), ("account_mail", TYPED), ("x", DORA.email)]:
        Delivery.objects.create(event_id=uuid7(), topic=topic, recipient=email)

    import_module("notify.migrations.0004_account_mails_know_their_person").name_people(apps, None)

    told = Delivery.objects.exclude(user_id=None).values_list("topic", "recipient", "user_id")
    assert list(told) == [("account_mail", DORA.email, DORA.user_id)]

import re
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from notify.models import Delivery, InboxMessage, OrderWatch, Recipient
from notify.operations import OrderUnknown
from notify.tests.conftest import HOUR, TOTALS, bought, eur, order_of
from shared.auth.capabilities import holds_capability, mint_capability
from shared.contracts.inventory import StockLow
from shared.contracts.orders import (
    OrderAwaitingPayment,
    OrderCancelled,
    OrderDelivered,
    OrderLinkRequested,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)
from shared.contracts.payments import PaymentFailed
from shared.contracts.users import MailRequested, UserChanged, UserDeleted, UserRegistered
from shared.events.ids import uuid7
from shared.testing.events import deliver, published_names
from shared.testing.users import ALICE, BOB

pytestmark = pytest.mark.django_db


def awaiting(order):
    return OrderAwaitingPayment(**order, amount=eur("24.90"), expires_at=timezone.now() + HOUR)


ORDER_FACTS = [
    (lambda order: OrderPlaced(**order, **bought()), "placed", "2 x Mint & <b>fresh</b> tea"),
    (awaiting, "awaiting_payment", "Please pay €24.90 before"),
    (lambda order: OrderPaid(**order, **bought()), "paid", "Total: €24.90"),
    (
        lambda order: OrderShipped(**order, carrier="DHL", tracking_number="T1"),
        "shipped",
        "Tracking number: T1",
    ),
    (lambda order: OrderDelivered(**order, product_ids=(uuid7(),)), "delivered", "/reviews/new/"),
    (
        lambda order: OrderCancelled(**order, cart_id=uuid7(), reason="sold_out", was_paid=False),
        "cancelled",
        "Nothing was charged",
    ),
    (lambda order: OrderRefunded(**order, amount=eur("24.90")), "refunded", "€24.90 went back"),
]


@pytest.mark.parametrize(("make", "status", "says"), ORDER_FACTS)
def test_a_fact_three_times_is_one_mail_and_one_message(
    deliver_and_commit, mailbox, make, status, says
):
    order = order_of()

    deliver_and_commit(make(order), version=1)
    assert published_names() == []

    (mail,) = mailbox.mails()
    assert mail["to"] == [ALICE.email]
    assert says in mail["text"]
    assert "S-100001" in mail["subject"]
    assert mail["html"].startswith("<!doctype html>")
    assert mail["copies"] == 1
    assert "<b>fresh" not in mail["html"]
    message = InboxMessage.objects.get(user_id=ALICE.user_id)
    assert "S-100001" in message.title
    assert str(order["order_id"]) in message.url
    assert OrderWatch.objects.get().status == status


def test_mail_and_inbox_tell_the_time_of_the_shop(deliver_and_commit, mailbox, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    until = datetime(2099, 10, 24, 22, 30, tzinfo=UTC)

    deliver_and_commit(OrderAwaitingPayment(**order_of(), amount=eur("24.90"), expires_at=until))

    (mail,) = mailbox.mails()
    for text in (mail["text"], mail["html"], InboxMessage.objects.get().body):
        assert "before 25 October 2099, 00:30 CEST" in text


def test_a_guest_gets_links_that_open_the_order(deliver_and_commit, mailbox):
    order = order_of(None)
    token = mint_capability("order", order["order_id"])

    deliver_and_commit(awaiting(order))

    (mail,) = mailbox.mails("guest@souk.example")
    assert f"/payments/{order['order_id']}/?token={token}" in mail["text"]
    assert InboxMessage.objects.count() == 0


def test_a_link_to_an_account_carries_no_token(deliver_and_commit, mailbox):
    deliver_and_commit(awaiting(order_of()))

    (mail,) = mailbox.mails()
    assert "token=" not in mail["text"] + mail["html"]


def test_a_request_to_pay_that_comes_after_the_payment_is_kept_back():
    order = order_of()
    deliver(OrderPaid(**order, **bought()), version=3)

    deliver(awaiting(order), version=2)

    late = Delivery.objects.get(topic="payment_due")
    assert (late.status, late.error[:9]) == ("suppressed", "Overtaken")
    assert OrderWatch.objects.get().status == "paid"
    assert InboxMessage.objects.count() == 1


def test_a_part_that_went_back_leaves_the_order_paid():
    order = order_of()
    deliver(OrderPaid(**order, **bought()), version=3)

    deliver(OrderRefunded(**order, amount=eur("5.00")), version=4)

    assert OrderWatch.objects.get().status == "paid"
    deliver(OrderRefunded(**order, amount=TOTALS.total), version=5)
    assert OrderWatch.objects.get().status == "refunded"


def test_a_declined_payment_invites_to_try_again(deliver_and_commit, mailbox):
    order = order_of()
    deliver_and_commit(awaiting(order))

    deliver_and_commit(
        PaymentFailed(
            order_id=order["order_id"], payment_id=uuid7(), code="declined", message="No funds."
        )
    )

    assert "No funds." in mailbox.mails()[0]["text"]


def test_a_payment_of_an_order_nobody_knows_is_tried_again():
    fact = PaymentFailed(order_id=uuid7(), payment_id=uuid7(), code="declined", message="")

    with pytest.raises(OrderUnknown):
        deliver(fact)

    assert Delivery.objects.count() == 0


def test_a_new_account_is_welcomed(deliver_and_commit, mailbox):
    deliver_and_commit(
        UserRegistered(user_id=ALICE.user_id, email=ALICE.email, display_name="Alice")
    )

    (mail,) = mailbox.mails()
    assert (mail["subject"], mail["to"]) == ("Welcome to Souk", [ALICE.email])
    assert "Hello Alice," in mail["text"]


def test_an_older_state_of_a_person_changes_nothing():
    def changed(name):
        return UserChanged(user_id=ALICE.user_id, email=ALICE.email, display_name=name)

    deliver(changed("Alicia"), version=5)
    deliver(changed("Ally"), version=4)

    assert Recipient.objects.get().name == "Alicia"


def test_a_requested_mail_goes_out_as_it_was_composed(deliver_and_commit, mailbox):
    deliver_and_commit(
        MailRequested(
            recipient=BOB.email,
            subject="Reset\r\nBcc: eve@evil.example",
            body_text="https://shop.example/reset/secret",
            body_html="<p>reset</p>",
        )
    )

    (mail,) = mailbox.mails()
    assert mail["subject"] == "Reset Bcc: eve@evil.example"
    assert mail["to"] == [BOB.email]
    assert "secret" in mail["text"]
    assert "<p>reset</p>" in mail["html"]
    sent = Delivery.objects.get()
    assert (sent.status, sent.text, sent.html) == ("sent", "", "")


def test_low_stock_is_told_to_the_staff_alone():
    deliver(StockLow(sku="TEA", available=2, threshold=3))

    message = InboxMessage.objects.get()
    assert (message.user_id, message.title) == (None, "TEA is running out")
    assert Delivery.objects.count() == 0


def test_an_erased_person_is_forgotten_and_stays_so():
    deliver(OrderPaid(**order_of(), **bought()))
    deliver(OrderPaid(**order_of(BOB), **bought()))
    farewell = MailRequested(recipient=ALICE.email, subject="Bye", body_text="Bye")
    deliver(farewell)

    deliver(UserDeleted(user_id=ALICE.user_id, email=ALICE.email))
    deliver(UserRegistered(user_id=ALICE.user_id, email=ALICE.email, display_name="Alice"))

    assert list(Delivery.objects.values_list("topic", "recipient").order_by("topic")) == [
        ("account_mail", ALICE.email),
        ("order_confirmed", BOB.email),
    ]
    assert not InboxMessage.objects.filter(user_id=ALICE.user_id).exists()
    alice = Recipient.objects.get(pk=ALICE.user_id)
    assert (alice.email, alice.name, alice.erased) == ("", "", True)
    assert not OrderWatch.objects.filter(customer_id=ALICE.user_id).exists()


@pytest.mark.parametrize("person", [ALICE, None])
def test_a_link_that_was_asked_for_goes_to_the_orders_address(mailbox, deliver_and_commit, person):
    order = order_of(person)

    deliver_and_commit(OrderLinkRequested(**order))

    (mail,) = mailbox.mails()
    assert mail["to"] == [order["email"]]
    link = re.search(rf"/orders/{order['order_id']}/\?token=(\S+)", mail["text"])
    assert holds_capability("order", order["order_id"], link.group(1))
    assert not InboxMessage.objects.exists()

from dataclasses import replace

import pytest

from notify import operations
from notify.models import Delivery, InboxMessage, MessageTemplate
from notify.tests.conftest import NOW, bought, order_of
from shared.auth.capabilities import mint_capability
from shared.contracts.inventory import StockLow
from shared.contracts.orders import OrderPlaced
from shared.events.ids import uuid7
from shared.testing.events import deliver, published_names, run_enqueued_jobs
from shared.testing.users import ALICE, MIA, OTTO

pytestmark = pytest.mark.django_db
ADMIN = "/notify/admin/notify/"


@pytest.fixture
def failed(db):
    delivery = operations.send_account_mail(
        event_id=uuid7(), recipient=ALICE.email, subject="Reset", text="secret", html="", now=NOW
    )
    run_enqueued_jobs()
    Delivery.objects.update(status="failed", error="550", text="secret")
    return delivery


@pytest.fixture
def template(db):
    return MessageTemplate.objects.create(
        topic="welcome",
        channel="mail",
        subject="Ahoy {{ name }}",
        text="Hi {{ name }}",
        html="<p>Hi {{ name }}</p>",
    )


def test_otto_sends_a_failed_delivery_again(failed, client_of):
    body = {"action": "resend_selected", "_selected_action": [str(failed.pk)]}

    answer = client_of(OTTO).post(f"{ADMIN}delivery/", body, follow=True)

    assert "is sent again" in answer.text
    assert published_names() == ["job.notify.send_mail"]


@pytest.mark.parametrize("role", ["owner", "support", "analyst"])
def test_a_guests_token_is_shown_to_no_role(deliver_and_commit, client_of, role):
    order = order_of(None)
    deliver_and_commit(OrderPlaced(**order, **bought()))
    delivery = Delivery.objects.get()
    token = mint_capability("order", order["order_id"])
    assert token in delivery.text
    staff = client_of(replace(MIA, roles=frozenset({role})))

    pages = [staff.get(f"{ADMIN}delivery/{delivery.pk}/change/"), staff.get(f"{ADMIN}delivery/")]

    assert [page.status_code for page in pages] == [200, 200]
    assert "?token=…" in pages[0].text
    assert not any(token in page.text for page in pages)


def test_one_time_links_are_not_shown(failed, client_of):
    page = client_of(OTTO).get(f"{ADMIN}delivery/{failed.pk}/change/").text

    assert "secret" not in page
    assert ALICE.email in page


def test_a_new_template_begins_with_the_shops_own_words(client_of):
    page = client_of(MIA).get(f"{ADMIN}messagetemplate/add/?topic=welcome&channel=mail").text

    assert "Welcome to {{ shop_name }}" in page


def test_a_template_that_cannot_be_rendered_is_refused(client_of):
    body = {"topic": "welcome", "channel": "mail", "subject": "x", "text": "{% if %}", "html": ""}

    answer = client_of(MIA).post(f"{ADMIN}messagetemplate/add/", body)

    assert "TemplateSyntaxError" in answer.text
    assert MessageTemplate.objects.count() == 0


def test_a_preview_shows_sample_values_in_a_sandbox(template, client_of):
    page = client_of(MIA).get(f"{ADMIN}messagetemplate/{template.pk}/preview/").text

    assert "Ahoy Alice" in page
    assert "&lt;p&gt;Hi Alice&lt;/p&gt;" in page
    assert "sandbox" in page


def test_a_test_mail_goes_to_who_asked(template, client_of, mailbox):
    mia = client_of(MIA)
    url = f"{ADMIN}messagetemplate/{template.pk}/send-test/"
    assert MIA.email in mia.get(url).text
    assert Delivery.objects.count() == 0

    mia.post(url)
    run_enqueued_jobs()

    (mail,) = mailbox.mails()
    assert (mail["to"], mail["subject"]) == ([MIA.email], "Ahoy Alice")


def test_the_staff_see_their_own_messages_only(client_of):
    deliver(StockLow(sku="TEA", available=2, threshold=3))
    InboxMessage.objects.create(
        event_id=uuid7(), user_id=ALICE.user_id, topic="welcome", title="Private"
    )

    page = client_of(MIA).get(f"{ADMIN}inboxmessage/").text
    assert "TEA is running out" in page
    assert "Private" not in page

    mine = InboxMessage.objects.get(user_id=None)
    body = {"action": "mark_read_selected", "_selected_action": [str(mine.pk)]}
    client_of(MIA).post(f"{ADMIN}inboxmessage/", body)
    mine.refresh_from_db()
    assert mine.read_at is not None


def test_a_shopper_is_kept_out(template, client_of):
    for path in ("delivery/", f"messagetemplate/{template.pk}/preview/"):
        assert client_of(ALICE).get(f"{ADMIN}{path}").status_code in (302, 403)


@pytest.mark.parametrize(("status", "offered"), [("failed", True), ("sent", False)])
def test_sending_again_is_offered_for_what_failed(failed, client_of, status, offered):
    Delivery.objects.update(status=status, sent_at=NOW)

    page = client_of(OTTO).get(f"{ADMIN}delivery/{failed.pk}/change/").text

    assert (f"{ADMIN}delivery/{failed.pk}/resend/" in page) is offered


def test_a_link_sends_nothing_again_and_its_form_does(failed, client_of):
    url = f"{ADMIN}delivery/{failed.pk}/resend/"

    assert "Send this message again?" in client_of(OTTO).get(url).text
    assert published_names() == []
    assert "is sent again" in client_of(OTTO).post(url, follow=True).text
    assert published_names() == ["job.notify.send_mail"]


def test_who_may_only_look_sends_nothing_again(failed, client_of, settings):
    settings.STAFF_PERMISSIONS = {"support": ["notify.view_*"]}
    url = f"{ADMIN}delivery/{failed.pk}/resend/"

    assert client_of(MIA).post(url).status_code == 403
    assert url not in client_of(MIA).get(f"{ADMIN}delivery/{failed.pk}/change/").text
    assert published_names() == []


def test_topics_have_their_titles(template, client_of):
    Delivery.objects.create(event_id=uuid7(), topic="order_received", recipient=ALICE.email)

    page = client_of(OTTO).get(f"{ADMIN}delivery/").text

    assert "We have your order" in page
    assert ">order_received<" not in page


@pytest.mark.parametrize(("role", "is_linked"), [("fulfilment", True), ("support", False)])
def test_a_message_links_to_what_its_reader_may_open(client_of, db, role, is_linked):
    deliver(StockLow(sku="TEA-1", available=1, threshold=3))
    message = InboxMessage.objects.get()
    reader = replace(MIA, roles=frozenset({role}))

    page = client_of(reader).get(f"{ADMIN}inboxmessage/{message.pk}/change/").text

    assert ('href="/inventory/admin/inventory/stockitem/?q=TEA-1"' in page) is is_linked
    assert ("stockitem" in page) is is_linked


def test_who_may_not_change_a_template_sends_no_test(client_of, template):
    url = f"{ADMIN}messagetemplate/{template.pk}/"
    page = client_of(replace(MIA, roles=frozenset({"analyst"}))).get(f"{url}change/").text

    assert f"{url}preview/" in page
    assert f"{url}send-test/" not in page

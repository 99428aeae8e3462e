import pytest

from notify.models import InboxMessage, Preference
from notify.tests.conftest import NOW
from shared.events.ids import uuid7
from shared.testing.users import ALICE, BOB, CAROL

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(db):
    return InboxMessage.objects.create(
        event_id=uuid7(),
        user_id=ALICE.user_id,
        topic="order_shipped",
        title="Order S-1 is on its way <!--# x -->",
        body="With DHL.",
        url="/orders/1/",
        created_at=NOW,
    )


@pytest.mark.parametrize("path", ["inbox/", "preferences/", "fragments/inbox/"])
def test_a_stranger_is_sent_to_sign_in(client_of, path):
    answer = client_of(None).get(f"/notify/{path}")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/users/login/?next=")


@pytest.mark.parametrize("path", ["inbox/", "fragments/inbox/"])
def test_alice_sees_her_messages(message, client_of, path):
    page = client_of(ALICE).get(f"/notify/{path}")

    assert "Order S-1 is on its way" in page.text
    assert 'href="/orders/1/"' in page.text
    assert "<!--# x" not in page.text
    assert page["Cache-Control"] == "private, no-store"


def test_an_empty_inbox_says_so(message, client_of):
    assert "No messages yet" in client_of(CAROL).get("/notify/inbox/").text


def test_the_bell_counts_what_is_unread(message, client_of):
    url = "/notify/fragments/bell/"
    assert "unread: </span>1" in client_of(ALICE).get(url).text
    assert "unread" not in client_of(BOB).get(url).text
    assert client_of(None).get(url).text == ""


def test_alice_marks_one_as_read_and_bob_cannot(message, client_of):
    url = f"/notify/inbox/{message.id}/read/"
    assert client_of(BOB).post(url).status_code == 404
    message.refresh_from_db()
    assert message.read_at is None

    assert client_of(ALICE).post(url)["Location"] == "/notify/inbox/"

    message.refresh_from_db()
    assert message.read_at is not None


def test_alice_marks_all_as_read(message, client_of):
    client_of(ALICE).post("/notify/inbox/read/")

    message.refresh_from_db()
    assert message.read_at is not None


def test_a_page_far_away_is_the_last_one(message, client_of):
    assert client_of(ALICE).get("/notify/inbox/?page=999").status_code == 200


def test_unticked_boxes_switch_topics_off(client_of):
    alice = client_of(ALICE)

    answer = alice.post("/notify/preferences/", {"welcome.mail": "on"}, follow=True)

    assert "Your choices are saved." in answer.text
    wishes = {(p.topic, p.channel): p.enabled for p in Preference.objects.all()}
    assert wishes["welcome", "mail"] is True
    assert wishes["welcome", "inbox"] is False
    assert wishes["order_confirmed", "mail"] is True


def test_a_form_without_csrf_token_changes_nothing(message, token_issuer):
    from django.test import Client

    raw = token_issuer.access_token(ALICE, via="session")
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {raw}"})

    for path in ("inbox/read/", f"inbox/{message.id}/read/", "preferences/"):
        assert client.post(f"/notify/{path}").status_code == 403

    message.refresh_from_db()
    assert message.read_at is None
    assert Preference.objects.count() == 0

import pytest

from notify import operations, queries
from notify.models import Delivery, InboxMessage, Preference
from notify.tests.conftest import NOW, bought, order_of
from shared.contracts.orders import OrderPlaced, OrderShipped
from shared.events.ids import uuid7
from shared.testing.events import deliver
from shared.testing.users import ALICE, BOB, CAROL

pytestmark = pytest.mark.django_db
API = "/notify/api/v1/"


@pytest.fixture
def message(db):
    return InboxMessage.objects.create(
        event_id=uuid7(), user_id=ALICE.user_id, topic="welcome", title="Hi", created_at=NOW
    )


def test_alice_reads_her_messages(message, api_of):
    alice = api_of(ALICE)
    body = alice.get(f"{API}messages/?unread=1").json()
    assert set(body) == {"count", "next", "previous", "results"}
    assert [row["title"] for row in body["results"]] == ["Hi"]

    read = alice.post(f"{API}messages/{message.id}/read/").json()

    assert read["read_at"] is not None
    assert alice.get(f"{API}messages/?unread=1").json()["count"] == 0
    assert alice.get(f"{API}messages/").json()["count"] == 1


def test_reading_again_keeps_the_first_time(message):
    operations.mark_read(user_id=ALICE.user_id, message_id=message.id, now=NOW)

    again = operations.mark_read(user_id=ALICE.user_id, message_id=message.id, now=None)

    assert again.read_at == NOW


@pytest.mark.parametrize(("person", "status"), [(None, 401), (BOB, 404)])
def test_nobody_reads_a_strangers_message(message, api_of, person, status):
    answer = api_of(person).post(f"{API}messages/{message.id}/read/")

    assert answer.status_code == status
    message.refresh_from_db()
    assert message.read_at is None


def test_all_messages_are_read_at_once(message, api_of):
    assert api_of(ALICE).post(f"{API}messages/read/").json() == {"read": 1}
    assert api_of(BOB).post(f"{API}messages/read/").json() == {"read": 0}


def test_a_topic_that_was_switched_off_is_silent(api_of):
    change = {"order_shipped": {"mail": False, "inbox": False}}
    answer = api_of(ALICE).patch(f"{API}preferences/", change)
    assert answer.json()["order_shipped"] == {
        "title": "A parcel is on its way",
        "required": False,
        "mail": False,
        "inbox": False,
    }

    deliver(OrderShipped(**order_of()))
    assert InboxMessage.objects.count() == 0
    deliver(OrderShipped(**order_of(BOB)))
    assert dict(Delivery.objects.values_list("recipient", "status")) == {
        ALICE.email: "suppressed",
        BOB.email: "sending",
    }

    api_of(ALICE).patch(f"{API}preferences/", {"order_shipped": {"mail": True}})
    deliver(OrderShipped(**order_of()))
    assert Delivery.objects.filter(status="sending").count() == 2


def test_everything_is_on_at_first(api_of):
    body = api_of(CAROL).get(f"{API}preferences/").json()

    assert body["order_confirmed"]["required"]
    assert all(choice["mail"] and choice["inbox"] for choice in body.values())


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"order_confirmed": {"mail": False}}, 409, "preference_required"),
        ({"welcome": {"mail": False}, "no_such": {"mail": False}}, 400, "invalid_input"),
        ({"detail": {"mail": False}}, 400, "invalid_input"),
        ({"welcome": {"pigeon": False}}, 400, "invalid_input"),
        ({"welcome": {"mail": "perhaps"}}, 400, "invalid_input"),
        ({"welcome": False}, 400, "invalid_input"),
        ([1], 400, "invalid_input"),
    ],
)
def test_a_senseless_wish_changes_nothing(api_of, change, status, code):
    answer = api_of(ALICE).patch(f"{API}preferences/", change)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert Preference.objects.count() == 0


def test_a_stranger_has_neither_wishes_nor_messages(api_of):
    for path in ("preferences/", "messages/"):
        assert api_of(None).get(f"{API}{path}").status_code == 401
    answer = api_of(None).patch(f"{API}preferences/", {"welcome": {"mail": False}})
    assert (answer.status_code, Preference.objects.count()) == (401, 0)


def test_a_cookie_alone_changes_nothing(api_of, token_issuer):
    from rest_framework.test import APIClient

    client = APIClient(enforce_csrf_checks=True)
    raw = token_issuer.access_token(ALICE, via="session")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")

    answer = client.patch(f"{API}preferences/", {"welcome": {"mail": False}})

    assert (answer.status_code, Preference.objects.count()) == (403, 0)


def test_the_schema_describes_the_api(api_of):
    schema = api_of(None).get(f"{API}schema/?format=json").json()

    assert "/notify/api/v1/preferences/" in schema["paths"]


def test_lists_take_one_query_each(message, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert len(list(queries.list_messages(ALICE.user_id))) == 1
    with django_assert_num_queries(1):
        assert len(queries.list_preferences(ALICE.user_id)) == 11


def test_an_order_of_a_guest_puts_nothing_into_an_inbox():
    deliver(OrderPlaced(**order_of(None), **bought()))

    assert InboxMessage.objects.count() == 0

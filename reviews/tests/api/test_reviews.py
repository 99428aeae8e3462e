import pytest

from reviews.models import Review
from shared.events.ids import uuid7
from shared.testing.events import published_names
from shared.testing.users import ALICE, BOB

pytestmark = pytest.mark.django_db
URL = "/reviews/api/v1/reviews/"


def body(product, **changes):
    fields = {"product_id": str(product.pk), "rating": 4, "title": "Good", "body": "Quite good."}
    return {**fields, **changes}


def test_alice_writes_and_everybody_reads(tea, api_of):
    made = api_of(ALICE).post(URL, body(tea))

    assert made.status_code == 201
    assert {"id", "rating", "title", "body", "verified_purchase", "status"} <= set(made.json())
    listed = api_of(None).get(URL, {"product": str(tea.pk)}).json()
    assert [row["id"] for row in listed["results"]] == [made.json()["id"]]


def test_a_stranger_does_not_write(tea, api_of):
    assert api_of(None).post(URL, body(tea)).status_code == 401
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"rating": 0}, 400, "invalid_input"),
        ({"rating": 6}, 400, "invalid_input"),
        ({"rating": "many"}, 400, "invalid_input"),
        ({"title": ""}, 400, "invalid_input"),
        ({"body": "x" * 4001}, 400, "invalid_input"),
        ({"product_id": "none"}, 400, "invalid_input"),
        ({"product_id": str(uuid7())}, 404, "unknown_product"),
    ],
)
def test_bad_reviews_are_refused(tea, api_of, changes, status, code):
    answer = api_of(ALICE).post(URL, body(tea, **changes))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Review.objects.exists()
    assert published_names() == []


def test_the_second_one_is_a_conflict(tea, api_of):
    api_of(ALICE).post(URL, body(tea))

    answer = api_of(ALICE).post(URL, body(tea))

    assert (answer.status_code, answer.json()["code"]) == (409, "already_reviewed")


def test_pending_ones_are_nobodys_to_read(reviewed, api_of):
    reviewed(body="http://spam.example")

    assert api_of(None).get(URL).json()["count"] == 0


def test_bob_votes_and_alice_may_not(reviewed, api_of):
    url = f"{URL}{reviewed().pk}/vote/"

    assert api_of(BOB).post(url, {"helpful": True}).json()["helpful"] == 1
    assert api_of(ALICE).post(url, {"helpful": True}).json()["code"] == "own_review"
    assert api_of(None).post(url, {"helpful": True}).status_code == 401
    assert api_of(BOB).post(f"{URL}{uuid7()}/vote/", {"helpful": True}).status_code == 404


def test_a_senseless_filter_is_told(api_of):
    assert api_of(None).get(URL, {"product": "x"}).json()["code"] == "invalid_input"

import re

import pytest

from reviews.models import Review
from shared.testing.events import published_names
from shared.testing.users import BOB, CAROL, MIA, OTTO

pytestmark = pytest.mark.django_db
ADMIN = "/reviews/admin/reviews/review/"


@pytest.fixture
def held(reviewed):
    review = reviewed(BOB)
    Review.objects.filter(pk=review.pk).update(status="pending", hold_reasons=["bad_words"])
    return review


def offered(client, review):
    page = client.get(f"{ADMIN}{review.pk}/change/").text
    return {step for step in ("publish", "reject") if f"{ADMIN}{review.pk}/{step}/" in page}


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        ("pending", {"publish", "reject"}),
        ("published", {"reject"}),
        ("rejected", {"publish"}),
    ],
)
def test_only_what_would_change_something_is_offered(held, client_of, status, steps):
    Review.objects.update(status=status)

    assert offered(client_of(MIA), held) == steps


def test_a_link_asks_and_its_form_publishes(held, client_of):
    mia = client_of(MIA)
    before = published_names()

    assert "Publish this review?" in mia.get(f"{ADMIN}{held.pk}/publish/").text
    assert Review.objects.get().status == "pending"
    assert published_names() == before
    page = mia.post(f"{ADMIN}{held.pk}/publish/", follow=True)

    assert "Published: 1." in page.text
    assert Review.objects.get().status == "published"
    assert "review.published" in published_names()


def test_of_two_who_decide_at_once_the_second_is_told(held, client_of):
    mia, otto = client_of(MIA), client_of(OTTO)
    page = mia.get(f"{ADMIN}{held.pk}/publish/").text
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]
    otto.post(f"{ADMIN}{held.pk}/reject/", {"seen": seen})
    answer = mia.post(f"{ADMIN}{held.pk}/publish/", {"seen": seen}, follow=True)

    assert "this was pending, and is rejected now" in answer.text
    assert Review.objects.get().status == "rejected"


def test_who_may_only_look_moderates_nothing(held, client_of, settings):
    settings.STAFF_PERMISSIONS = {"support": ["reviews.view_*"]}
    mia = client_of(MIA)

    assert offered(mia, held) == set()
    assert mia.post(f"{ADMIN}{held.pk}/publish/").status_code == 403
    assert Review.objects.get().status == "pending"


def test_the_page_says_in_words_why_a_review_is_held(held, client_of):
    page = client_of(MIA).get(f"{ADMIN}{held.pk}/change/").text

    assert "Bad words" in page
    assert "bad_words" not in page


def test_the_list_tells_how_many_have_changed(held, reviewed, client_of):
    done = reviewed(CAROL)
    Review.objects.filter(pk=done.pk).update(status="published")
    body = {"action": "publish", "_selected_action": [str(held.pk), str(done.pk)]}

    page = client_of(OTTO).post(ADMIN, body, follow=True)

    assert "Published: 1." in page.text


def test_what_is_to_be_moderated_waits(held, reviewed, client_of):
    done = reviewed(CAROL)
    Review.objects.filter(pk=done.pk).update(status="published", title="Nothing to do")

    page = client_of(MIA).get("/reviews/admin/fragments/tasks/").text
    listed = client_of(MIA).get(ADMIN, {"waits": "pending"}).text

    assert ">1</span> <span>Reviews to moderate" in page
    assert held.title in listed
    assert "Nothing to do" not in listed

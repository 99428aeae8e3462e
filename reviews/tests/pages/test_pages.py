import pytest

from reviews.models import Review
from shared.events.ids import uuid7
from shared.testing.users import ALICE, BOB, MIA

pytestmark = pytest.mark.django_db
FORM = {"rating": "4", "title": "Good", "body": "Quite <b>good</b>."}


def test_the_fragment_shows_what_others_say(reviewed, tea, client_of):
    reviewed(title="<script>x</script><!--# echo var=x -->")

    answer = client_of(None).get(f"/reviews/fragments/public/product/{tea.pk}/")

    assert "5.0" in answer.text
    assert "<script>" not in answer.text
    assert "<!--#" not in answer.text
    assert answer["X-Accel-Expires"] == "10"


def test_the_fragment_takes_two_queries(reviewed, tea, client_of, django_assert_num_queries):
    reviewed()
    reviewed(BOB)

    with django_assert_num_queries(2):
        client_of(None).get(f"/reviews/fragments/public/product/{tea.pk}/")


def test_nobody_has_said_anything_yet(tea, client_of):
    answer = client_of(None).get(f"/reviews/fragments/public/product/{tea.pk}/")

    assert "Be the first" in answer.text


def test_alice_writes_by_the_form(tea, client_of):
    url = f"/reviews/new/?product={tea.pk}"
    assert "How is Mint tea?" in client_of(ALICE).get(url).text

    answer = client_of(ALICE).post(url, FORM, follow=True)

    assert "Your review" in answer.text
    assert Review.objects.get().rating == 4


@pytest.mark.parametrize("field", ["rating", "title", "body"])
def test_a_missing_part_is_asked_for(tea, client_of, field):
    answer = client_of(ALICE).post(f"/reviews/new/?product={tea.pk}", {**FORM, field: ""})

    assert answer.status_code == 400
    assert not Review.objects.exists()


def test_a_stranger_signs_in_first(tea, client_of):
    answer = client_of(None).get(f"/reviews/new/?product={tea.pk}")

    assert answer["Location"].startswith("/users/login/?next=")


@pytest.mark.parametrize("product", ["", "x", str(uuid7())])
def test_an_unknown_product_is_a_404(client_of, product, db):
    assert client_of(ALICE).get(f"/reviews/new/?product={product}").status_code == 404


def test_the_merchant_moderates_in_the_admin(reviewed, client_of):
    review = reviewed(body="http://spam.example")
    url = "/reviews/admin/reviews/review/"

    client_of(MIA).post(url, {"action": "publish", "_selected_action": [str(review.pk)]})

    review.refresh_from_db()
    assert review.status == "published"
    assert client_of(MIA).get(f"{url}{review.pk}/change/").status_code == 200


def test_every_review_has_a_heading(reviewed, tea, client_of):
    reviewed(title="Fresh")

    page = client_of(None).get(f"/reviews/fragments/public/product/{tea.pk}/").text

    assert '<h3 class="review__title">Fresh</h3>' in page

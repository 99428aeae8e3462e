import pytest

from recommend import operations
from recommend.models import ProductView
from recommend.tests.conftest import NOW
from shared.events.ids import uuid7
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db
V1 = "/recommend/api/v1/"


def test_each_product_comes_with_its_reason(product, bought, api_of):
    tea, pot = product("Tea"), product("Pot")
    bought(tea, pot)
    operations.train_copurchases(now=NOW)

    (row,) = api_of(None).get(f"{V1}similar/{tea.pk}/").json()["results"]

    assert (row["title"], row["reason"]) == ("Pot", "copurchase")
    assert row["price"] == {"amount": "5.00", "currency": "EUR"}
    assert row["price_max"] is None


def test_trending_needs_no_account_and_for_me_does(product, api_of):
    product("Tea")

    assert len(api_of(None).get(f"{V1}trending/").json()["results"]) == 1
    assert api_of(None).get(f"{V1}for-me/").status_code == 401
    assert len(api_of(ALICE).get(f"{V1}for-me/").json()["results"]) == 1


def test_an_unknown_product_says_so(api_of, db):
    assert api_of(None).get(f"{V1}similar/{uuid7()}/").json()["code"] == "unknown_product"


def test_a_view_is_noted_unless_the_person_asks_not_to_be(product, api_of):
    body = {"product_id": str(product("Tea").pk)}

    assert api_of(ALICE).post(f"{V1}views/", body).status_code == 204
    assert api_of(ALICE).post(f"{V1}views/", body, headers={"Sec-GPC": "1"}).status_code == 204

    assert ProductView.objects.get().customer_id == ALICE.user_id


@pytest.mark.parametrize("body", [{}, {"product_id": "x"}])
def test_senseless_views_are_refused(api_of, db, body):
    assert api_of(None).post(f"{V1}views/", body).status_code == 400
    assert not ProductView.objects.exists()

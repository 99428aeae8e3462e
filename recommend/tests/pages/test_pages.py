import re
from decimal import Decimal

import pytest

from recommend import operations
from recommend.tests.conftest import NOW
from shared.events.ids import uuid7
from shared.testing.users import ALICE, OTTO

pytestmark = pytest.mark.django_db


def test_the_fragment_names_what_was_bought_too(product, bought, client_of):
    tea, pot = product("Tea"), product("Pot")
    url = f"/recommend/fragments/public/similar/{tea.pk}/"
    assert "You may also like" in client_of(None).get(url).text

    bought(tea, pot)
    operations.train_copurchases(now=NOW)

    answer = client_of(None).get(url)
    assert "Customers also bought" in answer.text
    assert "/catalog/products/pot/" in answer.text
    assert answer["X-Accel-Expires"] == "30"


def test_a_card_says_where_a_dearer_variant_is(product, client_of):
    product("Tea", price_max=Decimal("9.00"))
    product("Pot", price_max=Decimal("5.00"))

    row = client_of(None).get("/recommend/fragments/public/trending/").text

    assert row.count("from €5.00") == 1
    assert client_of(ALICE).get("/recommend/for-me/").text.count("from €5.00") == 1


def test_nothing_to_show_is_nothing(client_of, db):
    assert client_of(None).get("/recommend/fragments/public/trending/").text.strip() == ""


def test_an_unknown_product_has_no_fragment(client_of, db):
    answer = client_of(None).get(f"/recommend/fragments/public/similar/{uuid7()}/")

    assert answer.status_code == 404


def test_for_me_is_for_people_with_an_account(product, client_of):
    assert client_of(None).get("/recommend/for-me/").status_code == 302
    assert "Nothing yet" in client_of(ALICE).get("/recommend/for-me/").text

    product("Tea")

    assert "Tea" in client_of(ALICE).get("/recommend/for-me/").text


def test_the_admin_shows_and_trains(product, bought, client_of):
    bought(product("Tea"), product("Pot"))
    operations.train_copurchases(now=NOW)
    url = "/recommend/admin/recommend/trainedmodel/"

    page = client_of(OTTO).get(url)

    assert page.status_code == 200
    assert client_of(OTTO).get("/recommend/admin/recommend/pair/").status_code == 200


def test_the_things_for_me_come_right_under_the_title(product, bought, client_of):
    product("Tea")
    bought(product("Pot"), product("Cup"))

    page = client_of(ALICE).get("/recommend/for-me/").text

    main = page[page.index("<main") : page.index("</main>")]
    levels = [int(level) for level in re.findall(r"<h([1-6])", main)]
    assert levels[0] == 1
    assert levels[1:]
    assert set(levels[1:]) == {2}

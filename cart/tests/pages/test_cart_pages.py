import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cart.models import Cart, CartLine, Checkout
from shared.testing.cast import ALICE
from shared.testing.events import published_names

pytestmark = pytest.mark.django_db
FORM = {
    "email": "guest@souk.example",
    "name": "Guest",
    "line1": "Long Street 1",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
    "shipping_method": "standard",
    "key": "k1",
}


@pytest.fixture
def guest(shop):
    """A guest's browser with two teas in the cart."""
    client = Client()
    assert client.post("/cart/items/", {"sku": "TEA", "quantity": "2"}).status_code == 303
    return client


def test_an_empty_cart_invites(db):
    assert "Your cart is empty" in Client().get("/cart/").text
    assert not Cart.objects.exists()


def test_the_buy_button_makes_a_cart(guest):
    page = guest.get("/cart/").text

    assert "€10.00" in page
    assert "It is in your cart." in page
    assert guest.cookies["cart"]["httponly"]


def test_the_badge_counts(guest):
    assert "2" in guest.get("/cart/fragments/badge/").text


def test_a_line_changes_and_goes(guest):
    guest.post("/cart/items/TEA/", {"quantity": "3"})
    assert CartLine.objects.get().quantity == 3

    guest.post("/cart/items/TEA/", {"remove": "1"})
    assert not CartLine.objects.exists()


@pytest.mark.parametrize("quantity", ["0", "-1", "x", "100", "1e9", "٣"])
def test_a_senseless_quantity_is_told_and_changes_nothing(guest, quantity):
    page = guest.post("/cart/items/TEA/", {"quantity": quantity}, follow=True)

    assert page.status_code == 200
    assert "alert" in page.text
    assert CartLine.objects.get().quantity == 2


def test_a_code_is_applied_and_taken_off(guest, coupon):
    coupon()

    assert "−€1.00" in guest.post("/cart/coupon/", {"code": "TEN"}, follow=True).text
    assert "−€1.00" not in guest.post("/cart/coupon/", {"remove": "1"}, follow=True).text


def test_the_checkout_shows_what_it_costs(guest):
    page = guest.get("/cart/checkout/").text

    assert "€14.90" in page
    assert re.search(r'name="key" value="[0-9a-f]{32}"', page)


def test_two_clicks_are_one_order(guest):
    answers = [guest.post("/cart/checkout/", FORM) for _ in range(2)]

    order = Checkout.objects.get().order_id
    for answer in answers:
        assert answer.status_code == 303
        assert answer["Location"].startswith(f"/orders/{order}/?token=")
    assert published_names() == ["cart.checked_out"]


def test_an_account_goes_to_its_order_without_a_token(filled, client_of):
    filled(TEA=1)

    answer = client_of(ALICE).post("/cart/checkout/", FORM)

    assert answer["Location"] == f"/orders/{Checkout.objects.get().order_id}/"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("postal_code", "1", "no postal code"),
        ("phone", "hello", "no phone number"),
        ("email", "x", "valid email"),
        ("name", "", "required"),
        ("shipping_method", "rocket", "valid choice"),
        ("country", "XX", "valid choice"),
    ],
)
def test_a_mistake_stands_beside_its_field(guest, field, value, says):
    page = guest.post("/cart/checkout/", {**FORM, field: value})

    assert page.status_code == 400
    assert says in page.text
    assert not Checkout.objects.exists()
    assert published_names() == []


def test_changing_the_country_asks_for_nothing_else(guest):
    page = guest.post("/cart/checkout/", {"country": "AT", "update": "1"})

    assert page.status_code == 200
    assert "This field is required" not in page.text


def test_an_empty_cart_has_nothing_to_check_out(shop):
    assert Client().get("/cart/checkout/")["Location"] == "/cart/"


def test_without_the_csrf_token_nothing_happens(shop):
    client = Client(enforce_csrf_checks=True)

    assert client.post("/cart/items/", {"sku": "TEA"}).status_code == 403
    assert not Cart.objects.exists()


def test_a_shopper_with_an_account_is_not_taken_for_a_guest(shop, client_of):
    alice = client_of(ALICE)
    alice.post("/cart/items/", {"sku": "TEA", "quantity": "2"})
    assert alice.cookies["cart"].value == "account"

    with CaptureQueriesContext(connection) as asked:
        assert "€10.00" in alice.get("/cart/").text
    assert len(asked) == 3  # the cart, its lines with their offers, tax rates

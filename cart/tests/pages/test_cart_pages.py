import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cart.models import Cart, CartLine
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db


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


def test_the_badge_counts_a_guests_cart_from_the_sign_in_on(guest, client_of):
    client_of(ALICE).post("/cart/items/", {"sku": "TEA", "quantity": "3"})
    alice = client_of(ALICE)
    alice.cookies = guest.cookies

    before = alice.get("/cart/fragments/badge/").text
    assert "What you had put into your cart" in alice.get("/cart/").text

    assert "</span>5</span>" in before
    assert alice.get("/cart/fragments/badge/").text == before


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

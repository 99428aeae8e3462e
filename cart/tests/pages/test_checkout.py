import re
from decimal import Decimal

import pytest
from django.test import Client

from cart.models import Checkout, Offer, ShippingMethod
from shared.contracts.cart import CartCheckedOut
from shared.testing.events import published, published_names
from shared.testing.users import ALICE

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
    "expected_total": "14.90",
}


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
    filled(TEA=2)

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


@pytest.mark.parametrize("region", ["東京都", "Tokyo"])
def test_a_state_stays_chosen_in_the_language_that_it_was_saved_in(guest, express, region):
    page = guest.post("/cart/checkout/", {"country": "JP", "region": region, "update": "1"})

    assert f'<option value="{region}" selected>Tokyo</option>' in page.text
    assert page.text.count(">Tokyo</option>") == 1


def test_an_empty_cart_has_nothing_to_check_out(shop):
    assert Client().get("/cart/checkout/")["Location"] == "/cart/"


@pytest.fixture
def express(shop):
    """Everywhere for 11.90."""
    return ShippingMethod.objects.create(
        code="express", title="Express", countries=["*"], price=Decimal("11.90"), position=1
    )


def test_a_country_that_was_only_tried_leaves_no_delivery_chosen(guest, express):
    express.countries, express.position = ["US"], 0
    express.save()
    abroad = guest.post("/cart/checkout/", {**FORM, "country": "US", "update": "1"}).text
    assert 'name="suggested_method" value="express"' in abroad

    express.countries, express.position = ["*"], 9
    express.save()
    sent = {**FORM, "shipping_method": "express", "update": "1"}
    back = guest.post("/cart/checkout/", {**sent, "suggested_method": "express"}).text
    assert 'value="standard" checked' in back
    chosen = guest.post("/cart/checkout/", {**sent, "suggested_method": "standard"}).text
    assert 'value="express" checked' in chosen


def order(client, **changes):
    return client.post("/cart/checkout/", {**FORM, **changes})


def nothing_is_ordered():
    return not Checkout.objects.exists() and published_names() == []


def test_the_button_says_that_ordering_means_paying_and_how_much(guest):
    page = guest.get("/cart/checkout/").text

    assert "Order and pay €14.90</button>" in page
    assert 'name="expected_total" value="14.90"' in page


def test_nobody_orders_for_another_total_than_the_page_showed(guest):
    Offer.objects.filter(sku="TEA").update(price=Decimal("49.00"))

    page = order(guest)

    assert page.status_code == 409
    assert "The total is €98.00 now; the page showed €14.90. Nothing was ordered." in page.text
    assert 'value="Long Street 1"' in page.text
    assert nothing_is_ordered()
    assert order(guest, expected_total="98.00").status_code == 303


@pytest.mark.parametrize("total", ["", None])
def test_an_order_without_a_shown_total_is_shown_it_first(guest, total):
    form = {name: value for name, value in FORM.items() if name != "expected_total"}
    page = guest.post("/cart/checkout/", form if total is None else {**form, "expected_total": ""})

    assert page.status_code == 409
    assert 'name="expected_total" value="14.90"' in page.text
    assert nothing_is_ordered()


def test_a_delivery_chosen_without_script_is_shown_its_total_before_it_is_ordered(guest, express):
    page = order(guest, shipping_method="express")

    assert page.status_code == 409
    assert "Order and pay €21.90</button>" in page.text
    assert re.search(r'value="express" checked', page.text)
    assert nothing_is_ordered()

    assert order(guest, shipping_method="express", expected_total="21.90").status_code == 303
    assert str(published(CartCheckedOut)[0].totals.total.amount) == "21.90"


def test_the_page_follows_the_delivery_that_is_chosen(guest, express):
    page = order(guest, shipping_method="express", update="1")

    assert page.status_code == 200
    assert "Order and pay €21.90</button>" in page.text
    assert nothing_is_ordered()


def test_a_method_for_everywhere_sends_everywhere(guest, express):
    page = guest.get("/cart/checkout/").text

    assert '<option value="HK">Hong Kong SAR China</option>' in page
    assert '<option value="XX"' not in page


def test_a_country_without_postal_codes_needs_none(guest, express):
    chosen = {"country": "HK", "postal_code": "", "city": "", "shipping_method": "express"}
    shown = order(guest, **chosen, update="1").text
    assert '<option value="Kowloon">' in shown
    assert "Postal code</label>" not in shown.replace(
        'Postal code <span class="field__optional">(optional)</span></label>', ""
    )

    answer = order(guest, **chosen, region="Kowloon", expected_total="21.90")

    assert answer.status_code == 303
    assert published(CartCheckedOut)[0].shipping_address.region == "Kowloon"


def test_a_state_is_asked_for_where_there_are_states(guest, express):
    chosen = {"country": "US", "postal_code": "94016", "shipping_method": "express"}
    page = order(guest, **chosen, expected_total="21.90")

    assert page.status_code == 400
    assert "An address of this country needs it." in page.text or "required" in page.text
    assert '<option value="CA">California</option>' in page.text
    assert nothing_is_ordered()


def test_a_session_that_ends_meanwhile_costs_nobody_the_address(filled, client_of):
    filled(TEA=2)
    stranger = Client()

    page = order(stranger)

    assert page.status_code == 409
    assert "you were signed out" in page.text
    assert "Order and pay" not in page.text
    assert 'value="Long Street 1"' in page.text
    assert nothing_is_ordered()


def test_who_loses_all_cookies_gets_the_form_back_as_it_was(guest):
    stranger = Client(enforce_csrf_checks=True)

    page = order(stranger)

    assert page.status_code == 403
    assert "Nothing was ordered" in page.text
    assert 'value="Long Street 1"' in page.text
    assert nothing_is_ordered()


def test_a_shopper_with_an_account_may_choose_a_saved_address(filled, client_of):
    filled(TEA=2)

    page = client_of(ALICE).get("/cart/checkout/").text

    assert "/users/fragments/addresses/" in page

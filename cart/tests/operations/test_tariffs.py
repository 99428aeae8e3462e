"""What the merchant types of money: codes and tariffs."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from cart.models import Coupon, ShippingMethod, TaxRate
from shared.money import is_payable
from shared.testing.users import MIA

pytestmark = pytest.mark.django_db
COUPON = {"code": "TEN", "kind": "amount", "value": "5", "minimum": "0", "active": "on"}
METHOD = {
    "code": "post",
    "title": "Post",
    "countries": "DE",
    "price": "5",
    "position": "0",
    "active": "on",
}


@pytest.mark.parametrize(
    ("currency", "changes"),
    [
        ("JPY", {"value": "0.50"}),
        ("JPY", {"minimum": "9.99"}),
        ("EUR", {"minimum": "9.999"}),
        ("MGA", {"value": "0.20"}),
    ],
)
def test_a_code_over_less_than_can_be_paid_is_refused(settings, client_of, currency, changes):
    settings.CURRENCY = currency
    answer = client_of(MIA).post("/cart/admin/cart/coupon/add/", {**COUPON, **changes})

    assert answer.status_code == 200
    assert f"Amounts in {currency} go in steps of" in answer.text
    assert not Coupon.objects.exists()


@pytest.mark.parametrize("changes", [{}, {"kind": "percent", "value": "12.5"}])
def test_a_code_that_fits_is_taken(settings, client_of, changes):
    settings.CURRENCY = "JPY"

    assert client_of(MIA).post("/cart/admin/cart/coupon/add/", COUPON | changes).status_code == 302
    assert Coupon.objects.get().value == Decimal(changes.get("value", 5))


@pytest.mark.parametrize("changes", [{"price": "4.90"}, {"free_over": "49.50"}])
def test_a_tariff_over_less_than_can_be_paid_is_refused(settings, client_of, changes):
    settings.CURRENCY = "JPY"
    answer = client_of(MIA).post("/cart/admin/cart/shippingmethod/add/", {**METHOD, **changes})

    assert answer.status_code == 200
    assert "Amounts in JPY go in steps of 1." in answer.text
    assert not ShippingMethod.objects.exists()


@pytest.mark.parametrize(("currency", "price"), [("JPY", "490"), ("KWD", "4.900")])
def test_the_demo_tariffs_are_in_the_currency(settings, currency, price):
    settings.CURRENCY = currency
    call_command("seed_demo")

    assert ShippingMethod.objects.get(code="standard").price == Decimal(price)
    assert all(is_payable(method.price, currency) for method in ShippingMethod.objects.all())


@pytest.mark.parametrize("countries", [["XX"], ["DE", "ZZ"], ["DE,AT"], [""]])
def test_a_way_to_send_goes_to_countries_that_there_are(client_of, countries):
    method = {**METHOD, "countries": countries}
    answer = client_of(MIA).post("/cart/admin/cart/shippingmethod/add/", method)

    assert answer.status_code == 200
    assert not ShippingMethod.objects.exists()


@pytest.mark.parametrize("sent", [["de", "AT"], ["*"]])
def test_a_way_to_send_keeps_codes_in_capitals(client_of, sent):
    client_of(MIA).post("/cart/admin/cart/shippingmethod/add/", {**METHOD, "countries": sent})

    assert ShippingMethod.objects.get().countries == [code.upper() for code in sent]


def test_a_way_to_send_is_chosen_by_names_and_mends_old_codes(client_of):
    row = ShippingMethod.objects.create(code="x", title="X", countries=["de", "XX"], price=1)
    address = f"/cart/admin/cart/shippingmethod/{row.pk}/change/"

    page = client_of(MIA).get(address).text

    assert '<option value="DE" selected>Germany</option>' in page
    assert page.count(" selected>") == 1
    assert '<option value="*">Everywhere</option>' in page


@pytest.mark.parametrize(
    ("country", "kept"), [("XX", []), ("", []), ("de", ["DE"]), ("FR", ["FR"])]
)
def test_a_tax_rate_is_of_a_country_that_there_is(client_of, country, kept):
    rate = {"country": country, "tax_class": "standard", "rate": "19"}
    client_of(MIA).post("/cart/admin/cart/taxrate/add/", rate)

    assert [row.country for row in TaxRate.objects.all()] == kept


@pytest.mark.parametrize(
    "row",
    [
        ShippingMethod(code="x", title="X", countries=["XX"], price=1),
        TaxRate(country="de", tax_class="standard", rate=1),
    ],
)
def test_a_tariff_itself_refuses_what_is_no_country(row):
    with pytest.raises(ValidationError, match="There is no country"):
        row.full_clean()

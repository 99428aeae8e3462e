import pytest

from cart.models import Coupon, TaxRate
from shared.testing.users import MIA

pytestmark = pytest.mark.django_db
ADD = "/cart/admin/cart/coupon/add/"
FORM = {"code": "SPRING", "kind": "percent", "value": "10", "minimum": "0", "active": "on"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value": "101"}, "A coupon takes 100 per cent off at most."),
        ({"value": "-1"}, "A coupon is worth nothing or more."),
        ({"code": "old"}, "There is a coupon with this code already."),
    ],
)
def test_what_the_database_would_refuse_is_said_in_words(coupon, client_of, changes, words):
    coupon(code="OLD")

    page = client_of(MIA).post(ADD, {**FORM, **changes})

    assert page.status_code == 200
    assert words in page.text
    assert "violated" not in page.text
    assert list(Coupon.objects.values_list("code", flat=True)) == ["OLD"]


@pytest.mark.parametrize("typed", ["1_0", "1e1", "٣", "１０", "NaN", "Infinity", "0x10"])
@pytest.mark.parametrize("name", ["value", "minimum", "max_uses"])
def test_numbers_are_plain(client_of, name, typed):
    page = client_of(MIA).post(ADD, {**FORM, name: typed})

    assert page.status_code == 200
    assert "in digits, like 12" in page.text
    assert not Coupon.objects.exists()


@pytest.mark.parametrize("typed", ["1_9", "1e1"])
def test_a_tax_rate_is_a_plain_number(client_of, typed):
    form = {"country": "DE", "tax_class": "standard", "rate": typed}

    assert client_of(MIA).post("/cart/admin/cart/taxrate/add/", form).status_code == 200
    assert not TaxRate.objects.filter(country="DE", tax_class="standard", rate__gte=10).exists()


@pytest.mark.parametrize("typed", ["10", "10.00", " 10 ", "010"])
def test_numbers_as_people_write_them_are_taken(client_of, typed):
    assert client_of(MIA).post(ADD, {**FORM, "value": typed}).status_code == 302
    assert Coupon.objects.get().value == 10

import html
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cart.models import Coupon, ShippingMethod, TaxRate
from shared.testing.users import MIA

pytestmark = pytest.mark.django_db
ADMIN = "/cart/admin/cart/"


@pytest.fixture
def open_page(client_of):
    """`save = open_page(row)`: opens the row's page; `save(name=value)` sends what it showed with
    these changes."""

    def make(row):
        address = f"{ADMIN}{row._meta.model_name}/{row.pk}/change/"
        page = client_of(MIA).get(address)
        state = html.unescape(re.search(r'name="_shown" value="([^"]*)"', page.text).group(1))
        values = {name: "" if v is None else v for name, v in vars(row).items()}

        def save(**changes):
            form = {k: v for k, v in {**values, **changes}.items() if v is not False}
            return client_of(MIA).post(address, {**form, "_shown": state})

        return save

    return make


def test_a_use_of_a_code_meanwhile_is_still_counted(open_page, coupon):
    row = coupon(max_uses=5)
    save = open_page(row)
    Coupon.objects.update(used=2)

    answer = save(value="15", starts_at_0="", starts_at_1="", ends_at_0="", ends_at_1="")

    assert answer.status_code == 302, answer.text[:3000]
    row.refresh_from_db()
    assert (row.value, row.used) == (Decimal(15), 2)


def test_an_end_that_moved_meanwhile_is_not_undone(open_page, coupon):
    save = open_page(coupon(ends_at=datetime(2026, 6, 1, 22, 0, tzinfo=UTC)))
    Coupon.objects.update(ends_at=datetime(2026, 7, 1, 22, 0, tzinfo=UTC))
    no_start = {"starts_at_0": "", "starts_at_1": "", "max_uses": ""}

    answer = save(value="15", ends_at_0="2026-06-01", ends_at_1="22:00:00", **no_start)

    text = html.unescape(answer.text)
    assert "it was “2026-06-01 22:00:00” and is “2026-07-01 22:00:00” now" in text
    assert re.search('name="ends_at_0" value="2026-07-01"', text)
    assert str(Coupon.objects.get().value) == "10.00"


@pytest.mark.parametrize(
    ("model", "column", "theirs", "mine"),
    [
        (ShippingMethod, "price", "5.90", {"title": "Slow"}),
        (TaxRate, "rate", "20.00", {"country": "FR"}),
    ],
)
def test_what_changed_meanwhile_is_not_undone(shop, open_page, model, column, theirs, mine):
    row = model.objects.order_by("pk").first()
    save = open_page(row)
    model.objects.filter(pk=row.pk).update(**{column: theirs})

    answer = save(**mine)

    assert answer.status_code == 200
    assert f"and is “{theirs}” now" in html.unescape(answer.text)
    fresh = model.objects.get(pk=row.pk)
    (name,) = mine
    assert str(getattr(fresh, column)) == theirs
    assert getattr(fresh, name) == getattr(row, name)

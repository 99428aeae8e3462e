from datetime import UTC, datetime

import pytest

from cart.models import Coupon
from shared.testing.users import MIA

pytestmark = pytest.mark.django_db
ADD = "/cart/admin/cart/coupon/add/"
FORM = {"code": "SPRING", "kind": "percent", "value": "10", "minimum": "0", "active": "on"}


@pytest.fixture(autouse=True)
def _berlin(settings):
    settings.TIME_ZONE = "Europe/Berlin"


@pytest.mark.parametrize(
    ("day", "hour", "moment"),
    [
        ("2026-10-24", "23:59:59", datetime(2026, 10, 24, 21, 59, 59, tzinfo=UTC)),
        ("2026-10-25", "23:59:59", datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_coupon_ends_by_the_clock_of_the_shop(client_of, day, hour, moment):
    answer = client_of(MIA).post(ADD, {**FORM, "ends_at_0": day, "ends_at_1": hour})

    assert answer.status_code == 302
    row = Coupon.objects.get()
    assert row.ends_at == moment
    page = client_of(MIA).get(f"/cart/admin/cart/coupon/{row.pk}/change/").text
    assert f'value="{day}"' in page
    assert f'value="{hour}"' in page


@pytest.mark.parametrize(("day", "hour"), [("2026-10-25", "02:30:00"), ("2027-03-28", "02:30:00")])
def test_an_hour_that_is_twice_or_never_is_refused(client_of, day, hour):
    answer = client_of(MIA).post(ADD, {**FORM, "ends_at_0": day, "ends_at_1": hour})

    assert answer.status_code == 200
    assert "may be ambiguous or it may not exist" in answer.text
    assert not Coupon.objects.exists()


def test_the_page_is_saved_without_a_change_of_time(client_of, coupon):
    row = coupon(ends_at=datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC))
    mia = client_of(MIA)
    page = mia.get(f"/cart/admin/cart/coupon/{row.pk}/change/")
    form = {**FORM, "code": row.code, "_shown": page.context["shown"]}
    ends = {"ends_at_0": "2026-10-25", "ends_at_1": "23:59:59"}

    answer = mia.post(f"/cart/admin/cart/coupon/{row.pk}/change/", {**form, **ends})

    assert answer.status_code == 302, answer.text[:2000]
    row.refresh_from_db()
    assert row.ends_at == datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)

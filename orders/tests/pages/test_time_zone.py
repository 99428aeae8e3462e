from datetime import UTC, datetime

import pytest

from orders.models import Order
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(order_in, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    order = order_in("awaiting_payment")
    moment = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
    Order.objects.filter(pk=order.pk).update(placed_at=moment, expires_at=moment.replace(day=25))
    return order


def test_people_read_the_clock_of_the_shop(order, client_of):
    page = client_of(ALICE).get(f"/orders/{order.pk}/").text

    assert ">23:30 CET</time>" in page
    assert 'datetime="2026-10-25T22:30:00+00:00"' in page
    assert "25 October 2026" in client_of(ALICE).get("/orders/").text


def test_programs_read_utc(order, client_of):
    told = client_of(ALICE).get(f"/orders/api/v1/orders/{order.pk}/").json()

    assert told["placed_at"] == "2026-10-24T22:30:00Z"
    assert told["expires_at"] == "2026-10-25T22:30:00Z"

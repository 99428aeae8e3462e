import re

import pytest

from shared.testing.cast import ALICE, MIA, OTTO
from shared.testing.events import published_names

pytestmark = pytest.mark.django_db


def step_url(client, order, name):
    """The address behind the button of that name on the order's page."""
    page = client.get(f"/orders/admin/orders/order/{order.pk}/change/").text
    url = f"/orders/admin/orders/order/{order.pk}/{name}/"
    assert url in page
    return url


def test_the_merchant_ships_from_the_admin(order_in, client_of):
    order = order_in("paid")
    mia = client_of(MIA)
    url = step_url(mia, order, "ship")

    assert "Tracking number" in mia.get(url).text
    answer = mia.post(url, {"carrier": "DHL", "tracking_number": "T7"}, follow=True)

    assert "Ship: done." in answer.text
    order.refresh_from_db()
    assert (order.status, order.tracking_number) == ("shipped", "T7")
    assert published_names() == ["order.shipped"]


@pytest.mark.parametrize(
    ("status", "step", "ends"),
    [("shipped", "deliver", "delivered"), ("paid", "cancel", "cancelled")],
)
def test_the_other_steps_end_where_they_should(order_in, client_of, status, step, ends):
    order = order_in(status)
    otto = client_of(OTTO)

    otto.post(step_url(otto, order, step), {"go": "1"})

    order.refresh_from_db()
    assert order.status == ends


def test_a_step_that_is_not_possible_says_why(order_in, client_of):
    order = order_in("placed")
    mia = client_of(MIA)

    answer = mia.post(step_url(mia, order, "ship"), {"carrier": "DHL"}, follow=True)

    assert "cannot become shipped" in answer.text
    assert published_names() == []


def test_the_merchant_refunds_a_part(order_in, client_of):
    order = order_in("paid")
    mia = client_of(MIA)

    mia.post(step_url(mia, order, "refund"), {"amount": "3.00", "reason": "late"})

    assert [str(refund.amount) for refund in order.refunds.all()] == ["3.00"]


def test_a_second_click_is_the_same_refund(order_in, client_of):
    order = order_in("paid")
    mia = client_of(MIA)
    url = step_url(mia, order, "refund")
    keys = [re.search(r'name="key" value="(\w+)"', mia.get(url).text)[1] for _ in range(2)]

    for key in (*keys, keys[0]):
        mia.post(url, {"amount": "3.00", "reason": "late", "key": key})

    assert [str(refund.amount) for refund in order.refunds.all()] == ["3.00", "3.00"]


def test_the_list_finds_an_order_by_its_number(order_in, client_of):
    order = order_in("paid")

    page = client_of(MIA).get("/orders/admin/orders/order/", {"q": order.number})

    assert order.email in page.text


def test_a_shopper_is_kept_out(order_in, client_of):
    order = order_in("paid")

    answer = client_of(ALICE).post(f"/orders/admin/orders/order/{order.pk}/ship")

    assert answer.status_code in (302, 403)
    order.refresh_from_db()
    assert order.status == "paid"

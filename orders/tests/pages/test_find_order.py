"""The page and the endpoint that mail a link to an order say nothing of what exists."""

import pytest

from orders.models import Order
from shared.contracts.orders import OrderLinkRequested
from shared.testing.events import published, published_names
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db
API = "/orders/api/v1/find/"


def asked(order, **changes):
    return {"number": order.number, "email": order.email, **changes}


def test_the_page_answers_alike_whether_there_is_such_an_order_or_not(order_in, client_of):
    order = order_in("paid")
    stranger = client_of(None)

    good = stranger.post("/orders/find/", asked(order))
    bad = stranger.post("/orders/find/", asked(order, number="S-1"))

    assert (good.status_code, good["Location"]) == (302, "/orders/find/?sent=1")
    assert (bad.status_code, bad["Location"], bad.content) == (302, good["Location"], good.content)
    assert "If there is such an order" in stranger.get(good["Location"]).text
    assert [fact.order_id for fact in published(OrderLinkRequested)] == [order.pk]


def test_the_api_answers_alike_whether_there_is_such_an_order_or_not(order_in, api_of):
    order = order_in("paid")

    good = api_of(None).post(API, asked(order))
    bad = api_of(None).post(API, asked(order, email="nobody@souk.example"))

    assert (good.status_code, good.content) == (bad.status_code, bad.content) == (202, b"")
    assert [fact.order_id for fact in published(OrderLinkRequested)] == [order.pk]


@pytest.mark.parametrize(
    "body", [{}, {"number": "S-1", "email": "nobody"}, {"number": "S" * 21, "email": ALICE.email}]
)
def test_what_cannot_be_an_order_is_refused(order_in, client_of, api_of, body):
    order_in("paid")

    page = client_of(None).post("/orders/find/", body)
    answer = api_of(None).post(API, body)

    assert page.status_code == 422
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert published_names() == []


def test_an_unknown_field_is_refused(order_in, api_of):
    answer = api_of(None).post(API, asked(order_in("paid"), token="x"))

    assert answer.status_code == 400
    assert published_names() == []


def test_the_owner_of_a_claimed_order_gets_links_that_open_at_payments(order_in, client_of):
    order = order_in("awaiting_payment")
    Order.objects.update(claimed=True)
    alice = client_of(ALICE)

    for url in ("/orders/", f"/orders/{order.pk}/"):
        assert f"/payments/{order.pk}/?token=order." in alice.get(url).text


def test_an_own_order_needs_no_token(order_in, client_of):
    order = order_in("awaiting_payment")

    assert "token=" not in client_of(ALICE).get(f"/orders/{order.pk}/").text

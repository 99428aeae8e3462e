import pytest

from shared.auth.capabilities import mint_capability
from shared.contracts.parts import Address
from shared.events.ids import uuid7
from shared.testing.events import published_names
from shared.testing.users import ALICE, BOB, CAROL

pytestmark = pytest.mark.django_db


def test_a_stranger_is_sent_to_sign_in(client_of):
    answer = client_of(None).get("/orders/")

    assert answer.status_code == 302
    assert answer["Location"] == "/users/login/?next=%2Forders%2F"


def test_alice_sees_her_orders(order_in, client_of):
    order = order_in("awaiting_payment")

    page = client_of(ALICE).get("/orders/")

    assert order.number in page.text
    assert f"/payments/{order.id}/" in page.text
    assert page["Cache-Control"] == "private, no-store"


def test_the_page_shows_the_address_as_on_its_label(order_in, client_of):
    home = Address(
        name="A & B", line1="1 St", city="Daly City", region="CA", postal_code="94016", country="US"
    )
    order = order_in("paid", shipping_address=home)

    page = client_of(ALICE).get(f"/orders/{order.id}/").text

    label = "A &amp; B<br>1 St<br>Daly City, CA 94016<br>United States"
    assert f"<address>{label}</address>" in page


def test_an_empty_list_says_so(client_of):
    assert "No orders yet" in client_of(CAROL).get("/orders/").text


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("placed", "setting your products aside"),
        ("awaiting_payment", "Pay €24.90"),
        ("paid", "Your payment arrived"),
        ("shipped", "T1"),
        ("delivered", "Write a review"),
        ("cancelled", "nothing was charged"),
    ],
)
def test_the_page_says_where_the_order_is(order_in, client_of, status, says):
    order = order_in(status)

    for url in (f"/orders/{order.id}/", f"/orders/fragments/order/{order.id}/"):
        assert says in client_of(ALICE).get(url).text


def test_an_order_that_has_not_arrived_yet_is_awaited(client_of):
    order_id = uuid7()
    token = mint_capability("order", order_id)

    page = client_of(None).get(f"/orders/{order_id}/?token={token}")

    assert page.status_code == 200
    assert "on its way to us" in page.text


@pytest.mark.parametrize("person", [None, BOB])
def test_nobody_sees_a_strangers_order(order_in, client_of, person):
    order = order_in("paid")

    assert client_of(person).get(f"/orders/{order.id}/").status_code == 404


def test_alice_cancels_by_the_button(order_in, client_of):
    order = order_in("awaiting_payment")

    answer = client_of(ALICE).post(f"/orders/{order.id}/cancel/")

    assert answer["Location"] == f"/orders/{order.id}/"
    order.refresh_from_db()
    assert order.status == "cancelled"


def test_a_form_without_csrf_token_changes_nothing(order_in, token_issuer):
    from django.test import Client

    order = order_in("awaiting_payment")
    raw = token_issuer.access_token(ALICE, via="session")
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {raw}"})

    for url in (f"/orders/{order.id}/cancel/", f"/orders/api/v1/orders/{order.id}/cancel/"):
        assert client.post(url).status_code == 403

    order.refresh_from_db()
    assert order.status == "awaiting_payment"
    assert published_names() == []

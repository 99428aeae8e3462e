import pytest

from orders.models import Discrepancy
from orders.tests.conftest import NOW
from shared.contracts.orders import StatementRequested
from shared.events.ids import uuid7
from shared.testing.events import published, published_names
from shared.testing.users import ALICE, MIA, OTTO

pytestmark = pytest.mark.django_db
URL = "/orders/admin/orders/discrepancy/"


@pytest.fixture
def found():
    return Discrepancy.objects.create(
        order_id=uuid7(),
        number="S-100777",
        kind="amount_differs",
        details="24.90 EUR and 1.00 EUR",
        first_seen=NOW,
        last_seen=NOW,
    )


def test_the_list_shows_what_differs_and_can_be_narrowed(found, client_of):
    mia = client_of(MIA)

    assert "24.90 EUR and 1.00 EUR" in mia.get(URL).text
    assert found.number in mia.get(URL, {"kind__exact": "amount_differs"}).text
    assert found.number not in mia.get(URL, {"outcome__exact": "gone"}).text


def test_it_is_for_looking_only(found, client_of):
    page = f"{URL}{found.pk}/change/"
    otto = client_of(OTTO)

    assert otto.get(page).status_code == 200
    assert otto.post(page, {"details": "nothing"}).status_code == 403
    assert otto.post(f"{URL}{found.pk}/delete/", {"post": "yes"}).status_code == 403
    found.refresh_from_db()
    assert found.details == "24.90 EUR and 1.00 EUR"


def look_again(client, row):
    return client.post(URL, {"action": "look_again", "_selected_action": [row.pk]}, follow=True)


def test_staff_have_it_looked_at_again(found, client_of):
    answer = look_again(client_of(MIA), found)

    assert "were asked" in answer.text
    assert [fact.order_ids for fact in published(StatementRequested)] == [(found.order_id,)]


def test_a_shopper_asks_for_nothing(found, client_of):
    assert look_again(client_of(ALICE), found).status_code in (302, 403)
    assert published_names() == []

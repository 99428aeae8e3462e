import re

import pytest

from inventory.models import StockItem, StockMovement
from shared.testing.cast import MIA
from shared.testing.events import published_names

pytestmark = pytest.mark.django_db
ADMIN = "/inventory/admin/inventory/stockitem/"


@pytest.fixture
def shelf(db):
    rows = [
        ("LOW", {"on_hand": 5, "reserved": 3, "counted": True}),
        ("FULL", {"on_hand": 9, "counted": True}),
        ("FREE", {"tracked": False, "counted": True}),
        ("NEW", {}),
    ]
    return [StockItem.objects.create(sku=sku, low_threshold=3, **more) for sku, more in rows]


@pytest.mark.parametrize(("code", "sku"), [("low", "LOW"), ("uncounted", "NEW")])
def test_what_runs_low_or_was_never_counted_waits(shelf, client_of, code, sku):
    mia = client_of(MIA)
    work = mia.get("/inventory/admin/fragments/tasks/").text
    numbers = dict(re.findall(r'waits=(\w+)">\s*<span[^>]*>(\d+)<', work))

    listed = mia.get(ADMIN, {"waits": code}).text

    assert numbers[code] == "1"
    assert [item.sku for item in shelf if f">{item.sku}<" in listed] == [sku]


def adjust(client, item, units):
    page = client.get(f"{ADMIN}{item.pk}/change/").text
    names = ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
    form = {f"movements-{name}": "0" for name in names}
    shown = re.search(r'name="_shown" value="([^"]*)"', page)[1].replace("&quot;", '"')
    form |= {"low_threshold": "3", "adjust_by": units, "reason": "found", "_shown": shown}
    return client.post(f"{ADMIN}{item.pk}/change/", form)


@pytest.mark.parametrize("typed", ["1_0", "1e1", "0x1", "+ 1", "1.0", "٣", "１０"])
def test_units_are_plain_numbers(shelf, client_of, typed):
    answer = adjust(client_of(MIA), shelf[1], typed)

    assert answer.status_code == 200
    assert "Write a whole number in digits, like 12." in answer.text
    assert StockItem.objects.get(sku="FULL").on_hand == 9
    assert not StockMovement.objects.exists()
    assert published_names() == []


@pytest.mark.parametrize(("typed", "units"), [("4", 13), ("-2", 7), (" 4 ", 13)])
def test_units_are_found_and_lost(shelf, client_of, typed, units):
    assert adjust(client_of(MIA), shelf[1], typed).status_code == 302
    assert StockItem.objects.get(sku="FULL").on_hand == units

import re

import pytest

from inventory.models import StockItem, StockMovement
from shared.testing.events import published_names
from shared.testing.users import MIA

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


def form_of(client, item, units):
    page = client.get(f"{ADMIN}{item.pk}/change/").text
    names = ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
    form = {f"movements-{name}": "0" for name in names}
    shown = re.search(r'name="_shown" value="([^"]*)"', page)[1].replace("&quot;", '"')
    form |= {"low_threshold": "3", "adjust_by": units, "reason": "found", "_shown": shown}
    assert "Movement:" not in page
    key = re.search(r'name="movement" value="([^"]+)"', page)[1]
    return {**form, "movement": key}


def send(client, item, form):
    return client.post(f"{ADMIN}{item.pk}/change/", form)


def adjust(client, item, units):
    return send(client, item, form_of(client, item, units))


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


@pytest.mark.parametrize(("typed", "units"), [("5", 14), ("-9", 0)])
def test_a_second_click_is_the_same_adjustment(shelf, client_of, typed, units):
    mia = client_of(MIA)
    form = form_of(mia, shelf[1], typed)
    answers = [send(mia, shelf[1], form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert StockItem.objects.get(sku="FULL").on_hand == units
    assert [movement.delta for movement in StockMovement.objects.all()] == [int(typed)]


def test_other_units_from_the_same_page_are_refused(shelf, client_of):
    mia = client_of(MIA)
    form = form_of(mia, shelf[1], "5")
    send(mia, shelf[1], form)
    answer = send(mia, shelf[1], {**form, "adjust_by": "7"})

    assert "has changed the stock already" in answer.text
    assert StockItem.objects.get(sku="FULL").on_hand == 14


@pytest.mark.parametrize(
    ("sku", "typed", "said"),
    [
        ("LOW", "-3", "Of 5 units 3 are held for orders; 2 can go"),
        ("FULL", "-1000", "9 can go"),
        ("FULL", "99999999", "less than or equal to 1000000"),
        ("FULL", "-99999999", "greater than or equal to -1000000"),
    ],
)
def test_what_cannot_be_is_an_error_of_the_form(shelf, client_of, sku, typed, said):
    item = next(item for item in shelf if item.sku == sku)
    before = item.on_hand
    answer = adjust(client_of(MIA), item, typed)

    assert answer.status_code == 200
    assert said in answer.text
    assert "changed successfully" not in answer.text
    assert StockItem.objects.get(sku=sku).on_hand == before
    assert not StockMovement.objects.exists()
    assert published_names() == []

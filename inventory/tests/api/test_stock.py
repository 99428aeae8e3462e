import pytest

from shared.testing.events import published_names
from shared.testing.users import ALICE, MIA, OTTO

pytestmark = pytest.mark.django_db
URL = "/inventory/api/v1/stock/TEA/"


def test_anybody_sees_what_is_available(stocked, api_of):
    stocked("TEA", 7)

    answer = api_of(None).get(URL)

    assert answer.json() == {
        "sku": "TEA",
        "on_hand": 7,
        "reserved": 0,
        "available": 7,
        "tracked": True,
    }


def test_an_unknown_sku_is_a_problem_with_a_code(api_of):
    answer = api_of(None).get(URL)

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "unknown_sku"


def test_the_merchant_adjusts_and_reads_the_ledger(stocked, api_of):
    stocked("TEA", 7)
    mia = api_of(MIA)

    answer = mia.post(URL + "adjust/", {"delta": -2, "reason": "broken"})

    assert answer.json()["on_hand"] == 5
    newest = mia.get(URL + "movements/").json()["results"][0]
    assert (newest["delta"], newest["actor"]) == (-2, MIA.email)


def test_a_key_of_the_merchants_makes_it_happen_once(stocked, api_of, units):
    stocked("TEA", 7)
    wish = {"delta": -2, "reason": "broken"}

    def send(person, **changes):
        headers = {"Idempotency-Key": "k"}
        return api_of(person).post(URL + "adjust/", {**wish, **changes}, headers=headers)

    assert [send(MIA).json()["on_hand"] for _ in range(3)] == [5, 5, 5]
    refused = send(MIA, delta=-1)
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")
    assert units("TEA") == (5, 0)
    assert send(OTTO).json()["on_hand"] == 3


@pytest.mark.parametrize(("person", "status"), [(None, 401), (ALICE, 403)])
def test_nobody_else_adjusts(stocked, api_of, units, person, status):
    stocked("TEA", 7)

    answer = api_of(person).post(URL + "adjust/", {"delta": 2, "reason": "x"})

    assert answer.status_code == status
    assert units("TEA") == (7, 0)
    assert published_names() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"delta": 0, "reason": "x"},
        {"delta": "many", "reason": "x"},
        {"delta": 10**9, "reason": "x"},
    ],
)
def test_senseless_input_is_refused(stocked, api_of, units, body):
    stocked("TEA", 7)

    answer = api_of(MIA).post(URL + "adjust/", body)

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_input"
    assert units("TEA") == (7, 0)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"delta": 2, "reason": "found", "warehouse": "north"}, "unknown_field"),
        ({"delta": "1_0", "reason": "found"}, "invalid_input"),
        ({"delta": "+2", "reason": "found"}, "invalid_input"),
    ],
)
def test_what_nobody_reads_is_refused(stocked, api_of, units, body, code):
    stocked("TEA", 7)

    answer = api_of(MIA).post(URL + "adjust/", body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert units("TEA") == (7, 0)
    assert published_names() == []

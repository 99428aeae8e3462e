import pytest

from orders.queries import list_orders_of, view_order
from shared.auth.capabilities import mint_capability
from shared.events.ids import uuid7
from shared.testing.events import published_names
from shared.testing.users import ALICE, BOB, MIA

pytestmark = pytest.mark.django_db


def url(order, step=""):
    return f"/orders/api/v1/orders/{order.id}/{step}"


def test_alice_reads_her_order(order_in, api_of):
    order = order_in("paid")

    body = api_of(ALICE).get(url(order)).json()

    assert body["status"] == "paid"
    assert body["totals"]["total"] == {"amount": "24.90", "currency": "EUR"}
    assert body["lines"][0]["unit_price"] == {"amount": "5.00", "currency": "EUR"}
    assert [step["status"] for step in body["timeline"]] == ["placed", "awaiting_payment", "paid"]


def test_alice_lists_only_her_orders(order_in, api_of):
    mine = order_in("paid")
    order_in("paid", customer_id=BOB.user_id)

    body = api_of(ALICE).get("/orders/api/v1/orders/").json()

    assert [row["id"] for row in body["results"]] == [str(mine.id)]
    assert set(body) == {"count", "next", "previous", "results"}


def test_a_list_of_any_length_takes_three_queries(order_in, django_assert_num_queries):
    for _ in range(3):
        order_in("paid")

    with django_assert_num_queries(3):
        assert len([view_order(order) for order in list_orders_of(ALICE.user_id)]) == 3


@pytest.mark.parametrize("person", [None, BOB])
def test_a_strangers_order_does_not_exist(order_in, api_of, person):
    order = order_in("awaiting_payment")
    client = api_of(person)

    for answer in (client.get(url(order)), client.post(url(order, "cancel/"))):
        assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")

    order.refresh_from_db()
    assert order.status == "awaiting_payment"
    assert published_names() == []


def test_a_guest_reads_and_cancels_with_the_token(order_in, api_of):
    order = order_in("awaiting_payment", customer_id=None)
    token = mint_capability("order", order.id)
    guest = api_of(None)

    assert guest.get(url(order) + f"?token={token}").status_code == 200
    answer = guest.post(url(order, "cancel/"), headers={"X-Order-Token": token})

    assert answer.json()["status"] == "cancelled"


def test_the_token_of_another_order_opens_nothing(order_in, api_of):
    order = order_in("paid", customer_id=None)
    token = mint_capability("order", uuid7())

    assert api_of(None).get(url(order) + f"?token={token}").status_code == 404


def test_the_merchant_ships_and_delivers(order_in, api_of):
    order = order_in("paid")
    mia = api_of(MIA)

    shipped = mia.post(url(order, "ship/"), {"carrier": "DHL", "tracking_number": "T1"})
    delivered = mia.post(url(order, "deliver/"))

    assert shipped.json()["tracking_number"] == "T1"
    assert delivered.json()["status"] == "delivered"


REFUND = {"amount": "10.00", "reason": "late"}
RETURN = {"lines": [{"sku": "TEA", "quantity": 1}], "reason": "cold"}


def send(client, order, step, body, key):
    return client.post(url(order, step), body, headers={"Idempotency-Key": key})


@pytest.mark.parametrize(
    ("person", "step", "body", "change"),
    [
        (MIA, "refund/", REFUND, {"amount": "1.00"}),
        (ALICE, "returns/", RETURN, {"reason": "late"}),
    ],
)
def test_a_key_makes_money_and_goods_go_back_once(order_in, api_of, person, step, body, change):
    order, client = order_in("delivered"), api_of(person)

    answers = [send(client, order, step, body, "k") for _ in range(3)]

    assert len({answer.json()["id"] for answer in answers}) == 1
    assert {answer.status_code for answer in answers} <= {201, 202}
    refused = send(client, order, step, {**body, **change}, "k")
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")
    senseless = send(client, order, step, body, "k" * 101)
    assert (senseless.status_code, senseless.json()["code"]) == (400, "idempotency_key_required")
    assert order.refunds.count() + order.returns.count() == 1
    assert send(client, order, step, body, "other").json()["id"] != answers[0].json()["id"]


def test_a_key_belongs_to_one_order(order_in, api_of):
    answers = [send(api_of(MIA), order_in("paid"), "refund/", REFUND, "k") for _ in range(2)]

    assert len({answer.json()["id"] for answer in answers}) == 2


@pytest.mark.parametrize("step", ["ship/", "deliver/", "refund/"])
@pytest.mark.parametrize(("person", "status"), [(None, 401), (ALICE, 403)])
def test_nobody_else_does_the_merchants_steps(order_in, api_of, step, person, status):
    order = order_in("paid")

    answer = api_of(person).post(url(order, step), {"amount": "1.00", "reason": "x"})

    assert answer.status_code == status
    assert published_names() == []


@pytest.mark.parametrize("amount", ["-1", "0", "24.91", "NaN", "1.001", "many"])
def test_a_senseless_refund_is_refused(order_in, api_of, amount):
    order = order_in("paid")

    answer = api_of(MIA).post(url(order, "refund/"), {"amount": amount, "reason": "x"})

    assert answer.status_code in (400, 409)
    assert published_names() == []


def test_a_shopper_asks_for_a_return(order_in, api_of):
    order = order_in("delivered")
    body = {"lines": [{"sku": "TEA", "quantity": 1}], "reason": "too minty"}

    answer = api_of(ALICE).post(url(order, "returns/"), body)

    assert answer.status_code == 201
    received = api_of(MIA).post(f"/orders/api/v1/returns/{answer.json()['id']}/receive/")
    assert received.json()["received_at"] is not None


def test_malformed_json_is_a_problem_with_a_code(order_in, api_of):
    order = order_in("paid")

    answer = api_of(MIA).post(
        url(order, "ship/"), data="{not json", content_type="application/json"
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


@pytest.mark.parametrize(
    ("status", "step", "body", "code"),
    [
        ("paid", "ship/", {"lines": [{"sku": "TEA", "quantity": 1}]}, "unknown_field"),
        ("paid", "cancel/", {"lines": [{"sku": "TEA", "quantity": 1}]}, "unknown_field"),
        ("shipped", "deliver/", {"at": "2026-01-01"}, "unknown_field"),
        ("paid", "refund/", {**REFUND, "currency": "EUR"}, "unknown_field"),
        ("paid", "refund/", {**REFUND, "amount": "0_1.0_0"}, "invalid_input"),
        ("paid", "refund/", {**REFUND, "amount": "１.００"}, "invalid_input"),
    ],
)
def test_what_nobody_reads_is_refused_and_does_nothing(order_in, api_of, status, step, body, code):
    order = order_in(status)
    published_before = published_names()

    answer = api_of(MIA).post(url(order, step), body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    order.refresh_from_db()
    assert order.status == status
    assert published_names() == published_before


def test_a_list_has_no_page_that_only_python_reads(order_in, api_of):
    order_in("paid")

    assert api_of(ALICE).get("/orders/api/v1/orders/?page=0_1").status_code == 404

"""Idempotency keys: across repeats, threads, crashes and lost answers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest
import stripe

from .conftest import PUBLIC_KEY, SECRET_KEY, Reply, Sandbox, order, pay, wait_for

BODY = urlencode({"amount": 700, "currency": "eur"})


def post(sandbox: Sandbox, key: str, body: str = BODY, path: str = "/v1/payment_intents") -> Reply:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Idempotency-Key": key}
    return sandbox.ask("POST", path, body=body, headers=headers, key=SECRET_KEY)


def test_the_same_key_gives_the_same_answer(own_sandbox: Sandbox) -> None:
    first, second = post(own_sandbox, "order-1"), post(own_sandbox, "order-1")
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert second.headers["original-request"] == first.headers["request-id"]
    assert second.headers["request-id"] != first.headers["request-id"]
    assert second.body == first.body
    assert list(own_sandbox.ledger()["payment_intents"]) == [first.body["id"]]


def test_the_order_of_parameters_does_not_matter(sandbox: Sandbox) -> None:
    first = post(sandbox, "order-2", "amount=700&currency=eur")
    assert post(sandbox, "order-2", "currency=eur&amount=700").body == first.body


def test_the_same_key_with_other_parameters_is_refused(own_sandbox: Sandbox) -> None:
    first = post(own_sandbox, "order-3")
    reply = post(own_sandbox, "order-3", "amount=701&currency=eur")
    assert reply.status == 400
    assert reply.body["error"]["type"] == "idempotency_error"
    assert list(own_sandbox.ledger()["payment_intents"]) == [first.body["id"]]
    with pytest.raises(stripe.IdempotencyError):
        own_sandbox.sdk().payment_intents.create(order(), {"idempotency_key": "order-3"})


def test_the_same_key_on_another_endpoint_is_refused(sandbox: Sandbox) -> None:
    post(sandbox, "order-4")
    reply = post(sandbox, "order-4", "", "/v1/customers")
    assert reply.body["error"]["type"] == "idempotency_error"
    assert "/v1/payment_intents" in reply.body["error"]["message"]


def test_a_decline_is_replayed_and_not_tried_again(own_sandbox: Sandbox) -> None:
    shop = own_sandbox.sdk()
    params = order(payment_method="pm_card_visa_chargeDeclined", confirm=True)
    declines = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refusal:
            shop.payment_intents.create(params, {"idempotency_key": "order-5"})
        declines.append(refusal.value.error.charge)
    assert declines[0] == declines[1]
    assert len(shop.charges.list().data) == 1


def test_a_request_that_cannot_be_read_leaves_the_key_free(sandbox: Sandbox) -> None:
    assert post(sandbox, "order-6", "amount=0&currency=eur").status == 400
    assert post(sandbox, "order-6").status == 200


def test_a_key_may_not_be_too_long(sandbox: Sandbox) -> None:
    assert post(sandbox, "k" * 256).status == 400
    assert post(sandbox, "k" * 255).status == 200


def test_a_browser_cannot_read_the_shops_answers(sandbox: Sandbox, shop: Any) -> None:
    intent = shop.payment_intents.create(order())
    path = f"/v1/payment_intents/{intent.id}/confirm"
    params = {
        "client_secret": intent.client_secret,
        "payment_method": "pm_card_visa",
        "use_stripe_sdk": "true",
    }
    ours = post(sandbox, "order-7", urlencode(params), path)
    assert "metadata" in ours.body
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Idempotency-Key": "order-7"}
    theirs = sandbox.ask("POST", path, body=urlencode(params), headers=headers, key=PUBLIC_KEY)
    assert theirs.status == 400
    assert "idempotent-replayed" not in theirs.headers


def test_the_same_key_in_flight_is_a_conflict(own_sandbox: Sandbox) -> None:
    own_sandbox.fault(latency_ms=600)
    replies: list[Reply] = []
    slow = threading.Thread(target=lambda: replies.append(post(own_sandbox, "order-8")))
    slow.start()
    conflict = wait_for(lambda: next((r for r in [post(own_sandbox, "order-8")]), None))
    slow.join()
    by_status = {reply.status: reply for reply in [conflict, *replies]}
    assert set(by_status) == {200, 409}
    assert by_status[409].body["error"]["code"] == "idempotency_key_in_use"
    assert by_status[409].headers["stripe-should-retry"] == "true"
    assert len(own_sandbox.ledger()["payment_intents"]) == 1


def test_many_threads_with_one_key_make_one_payment(own_sandbox: Sandbox) -> None:
    def attempt(_: int) -> str:
        params = order(payment_method="pm_card_visa", confirm=True)
        shop = own_sandbox.sdk(retries=8)
        return str(shop.payment_intents.create(params, {"idempotency_key": "order-9"}).id)

    with ThreadPoolExecutor(12) as pool:
        made = set(pool.map(attempt, range(12)))
    assert len(made) == 1
    ledger = own_sandbox.ledger()
    assert (len(ledger["payment_intents"]), ledger["captured"]) == (1, 1999)


def test_keys_survive_kill_9(own_sandbox: Sandbox) -> None:
    first = post(own_sandbox, "order-10")
    own_sandbox.kill()
    own_sandbox.start()
    again = post(own_sandbox, "order-10")
    assert again.body == first.body
    assert again.headers["idempotent-replayed"] == "true"
    assert post(own_sandbox, "order-10", "amount=1&currency=eur").status == 400


def test_a_lost_answer_is_found_by_asking_again(own_sandbox: Sandbox) -> None:
    shop = own_sandbox.sdk()
    own_sandbox.fault(lose_answers=1)
    params = order(payment_method="pm_card_visa", confirm=True)
    with pytest.raises(stripe.APIConnectionError):
        shop.payment_intents.create(params, {"idempotency_key": "order-11"})
    assert own_sandbox.ledger()["captured"] == 1999
    intent = shop.payment_intents.create(params, {"idempotency_key": "order-11"})
    assert intent.status == "succeeded"
    assert own_sandbox.ledger()["captured"] == 1999


def test_killed_in_the_middle_of_payments_every_order_is_paid_once(own_sandbox: Sandbox) -> None:
    orders = [f"order-{number}" for number in range(40)]
    started = threading.Barrier(5)

    def attempt(name: str) -> None:
        params = order(payment_method="pm_card_visa", confirm=True, metadata={"order": name})
        own_sandbox.sdk().payment_intents.create(params, {"idempotency_key": name})

    def worker(names: list[str]) -> None:
        started.wait()
        for name in names:
            try:
                attempt(name)
            except stripe.APIConnectionError:
                return

    workers = [threading.Thread(target=worker, args=(orders[n::4],)) for n in range(4)]
    for thread in workers:
        thread.start()
    started.wait()
    wait_for(lambda: len(own_sandbox.ledger()["payment_intents"]) >= 8)
    own_sandbox.kill()
    for thread in workers:
        thread.join()
    own_sandbox.start()
    for name in orders:
        attempt(name)
    rows = own_sandbox.ledger()["payment_intents"].values()
    paid = sorted(row["metadata"]["order"] for row in rows if row["captured"] == 1999)
    assert paid == sorted(orders)
    assert own_sandbox.ledger()["captured"] == 1999 * len(orders)


def test_refunds_are_idempotent_too(own_sandbox: Sandbox) -> None:
    shop = own_sandbox.sdk()
    intent = pay(shop)
    made = {
        shop.refunds.create(
            {"payment_intent": intent.id, "amount": 100}, {"idempotency_key": "refund-1"}
        ).id
        for _ in range(3)
    }
    assert len(made) == 1
    assert own_sandbox.ledger()["refunded"] == 100

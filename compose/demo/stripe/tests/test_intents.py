"""The life of a payment intent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from .conftest import Sandbox, order, pay, types, wait_for


def test_it_goes_from_creation_to_success(shop: Any) -> None:
    intent = shop.payment_intents.create(order(metadata={"order": "42"}))
    assert intent.status == "requires_payment_method"
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    intent = shop.payment_intents.update(intent.id, {"payment_method": "pm_card_visa"})
    assert intent.status == "requires_confirmation"
    intent = shop.payment_intents.confirm(intent.id)
    assert (intent.status, intent.amount_received) == ("succeeded", 1999)
    charge = shop.charges.retrieve(intent.latest_charge, {"expand": ["balance_transaction"]})
    assert (charge.captured, charge.paid, charge.amount_captured) == (True, True, 1999)
    assert charge.metadata.to_dict() == {"order": "42"}
    entry = charge.balance_transaction
    assert (entry.amount, entry.fee, entry.net) == (1999, 55, 1944)
    assert types(shop, intent.id) == ["payment_intent.created", "payment_intent.succeeded"]
    assert types(shop, charge.id) == ["charge.succeeded"]


def test_one_call_creates_and_pays_with_one_payment_method(shop: Any) -> None:
    customer = shop.customers.create()
    intent = pay(shop, customer=customer.id, setup_future_usage="off_session")
    assert intent.status == "succeeded"
    kept = shop.payment_methods.list({"customer": customer.id})
    assert [method.id for method in kept.data] == [intent.payment_method]


@pytest.mark.parametrize("amount", [50, 99_999_999])
def test_it_takes_the_smallest_and_the_largest_amount(shop: Any, amount: int) -> None:
    assert pay(shop, amount=amount).amount_received == amount


def test_it_wants_a_return_url_where_a_redirect_might_happen(shop: Any) -> None:
    intent = shop.payment_intents.create({"amount": 500, "currency": "eur"})
    assert intent.automatic_payment_methods.allow_redirects == "always"
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        shop.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert shop.payment_intents.retrieve(intent.id).status == "requires_payment_method"
    paid = shop.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "return_url": "https://shop.example/back"}
    )
    assert paid.status == "succeeded"


def test_it_cannot_be_confirmed_without_a_payment_method(shop: Any) -> None:
    intent = shop.payment_intents.create(order())
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.payment_intents.confirm(intent.id)
    assert refusal.value.code == "payment_intent_unexpected_state"


def test_money_is_held_and_captured_in_part(shop: Any) -> None:
    intent = pay(shop, capture_method="manual")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 1999)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.payment_intents.capture(intent.id, {"amount_to_capture": 2000})
    assert refusal.value.code == "amount_too_large"
    assert shop.payment_intents.retrieve(intent.id).status == "requires_capture"
    done = shop.payment_intents.capture(intent.id, {"amount_to_capture": 1500})
    assert (done.status, done.amount_received, done.amount_capturable) == ("succeeded", 1500, 0)
    assert types(shop, intent.id)[-2:] == [
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
    ]
    assert types(shop, intent.latest_charge) == ["charge.succeeded", "charge.captured"]
    with pytest.raises(stripe.InvalidRequestError):
        shop.refunds.create({"payment_intent": intent.id, "amount": 1501})


def test_a_hold_that_is_canceled_takes_no_money(own_sandbox: Sandbox) -> None:
    shop = own_sandbox.sdk()
    intent = pay(shop, capture_method="manual")
    with pytest.raises(stripe.InvalidRequestError, match="not been captured"):
        shop.refunds.create({"payment_intent": intent.id})
    done = shop.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (done.status, done.cancellation_reason) == ("canceled", "abandoned")
    assert shop.charges.retrieve(done.latest_charge).refunded
    assert types(shop, intent.id)[-1] == "payment_intent.canceled"
    ledger = own_sandbox.ledger()
    assert (ledger["captured"], ledger["refunded"]) == (0, 0)


def test_a_canceled_intent_is_dead(shop: Any) -> None:
    intent = shop.payment_intents.create(order())
    shop.payment_intents.cancel(intent.id)
    attempts = [
        lambda: shop.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}),
        lambda: shop.payment_intents.cancel(intent.id),
        lambda: shop.payment_intents.capture(intent.id),
        lambda: shop.payment_intents.update(intent.id, {"amount": 5}),
        lambda: shop.refunds.create({"payment_intent": intent.id}),
    ]
    for attempt in attempts:
        with pytest.raises(stripe.InvalidRequestError):
            attempt()
    after = shop.payment_intents.retrieve(intent.id)
    assert (after.status, after.amount, after.latest_charge) == ("canceled", 1999, None)


def test_a_paid_intent_moves_no_more_money(shop: Any) -> None:
    intent = pay(shop)
    attempts = [
        lambda: shop.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}),
        lambda: shop.payment_intents.cancel(intent.id),
        lambda: shop.payment_intents.capture(intent.id),
        lambda: shop.payment_intents.update(intent.id, {"amount": 5}),
    ]
    for attempt in attempts:
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            attempt()
        assert refusal.value.code == "payment_intent_unexpected_state"
        assert refusal.value.error.payment_intent.id == intent.id
    assert shop.payment_intents.retrieve(intent.id) == intent
    assert len(shop.charges.list({"payment_intent": intent.id}).data) == 1
    noted = shop.payment_intents.update(intent.id, {"metadata": {"note": "late"}})
    assert noted.metadata["note"] == "late"


def test_the_amount_may_change_until_it_is_paid(shop: Any) -> None:
    intent = shop.payment_intents.create(order())
    shop.payment_intents.update(intent.id, {"amount": 2500, "currency": "usd"})
    paid = shop.payment_intents.confirm(intent.id, {"payment_method": "pm_card_mastercard"})
    assert (paid.amount_received, paid.currency) == (2500, "usd")


def test_a_payment_method_without_customer_pays_once(shop: Any) -> None:
    method = pay(shop).payment_method
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        pay(shop, method)


def test_a_card_of_a_customer_pays_for_that_customer_only(shop: Any) -> None:
    alice, bob = shop.customers.create({"name": "Alice"}), shop.customers.create({"name": "Bob"})
    card = shop.payment_methods.attach("pm_card_visa", {"customer": alice.id})
    assert pay(shop, card.id, customer=alice.id).status == "succeeded"
    assert pay(shop, card.id, customer=alice.id).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="belongs to a Customer"):
        pay(shop, card.id, customer=bob.id)


def test_a_payment_may_stay_in_processing_for_a_while(own_sandbox: Sandbox) -> None:
    own_sandbox.fault(processing_ms=300)
    shop = own_sandbox.sdk()
    intent = pay(shop)
    assert intent.status == "processing"
    assert own_sandbox.ledger()["captured"] == 0
    wait_for(lambda: shop.payment_intents.retrieve(intent.id).status == "succeeded")
    assert own_sandbox.ledger()["captured"] == 1999
    assert types(shop, intent.id) == [
        "payment_intent.created",
        "payment_intent.processing",
        "payment_intent.succeeded",
    ]


def test_two_confirmations_at_once_charge_once(own_sandbox: Sandbox) -> None:
    shop = own_sandbox.sdk()
    intent = shop.payment_intents.create(order())

    def confirm(_: int) -> str:
        try:
            own_sandbox.sdk().payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
        except stripe.InvalidRequestError as error:
            return str(error.code)
        return "paid"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(confirm, range(8)))
    assert outcomes.count("paid") == 1
    assert set(outcomes) == {"paid", "payment_intent_unexpected_state"}
    assert own_sandbox.ledger()["payment_intents"][intent.id]["charges"] == 1

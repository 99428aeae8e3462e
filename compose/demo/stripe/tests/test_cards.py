"""Stripe's test cards, typed by a person or named by a program."""

from __future__ import annotations

import http.client
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import stripe

from .conftest import Sandbox, order, pay, types

NEXT_YEAR = datetime.now(UTC).year + 1
DECLINES = [
    ("4000000000000002", "visa_chargeDeclined", "card_declined", "generic_decline"),
    (
        "4000000000009995",
        "visa_chargeDeclinedInsufficientFunds",
        "card_declined",
        "insufficient_funds",
    ),
    ("4000000000009987", "visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("4000000000009979", "visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
    ("4000000000000069", "chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ("4000000000000127", "chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
    ("4000000000000119", "chargeDeclinedProcessingError", "processing_error", "processing_error"),
    (
        "4000000000006975",
        "visa_chargeDeclinedVelocityLimitExceeded",
        "card_declined",
        "card_velocity_exceeded",
    ),
    ("4100000000000019", "radarBlock", "card_declined", "fraudulent"),
    ("4000000000000341", "chargeCustomerFail", "card_declined", "generic_decline"),
]


def typed(number: str, **changes: Any) -> Any:
    """Card data as a person types it."""
    card = {"number": number, "exp_month": 12, "exp_year": NEXT_YEAR, "cvc": "123", **changes}
    return {"type": "card", "card": card}


@pytest.mark.parametrize(
    ("number", "brand", "cvc"),
    [
        ("4242424242424242", "visa", "123"),
        ("4242 4242 4242 4242", "visa", "123"),
        ("5555555555554444", "mastercard", "123"),
        ("2223003122003222", "mastercard", "123"),
        ("378282246310005", "amex", "1234"),
        ("6011111111111117", "discover", "123"),
        ("3566002020360505", "jcb", "123"),
        ("6200000000000005", "unionpay", "123"),
    ],
)
def test_a_good_card_pays(shop: Any, number: str, brand: str, cvc: str) -> None:
    intent = shop.payment_intents.create(order())
    data = typed(number, cvc=cvc)
    paid = shop.payment_intents.confirm(
        intent.id, {"payment_method_data": data, "expand": ["payment_method", "latest_charge"]}
    )
    assert paid.status == "succeeded"
    assert paid.payment_method.card.brand == brand
    assert paid.latest_charge.payment_method_details.card.checks.cvc_check == "pass"


@pytest.mark.parametrize("name", ["pm_card_visa", "pm_card_mastercard", "pm_card_amex"])
def test_a_good_name_pays(shop: Any, name: str) -> None:
    assert pay(shop, name).status == "succeeded"


@pytest.mark.parametrize(("number", "name", "code", "decline_code"), DECLINES)
def test_a_bad_card_is_declined_and_the_intent_can_be_paid_with_another(
    shop: Any, number: str, name: str, code: str, decline_code: str
) -> None:
    intent = shop.payment_intents.create(order())
    for given in ({"payment_method_data": typed(number)}, {"payment_method": f"pm_card_{name}"}):
        with pytest.raises(stripe.CardError) as refusal:
            shop.payment_intents.confirm(intent.id, given)
        error = refusal.value.error
        assert (refusal.value.http_status, error.type) == (402, "card_error")
        assert (error.code, error.decline_code) == (code, decline_code)
        assert error.payment_intent.status == "requires_payment_method"
        charge = shop.charges.retrieve(error.charge)
        assert (charge.status, charge.paid, charge.amount_captured) == ("failed", False, 0)
        assert charge.failure_code == code
    after = shop.payment_intents.retrieve(intent.id)
    assert (after.last_payment_error.code, after.payment_method) == (code, None)
    assert types(shop, intent.id).count("payment_intent.payment_failed") == 2
    paid = shop.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"number": "4242424242424241"}, "incorrect_number", "number"),
        ({"number": "4242"}, "invalid_number", "number"),
        ({"number": "nonsense"}, "invalid_number", "number"),
        ({"number": "9999999999999995"}, "invalid_number", "number"),
        ({"exp_month": 13}, "invalid_expiry_month", "exp_month"),
        ({"exp_month": 0}, "invalid_expiry_month", "exp_month"),
        ({"exp_year": 2020}, "invalid_expiry_year", "exp_year"),
        ({"exp_year": 1970}, "invalid_expiry_year", "exp_year"),
        ({"exp_year": 2199}, "invalid_expiry_year", "exp_year"),
        ({"cvc": "12"}, "invalid_cvc", "cvc"),
        ({"cvc": "1234"}, "invalid_cvc", "cvc"),
        ({"cvc": "abc"}, "invalid_cvc", "cvc"),
    ],
)
def test_card_data_that_cannot_be_right_is_refused(
    shop: Any, changes: Any, code: str, param: str
) -> None:
    intent = shop.payment_intents.create(order())
    data = typed(changes.pop("number", "4242424242424242"), **changes)
    with pytest.raises(stripe.CardError) as refusal:
        shop.payment_intents.confirm(intent.id, {"payment_method_data": data})
    assert (refusal.value.code, refusal.value.param) == (code, param)
    with pytest.raises(stripe.CardError):
        shop.payment_methods.create(data)
    assert shop.payment_intents.retrieve(intent.id) == intent


def test_a_failing_cvc_check_is_shown_but_does_not_decline(shop: Any) -> None:
    intent = pay(shop, "pm_card_cvcCheckFail", expand=["latest_charge"])
    assert intent.status == "succeeded"
    assert intent.latest_charge.payment_method_details.card.checks.cvc_check == "fail"


def test_a_real_card_is_declined_and_its_number_is_not_kept(own_sandbox: Sandbox) -> None:
    real = "4539578763621486"
    with pytest.raises(stripe.CardError) as refusal:
        own_sandbox.sdk().payment_intents.create(
            order(confirm=True, payment_method_data=typed(real, cvc="987"))
        )
    assert refusal.value.error.decline_code == "test_mode_live_card"
    own_sandbox.end()
    for path in own_sandbox.state.iterdir():
        assert real.encode() not in Path(path).read_bytes()


@pytest.mark.parametrize(
    "name",
    ["authenticationRequired", "authenticationRequiredOnSetup", "threeDSecure2Required"],
)
def test_some_cards_ask_for_3d_secure(sandbox: Sandbox, shop: Any, name: str) -> None:
    intent = pay(shop, f"pm_card_{name}")
    assert (intent.status, intent.next_action.type) == ("requires_action", "use_stripe_sdk")
    assert intent.latest_charge is None
    page = intent.next_action.use_stripe_sdk["stripe_js"].removeprefix(sandbox.url)
    question = sandbox.ask("GET", page)
    assert "Pay 19.99 EUR" in question.body
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.payment_intents.confirm(intent.id)
    assert refusal.value.code == "payment_intent_unexpected_state"
    assert answer(sandbox, page, "approve").status == 200
    paid = shop.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (paid.status, paid.next_action) == ("succeeded", None)
    secure = paid.latest_charge.payment_method_details.card.three_d_secure
    assert secure.result == "authenticated"
    assert types(shop, intent.id) == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.succeeded",
    ]
    assert answer(sandbox, page, "approve").status == 410
    assert shop.payment_intents.retrieve(intent.id).amount_received == 1999


def answer(sandbox: Sandbox, page: str, outcome: str) -> Any:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return sandbox.ask("POST", page, body=f"outcome={outcome}", headers=headers)


def test_failing_3d_secure_fails_the_payment(sandbox: Sandbox, shop: Any) -> None:
    intent = pay(shop, "pm_card_threeDSecure2Required")
    page = intent.next_action.use_stripe_sdk["stripe_js"].removeprefix(sandbox.url)
    assert answer(sandbox, page, "perhaps").status == 400
    answer(sandbox, page, "fail")
    after = shop.payment_intents.retrieve(intent.id)
    assert after.status == "requires_payment_method"
    assert after.last_payment_error.code == "payment_intent_authentication_failure"
    assert types(shop, intent.id)[-1] == "payment_intent.payment_failed"
    assert shop.payment_intents.confirm(after.id, {"payment_method": "pm_card_visa"}).amount == 1999


def test_3d_secure_may_end_in_a_decline(sandbox: Sandbox, shop: Any) -> None:
    intent = pay(shop, "pm_card_threeDSecureRequiredChargeDeclined")
    page = intent.next_action.use_stripe_sdk["stripe_js"].removeprefix(sandbox.url)
    answer(sandbox, page, "approve")
    after = shop.payment_intents.retrieve(intent.id)
    assert after.last_payment_error.decline_code == "generic_decline"


@pytest.mark.parametrize(("outcome", "status"), [("approve", "succeeded"), ("fail", "failed")])
def test_a_redirect_comes_back_to_the_shop(
    sandbox: Sandbox, shop: Any, outcome: str, status: str
) -> None:
    back = "http://127.0.0.1:1/orders/7?from=bank"
    intent = pay(shop, "pm_card_threeDSecure2Required", return_url=back)
    action = intent.next_action.redirect_to_url
    assert action.return_url == back
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    page = action.url.removeprefix(sandbox.url)
    connection.request("POST", page, f"outcome={outcome}", headers)
    reply = connection.getresponse()
    location = reply.headers["Location"]
    connection.close()
    assert reply.status == 303
    assert location.startswith(f"{back}&payment_intent={intent.id}&payment_intent_client_secret=")
    assert location.endswith(f"redirect_status={status}")


def test_a_new_card_replaces_one_that_waits_for_3d_secure(sandbox: Sandbox, shop: Any) -> None:
    intent = pay(shop, "pm_card_threeDSecure2Required")
    page = intent.next_action.use_stripe_sdk["stripe_js"].removeprefix(sandbox.url)
    paid = shop.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert paid.status == "succeeded"
    assert answer(sandbox, page, "approve").status == 410
    assert len(shop.charges.list({"payment_intent": intent.id}).data) == 1


def test_without_the_person_3d_secure_is_a_decline(shop: Any) -> None:
    for wish in ({"off_session": True}, {"error_on_requires_action": True}):
        with pytest.raises(stripe.CardError) as refusal:
            pay(shop, "pm_card_authenticationRequired", **wish)
        assert refusal.value.code == "authentication_required"


def test_a_card_that_was_set_up_pays_without_the_person(sandbox: Sandbox, shop: Any) -> None:
    customer = shop.customers.create()
    card = "pm_card_authenticationRequiredOnSetup"
    first = pay(shop, card, customer=customer.id, setup_future_usage="off_session")
    assert first.status == "requires_action"
    page = first.next_action.use_stripe_sdk["stripe_js"].removeprefix(sandbox.url)
    answer(sandbox, page, "approve")
    saved = shop.payment_intents.retrieve(first.id)
    assert saved.status == "succeeded"
    paid = pay(shop, saved.payment_method, customer=customer.id, off_session=True)
    assert paid.status == "succeeded"
    assert pay(shop, saved.payment_method, customer=customer.id).status == "requires_action"


def test_one_card_asks_only_when_the_person_is_there(shop: Any) -> None:
    card = "pm_card_authenticationRequiredSetupForOffSession"
    assert pay(shop, card, off_session=True).status == "succeeded"
    assert pay(shop, card).status == "requires_action"


def test_3d_secure_happens_where_the_shop_asks_for_it(shop: Any) -> None:
    card = "pm_card_threeDSecureOptional"
    assert pay(shop, card).status == "succeeded"
    wish = {"card": {"request_three_d_secure": "any"}}
    assert pay(shop, card, payment_method_options=wish).status == "requires_action"

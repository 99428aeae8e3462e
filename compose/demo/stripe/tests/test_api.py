"""The outside of the API: keys, parameters, errors, lists, expansion."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import stripe

from .conftest import PUBLIC_KEY, SECRET_KEY, Sandbox, order, pay

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_it_knows_its_account(shop: Any) -> None:
    account = shop.accounts.retrieve_current()
    assert account.id.startswith("acct_")
    assert shop.accounts.retrieve(account.id).settings.dashboard.display_name == "Souk sandbox"


def test_it_refuses_a_request_without_a_key(sandbox: Sandbox) -> None:
    reply = sandbox.ask("GET", "/v1/account")
    assert reply.status == 401
    assert "did not provide an API key" in reply.body["error"]["message"]


@pytest.mark.parametrize("key", ["sk_test_short", "sk_live_" + "a" * 24, "nonsense", "pk_test_€"])
def test_it_refuses_an_unknown_key_and_masks_it(sandbox: Sandbox, key: str) -> None:
    credentials = base64.b64encode(f"{key}:".encode()).decode()
    reply = sandbox.ask("GET", "/v1/account", headers={"Authorization": f"Basic {credentials}"})
    assert reply.status == 401
    assert reply.body["error"]["type"] == "invalid_request_error"
    assert key not in reply.body["error"]["message"]


def test_it_takes_the_key_by_basic_authentication(sandbox: Sandbox) -> None:
    credentials = base64.b64encode(f"{SECRET_KEY}:".encode()).decode()
    reply = sandbox.ask("GET", "/v1/account", headers={"Authorization": f"Basic {credentials}"})
    assert reply.status == 200


def test_it_takes_only_the_configured_keys_where_there_are_some(tmp_path: Path) -> None:
    keys = {"STRIPE_SECRET_KEY": SECRET_KEY, "STRIPE_PUBLISHABLE_KEY": PUBLIC_KEY}
    guarded = Sandbox(tmp_path, environment=keys).start()
    other = "sk_test_" + "z" * 32
    assert guarded.ask("GET", "/v1/account", key=SECRET_KEY).status == 200
    assert guarded.ask("GET", "/v1/account", key=other).status == 401
    with pytest.raises(stripe.AuthenticationError):
        guarded.sdk(other).payment_intents.create(order())
    assert guarded.ledger()["payment_intents"] == {}
    guarded.end()


def test_a_publishable_key_cannot_do_what_a_server_does(sandbox: Sandbox, shop: Any) -> None:
    intent = shop.payment_intents.create(order())
    browser = sandbox.sdk(PUBLIC_KEY)
    calls = [
        lambda: browser.payment_intents.create(order()),
        lambda: browser.payment_intents.cancel(intent.id),
        lambda: browser.payment_intents.list(),
        lambda: browser.refunds.create({"payment_intent": intent.id}),
        lambda: browser.events.list(),
    ]
    for call in calls:
        with pytest.raises(stripe.AuthenticationError) as refusal:
            call()
        assert refusal.value.error.code == "secret_key_required"
    assert shop.payment_intents.retrieve(intent.id) == intent


def test_a_browser_needs_the_client_secret_and_sees_less(sandbox: Sandbox, shop: Any) -> None:
    intent = shop.payment_intents.create(order(metadata={"order": "7"}))
    browser = sandbox.sdk(PUBLIC_KEY)
    seen = browser.payment_intents.retrieve(intent.id, {"client_secret": intent.client_secret})
    assert seen.amount == 1999
    assert "metadata" not in seen
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        browser.payment_intents.retrieve(intent.id, {"client_secret": intent.id + "_secret_x"})
    assert refusal.value.code == "resource_missing"


def test_a_browser_sends_its_key_as_a_parameter_before_any_header(
    sandbox: Sandbox, shop: Any
) -> None:
    intent = shop.payment_intents.create(order())
    body = (
        f"key={PUBLIC_KEY}&client_secret={intent.client_secret}&use_stripe_sdk=true"
        "&payment_method_data[type]=card&payment_method_data[card][number]=4000000000009995"
        "&payment_method_data[card][exp_month]=12&payment_method_data[card][exp_year]=40"
        "&payment_method_data[card][cvc]=123"
    )
    headers = {**FORM, "Authorization": "Bearer eyJhbGciOi.made-by.a-gateway"}
    path = f"/v1/payment_intents/{intent.id}/confirm"
    reply = sandbox.ask("POST", path, body=body, headers=headers)
    assert reply.status == 402
    assert reply.body["error"]["decline_code"] == "insufficient_funds"
    assert "metadata" not in reply.body["error"]["payment_intent"]
    body = body.replace("4000000000009995", "4242424242424242")
    assert sandbox.ask("POST", path, body=body, headers=headers).body["status"] == "succeeded"


def test_a_secret_key_is_not_taken_from_a_parameter(sandbox: Sandbox) -> None:
    assert sandbox.ask("GET", f"/v1/account?key={SECRET_KEY}").status == 401


def test_it_answers_with_request_id_and_version(sandbox: Sandbox) -> None:
    headers = {"Stripe-Version": "2026-05-27.dahlia"}
    reply = sandbox.ask("GET", "/v1/account", key=SECRET_KEY, headers=headers)
    assert reply.headers["request-id"].startswith("req_")
    assert reply.headers["stripe-version"]
    headers = {"Stripe-Version": "tomorrow"}
    assert sandbox.ask("GET", "/v1/account", key=SECRET_KEY, headers=headers).status == 400


def test_it_refuses_another_account(sandbox: Sandbox, shop: Any) -> None:
    own = shop.accounts.retrieve_current().id
    for account, status in ((own, 200), ("acct_other", 403)):
        headers = {"Stripe-Account": account}
        reply = sandbox.ask("GET", "/v1/events", key=SECRET_KEY, headers=headers)
        assert reply.status == status


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ("amount=100", "parameter_missing", "currency"),
        ("currency=eur", "parameter_missing", "amount"),
        ("amount=100&currency=eur&colour=red", "parameter_unknown", "colour"),
        ("amount=1.5&currency=eur", "parameter_invalid_integer", "amount"),
        ("amount=0&currency=eur", "parameter_invalid_integer", "amount"),
        ("amount=-5&currency=eur", "parameter_invalid_integer", "amount"),
        ("amount=100000000&currency=eur", "amount_too_large", "amount"),
        ("amount=99999999999999999999&currency=eur", "parameter_invalid_integer", "amount"),
        ("amount=100&currency=xyz", None, "currency"),
        ("amount[a]=1&currency=eur", None, "amount"),
        ("amount=100&currency=eur&confirm=maybe", None, "confirm"),
        ("amount=100&currency=eur&capture_method=later", None, "capture_method"),
        ("amount=100&currency=eur&customer=cus_none", "resource_missing", "customer"),
        ("amount=100&currency=eur&payment_method=pm_card_none", "resource_missing", None),
        ("amount=100&currency=eur&metadata=text", None, "metadata"),
        (f"amount=100&currency=eur&metadata[{'k' * 41}]=v", None, None),
        ("amount=100&currency=eur&a[b][c][d][e][f][g]=1", None, None),
        ("]=1", None, None),
        ("amount=100&amount[x]=3&currency=eur", None, None),
    ],
)
def test_it_names_what_is_wrong_with_the_parameters(
    sandbox: Sandbox, shop: Any, body: str, code: str | None, param: str | None
) -> None:
    newest = shop.payment_intents.list({"limit": 1}).data
    reply = sandbox.ask("POST", "/v1/payment_intents", body=body, headers=FORM, key=SECRET_KEY)
    assert reply.status in (400, 404)
    error = reply.body["error"]
    assert error["type"] == "invalid_request_error"
    assert error.get("code") == code
    assert param is None or error["param"] == param
    assert shop.payment_intents.list({"limit": 1}).data == newest


def test_it_refuses_other_content_types(sandbox: Sandbox) -> None:
    for body, headers in (
        ('{"amount": 1}', {"Content-Type": "application/json"}),
        (b"amount=\xff\xfe", FORM),
        (b"a=1&" * 5000, FORM),
    ):
        reply = sandbox.ask(
            "POST", "/v1/payment_intents", body=body, headers=headers, key=SECRET_KEY
        )
        assert reply.status == 400


def test_it_refuses_a_body_that_is_too_large(sandbox: Sandbox) -> None:
    body = "a=" + "x" * 1_000_001
    reply = sandbox.ask("POST", "/v1/customers", body=body, headers=FORM, key=SECRET_KEY)
    assert reply.status == 413


@pytest.mark.parametrize("path", ["/v1/", "/v1/nothing", "/v1/payment_intents/pi_1/explode"])
def test_it_says_which_address_is_unknown(sandbox: Sandbox, path: str) -> None:
    reply = sandbox.ask("GET", path, key=SECRET_KEY)
    assert reply.status == 404
    assert "Unrecognized request URL" in reply.body["error"]["message"]


def test_a_missing_object_is_resource_missing(shop: Any) -> None:
    reads = (
        shop.payment_intents,
        shop.charges,
        shop.refunds,
        shop.customers,
        shop.events,
        shop.disputes,
        shop.payment_methods,
        shop.balance_transactions,
        shop.webhook_endpoints,
    )
    for service in reads:
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            service.retrieve("missing_1")
        assert refusal.value.http_status == 404
        assert refusal.value.code == "resource_missing"


def test_it_lists_newest_first_and_pages(shop: Any) -> None:
    customer = shop.customers.create({"name": "Alice"})
    made = [shop.payment_intents.create(order(customer=customer.id)).id for _ in range(5)]
    mine = {"customer": customer.id, "limit": 2}
    first = shop.payment_intents.list(mine)
    assert [intent.id for intent in first.data] == [made[4], made[3]]
    assert first.has_more
    assert [intent.id for intent in first.auto_paging_iter()] == made[::-1]
    earlier = shop.payment_intents.list({**mine, "ending_before": made[1]})
    assert [intent.id for intent in earlier.data] == [made[3], made[2]]
    assert shop.payment_intents.list({**mine, "created": {"gt": 2**40}}).data == []


@pytest.mark.parametrize("window", [{"limit": 0}, {"limit": 101}, {"starting_after": "pi_no"}])
def test_it_refuses_impossible_windows(shop: Any, window: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.payment_intents.list(window)


def test_it_expands_what_is_asked_for(shop: Any) -> None:
    intent = pay(shop, expand=["latest_charge.balance_transaction", "payment_method"])
    assert intent.latest_charge.balance_transaction.amount == 1999
    assert intent.payment_method.card.last4 == "4242"
    shop.refunds.create({"payment_intent": intent.id, "amount": 9})
    charge = shop.charges.retrieve(intent.latest_charge.id, {"expand": ["refunds"]})
    assert [refund.amount for refund in charge.refunds.data] == [9]
    listed = shop.charges.list(
        {"payment_intent": intent.id, "expand": ["data.balance_transaction", "data.customer"]}
    )
    assert listed.data[0].balance_transaction.type == "charge"
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        shop.charges.retrieve(charge.id, {"expand": ["amount"]})


def test_metadata_is_merged_and_bounded(shop: Any) -> None:
    intent = shop.payment_intents.create(order(metadata={"a": "1", "b": "2"}))
    changed = shop.payment_intents.update(intent.id, {"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    many = {f"k{number}": "v" for number in range(51)}
    with pytest.raises(stripe.InvalidRequestError):
        shop.payment_intents.update(intent.id, {"metadata": many})
    assert shop.payment_intents.retrieve(intent.id).metadata.to_dict() == {"b": "2", "c": "3"}
    assert shop.payment_intents.update(intent.id, {"metadata": ""}).metadata.to_dict() == {}


@pytest.mark.parametrize(
    "call",
    [
        ("payment_intents", {"customer": "cus_none"}),
        ("charges", {"payment_intent": "pi_none", "transfer_group": "none"}),
        ("customers", {"email": "carol@souk.example"}),
        ("balance_transactions", {"source": "none", "type": "charge", "currency": "eur"}),
        ("refunds", {"charge": "none"}),
        ("disputes", {"charge": "none"}),
        ("events", {"type": "none"}),
        ("payment_methods", {"customer": "cus_none", "type": "card"}),
    ],
)
def test_every_list_can_be_filtered(shop: Any, call: tuple[str, Any]) -> None:
    service, filters = call
    assert getattr(shop, service).list(filters).data == []
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        getattr(shop, service).list({"colour": "red"})
    assert refusal.value.code == "parameter_unknown"

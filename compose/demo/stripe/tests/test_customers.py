"""Customers and their cards."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from .conftest import PUBLIC_KEY, Sandbox, pay, types


def test_a_customer_is_created_changed_and_deleted(shop: Any) -> None:
    alice = shop.customers.create(
        {"email": "alice@souk.example", "name": "Alice", "address": {"city": "Berlin"}}
    )
    changed = shop.customers.update(alice.id, {"phone": "+49 30 1"})
    assert (changed.email, changed.phone, changed.address.city) == (
        "alice@souk.example",
        "+49 30 1",
        "Berlin",
    )
    assert shop.customers.list({"email": "alice@souk.example"}).data[0].id == alice.id
    card = shop.payment_methods.attach("pm_card_visa", {"customer": alice.id})
    assert shop.customers.delete(alice.id).deleted
    assert shop.customers.retrieve(alice.id).deleted
    assert shop.payment_methods.retrieve(card.id).customer is None
    assert types(shop, alice.id) == ["customer.created", "customer.updated", "customer.deleted"]
    with pytest.raises(stripe.InvalidRequestError):
        shop.customers.update(alice.id, {"name": "Bob"})
    with pytest.raises(stripe.InvalidRequestError):
        pay(shop, customer=alice.id)


def test_it_refuses_an_email_that_is_none(shop: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.customers.create({"email": "alice"})
    assert refusal.value.code == "email_invalid"


def test_sources_can_be_expanded_and_are_empty(shop: Any) -> None:
    expand = {"expand": ["default_source", "sources"]}
    customer = shop.customers.retrieve(shop.customers.create().id, expand)
    assert customer.sources.data == []


def test_a_card_is_attached_and_detached(shop: Any) -> None:
    alice, bob = shop.customers.create(), shop.customers.create()
    card = shop.payment_methods.create(
        {
            "type": "card",
            "card": {"token": "tok_visa"},
            "billing_details": {"name": "Alice", "address": {"country": "DE"}},
        }
    )
    assert (card.billing_details.name, card.billing_details.address.country) == ("Alice", "DE")
    shop.payment_methods.attach(card.id, {"customer": alice.id})
    assert [one.id for one in shop.customers.payment_methods.list(alice.id).data] == [card.id]
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        shop.payment_methods.attach(card.id, {"customer": bob.id})
    renamed = shop.payment_methods.update(card.id, {"billing_details": {"name": "A."}})
    assert renamed.billing_details.name == "A."
    shop.payment_methods.detach(card.id)
    assert shop.customers.payment_methods.list(alice.id).data == []
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        pay(shop, card.id)
    with pytest.raises(stripe.InvalidRequestError):
        shop.payment_methods.detach(card.id)
    assert types(shop, card.id) == [
        "payment_method.attached",
        "payment_method.updated",
        "payment_method.detached",
    ]


def test_attaching_verifies_the_card(shop: Any) -> None:
    customer = shop.customers.create()
    with pytest.raises(stripe.CardError):
        shop.payment_methods.attach("pm_card_visa_chargeDeclined", {"customer": customer.id})
    assert shop.payment_methods.list({"customer": customer.id}).data == []


def test_one_card_attaches_and_fails_when_charged(shop: Any) -> None:
    customer = shop.customers.create()
    card = shop.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    with pytest.raises(stripe.CardError) as refusal:
        pay(shop, card.id, customer=customer.id)
    assert refusal.value.error.decline_code == "generic_decline"
    assert shop.payment_methods.retrieve(card.id).customer == customer.id


def test_a_browser_can_make_a_payment_method(sandbox: Sandbox, shop: Any) -> None:
    card = sandbox.sdk(PUBLIC_KEY).payment_methods.create(
        {
            "type": "card",
            "card": {"number": "4242424242424242", "exp_month": 1, "exp_year": 40, "cvc": "123"},
        }
    )
    assert (card.card.exp_year, card.card.last4) == (2040, "4242")
    assert pay(shop, card.id).status == "succeeded"


@pytest.mark.parametrize(
    "params",
    [{"type": "iban"}, {"type": "card"}, {"type": "card", "card": {"token": "tok_none"}}],
)
def test_it_refuses_other_payment_methods(shop: Any, params: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.payment_methods.create(params)

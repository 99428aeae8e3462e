"""Amounts as Stripe counts them, currency by currency."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from compose.demo.stripe.currencies import shown_amount

from .conftest import order, pay


@pytest.mark.parametrize(
    ("currency", "least", "most"),
    [
        ("eur", 50, 99_999_999),
        ("gbp", 30, 99_999_999),
        ("jpy", 50, 99_999_999),
        ("huf", 17_500, 99_999_999),
        ("kwd", 10, 99_999_990),
        ("isk", 100, 99_999_900),
        ("idr", 1, 999_999_999_999),
    ],
)
def test_it_takes_what_lies_within_the_bounds(
    shop: Any, currency: str, least: int, most: int
) -> None:
    for amount in (least, most):
        assert pay(shop, amount=amount, currency=currency).amount_received == amount


@pytest.mark.parametrize(
    ("currency", "amount", "code"),
    [
        ("eur", 49, "amount_too_small"),
        ("gbp", 29, "amount_too_small"),
        ("jpy", 49, "amount_too_small"),
        ("eur", 100_000_000, "amount_too_large"),
        ("jpy", 100_000_000, "amount_too_large"),
        ("kwd", 1234, None),
        ("omr", 1001, None),
        ("isk", 550, None),
        ("ugx", 10_001, None),
    ],
)
def test_it_refuses_the_rest(shop: Any, currency: str, amount: int, code: str | None) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.payment_intents.create(order(amount=amount, currency=currency))

    assert (refused.value.code, refused.value.param) == (code, "amount")


def test_a_change_of_the_amount_is_held_to_the_bounds_too(shop: Any) -> None:
    intent = shop.payment_intents.create(order())
    with pytest.raises(stripe.InvalidRequestError, match="at least 0.50 EUR"):
        shop.payment_intents.update(intent.id, {"amount": 10})

    assert shop.payment_intents.retrieve(intent.id).amount == intent.amount


def test_a_refund_ends_with_zero_too(shop: Any) -> None:
    intent = pay(shop, amount=5_000, currency="kwd")
    with pytest.raises(stripe.InvalidRequestError, match="multiple of 10"):
        shop.refunds.create({"payment_intent": intent.id, "amount": 1_001})

    assert shop.refunds.create({"payment_intent": intent.id, "amount": 1_010}).amount == 1_010


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (1234, "eur", "12.34 EUR"),
        (1234, "pyg", "1234 PYG"),
        (123400, "isk", "1234.00 ISK"),
        (1230, "kwd", "1.230 KWD"),
    ],
)
def test_people_read_it_with_the_decimals_of_the_currency(
    amount: int, currency: str, shown: str
) -> None:
    assert shown_amount(amount, currency) == shown

"""Refunds and disputes: money that goes back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from .conftest import Sandbox, pay, types, wait_for


def test_it_refunds_in_parts_and_then_the_remainder(shop: Any) -> None:
    intent = pay(shop)
    first = shop.refunds.create(
        {"payment_intent": intent.id, "amount": 500, "reason": "requested_by_customer"}
    )
    assert (first.status, first.amount, first.charge) == ("succeeded", 500, intent.latest_charge)
    charge = shop.charges.retrieve(intent.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (500, False)
    rest = shop.refunds.create({"charge": intent.latest_charge})
    assert rest.amount == 1499
    charge = shop.charges.retrieve(intent.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (1999, True)
    listed = shop.refunds.list({"payment_intent": intent.id})
    assert [refund.id for refund in listed.data] == [rest.id, first.id]
    entry = shop.balance_transactions.retrieve(first.balance_transaction)
    assert (entry.amount, entry.fee, entry.type) == (-500, 0, "refund")
    assert types(shop, charge.id) == ["charge.succeeded", "charge.refunded", "charge.refunded"]


def test_a_refund_is_announced_and_later_gets_its_reference(own_sandbox: Sandbox) -> None:
    shop = own_sandbox.sdk()
    refund = shop.refunds.create({"payment_intent": pay(shop).id})
    assert types(shop, refund.id) == ["refund.created"]
    wait_for(lambda: "refund.updated" in types(shop, refund.id))
    card = shop.refunds.retrieve(refund.id).destination_details.card
    assert card.reference_status == "available"


@pytest.mark.parametrize("amount", [1001, 2000])
def test_it_never_refunds_more_than_is_left(shop: Any, amount: int) -> None:
    intent = pay(shop)
    shop.refunds.create({"payment_intent": intent.id, "amount": 999})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        shop.refunds.create({"payment_intent": intent.id, "amount": amount})
    assert shop.charges.retrieve(intent.latest_charge).amount_refunded == 999


def test_it_refuses_a_second_full_refund(shop: Any) -> None:
    intent = pay(shop)
    shop.refunds.create({"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.refunds.create({"payment_intent": intent.id})
    assert refusal.value.code == "charge_already_refunded"


@pytest.mark.parametrize(
    "params",
    [{}, {"payment_intent": "pi_none"}, {"charge": "ch_none"}, {"amount": 5}],
)
def test_it_refuses_what_it_cannot_find(shop: Any, params: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.refunds.create(params)


@pytest.mark.parametrize("change", [{"amount": 0}, {"amount": -1}, {"reason": "mood"}])
def test_it_refuses_senseless_refunds(shop: Any, change: Any) -> None:
    intent = pay(shop)
    with pytest.raises(stripe.InvalidRequestError):
        shop.refunds.create({"payment_intent": intent.id, **change})
    assert shop.charges.retrieve(intent.latest_charge).amount_refunded == 0


def test_refunds_at_once_never_exceed_the_charge(own_sandbox: Sandbox) -> None:
    intent = pay(own_sandbox.sdk(), amount=1000)

    def refund(_: int) -> int:
        try:
            return int(
                own_sandbox.sdk()
                .refunds.create({"payment_intent": intent.id, "amount": 300})
                .amount
            )
        except stripe.InvalidRequestError:
            return 0

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(refund, range(8))) == 900
    ledger = own_sandbox.ledger()
    assert (ledger["captured"], ledger["refunded"]) == (1000, 900)
    assert ledger["by_currency"] == {"eur": {"captured": 1000, "refunded": 900}}


def test_a_refund_may_fail_later_and_gives_the_money_back(own_sandbox: Sandbox) -> None:
    shop = own_sandbox.sdk()
    intent = pay(shop, "pm_card_refundFail")
    refund = shop.refunds.create({"payment_intent": intent.id})
    assert refund.status == "succeeded"
    wait_for(lambda: shop.refunds.retrieve(refund.id).status == "failed")
    charge = shop.charges.retrieve(intent.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert "refund.failed" in types(shop, refund.id)
    assert own_sandbox.ledger()["refunded"] == 0


def test_a_refund_may_be_pending_first(own_sandbox: Sandbox) -> None:
    shop = own_sandbox.sdk()
    refund = shop.refunds.create({"payment_intent": pay(shop, "pm_card_pendingRefund").id})
    assert refund.status == "pending"
    wait_for(lambda: shop.refunds.retrieve(refund.id).status == "succeeded")


def test_the_dispute_card_pays_and_is_disputed(shop: Any) -> None:
    intent = pay(shop, "pm_card_createDispute")
    assert intent.status == "succeeded"
    dispute = shop.disputes.list({"payment_intent": intent.id}).data[0]
    assert (dispute.status, dispute.reason, dispute.amount) == (
        "needs_response",
        "fraudulent",
        1999,
    )
    assert dispute.balance_transactions[0].amount == -1999
    assert shop.charges.retrieve(intent.latest_charge).disputed
    assert types(shop, dispute.id) == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.refunds.create({"payment_intent": intent.id})
    assert refusal.value.code == "charge_disputed"


@pytest.mark.parametrize(("words", "status"), [("winning", "won"), ("losing", "lost")])
def test_evidence_decides_a_dispute(shop: Any, words: str, status: str) -> None:
    intent = pay(shop, "pm_card_createDisputeProductNotReceived")
    dispute = shop.disputes.list({"charge": intent.latest_charge}).data[0]
    evidence = {"evidence": {"uncategorized_text": f"{words}_evidence"}}
    assert shop.disputes.update(dispute.id, evidence).status == status
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        shop.disputes.close(dispute.id)
    assert shop.charges.retrieve(intent.latest_charge).disputed
    if status == "won":
        assert shop.refunds.create({"payment_intent": intent.id}).amount == 1999
    else:
        with pytest.raises(stripe.InvalidRequestError, match="charged back"):
            shop.refunds.create({"payment_intent": intent.id})


def test_a_dispute_can_be_given_up(shop: Any) -> None:
    pay(shop, "pm_card_createDispute")
    dispute = shop.disputes.list({"limit": 1}).data[0]
    assert shop.disputes.close(dispute.id).status == "lost"
    assert shop.disputes.retrieve(dispute.id).status == "lost"

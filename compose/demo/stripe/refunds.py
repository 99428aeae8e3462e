"""Refunds: never more than was captured."""

from __future__ import annotations

from . import balance, cards, events
from .context import Context
from .currencies import check_digits
from .errors import (
    ChargeAlreadyRefunded,
    ChargeDisputed,
    InvalidRequest,
    Json,
    MissingParameter,
)
from .ids import new_id, token
from .params import Params, merge_metadata

REASONS = ("duplicate", "fraudulent", "requested_by_customer")
SETTLE_SECONDS = 1.0


def create(ctx: Context, params: Params) -> Json:
    """POST /v1/refunds, by `payment_intent` or by `charge`."""
    charge = _charge(ctx, params)
    amount = _amount(charge, params)
    reason = params.choice("reason", REASONS)
    refund = _build(ctx, charge, amount, reason)
    refund["metadata"] = merge_metadata({}, params)
    previous = _take(charge, amount)
    ctx.tx.put(refund)
    ctx.tx.put(charge)
    events.record(ctx, "refund.created", refund)
    events.record(ctx, "charge.refunded", charge, previous=previous)
    ctx.tx.do_later("settle_refund", refund["id"], due=ctx.moment + SETTLE_SECONDS)
    return refund


def _take(charge: Json, amount: int) -> Json:
    """Note the refund on the charge; gives the members' former values."""
    previous = {"amount_refunded": charge["amount_refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    return {**previous, "refunded": False} if charge["refunded"] else previous


def _charge(ctx: Context, params: Params) -> Json:
    charge_id, intent_id = params.text("charge"), params.text("payment_intent")
    if charge_id is None and intent_id is None:
        raise MissingParameter("payment_intent")
    if intent_id is not None:
        intent = ctx.tx.get("payment_intent", intent_id, param="payment_intent")
        if charge_id not in (None, intent["latest_charge"]):
            message = f"Charge {charge_id} does not belong to PaymentIntent {intent_id}."
            raise InvalidRequest(message, param="charge")
        charge_id = intent["latest_charge"]
    if charge_id is None:
        message = f"This PaymentIntent ({intent_id}) does not have a successful charge to refund."
        raise InvalidRequest(message, param="payment_intent")
    charge = ctx.tx.get("charge", charge_id, param="charge")
    _refuse_charge(charge)
    return charge


def _refuse_charge(charge: Json) -> None:
    if not charge["captured"]:
        message = (
            f"This charge ({charge['id']}) has not been captured; there is no successful charge to"
            " refund."
        )
        raise InvalidRequest(message)
    if charge["refunded"]:
        raise ChargeAlreadyRefunded(f"Charge {charge['id']} has already been refunded.")
    if charge.get("_withheld"):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise ChargeDisputed(message)


def _amount(charge: Json, params: Params) -> int:
    left: int = charge["amount_captured"] - charge["amount_refunded"]
    amount = params.integer("amount", least=1)
    if amount is not None and amount > left:
        message = (
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            f" in {charge['currency']}, smallest unit"
        )
        raise InvalidRequest(message, param="amount")
    check_digits(amount or left, charge["currency"])
    return amount or left


def _build(ctx: Context, charge: Json, amount: int, reason: str | None) -> Json:
    refund: Json = {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": ctx.now,
        "currency": charge["currency"],
        "destination_details": _destination("pending", None),
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    if cards.CARDS.get(charge["_number"], cards.LIVE).refund == "pending":
        refund.update({"status": "pending", "pending_reason": "processing"})
    entry = balance.write(ctx, "refund", refund, -amount, 0, at_once=True)
    refund["balance_transaction"] = entry["id"]
    return refund


def _destination(status: str, reference: str | None) -> Json:
    card: Json = {"reference_status": status, "reference_type": "acquirer_reference_number"}
    if reference:
        card["reference"] = reference
    return {"type": "card", "card": {**card, "type": "refund"}}


def retrieve(ctx: Context, params: Params, refund_id: str) -> Json:
    """GET /v1/refunds/{id}."""
    return ctx.tx.get("refund", refund_id)


def update(ctx: Context, params: Params, refund_id: str) -> Json:
    """POST /v1/refunds/{id}: metadata only."""
    refund = ctx.tx.get("refund", refund_id)
    refund["metadata"] = merge_metadata(refund["metadata"], params)
    events.record(ctx, "refund.updated", refund)
    return ctx.tx.put(refund)


def settle(ctx: Context, refund_id: str) -> None:
    """The bank's late word: a reference, the end of waiting, or a failure that gives it back."""
    refund = ctx.tx.get("refund", refund_id)
    charge = ctx.tx.get("charge", refund["charge"])
    if cards.CARDS.get(charge["_number"], cards.LIVE).refund == "failed":
        _fail(ctx, refund, charge)
    else:
        refund.update({"status": "succeeded", "pending_reason": None})
        refund["destination_details"] = _destination("available", token(23))
    ctx.tx.put(refund)
    events.record(ctx, "refund.updated", refund)
    events.record(ctx, "charge.refund.updated", refund)


def _fail(ctx: Context, refund: Json, charge: Json) -> None:
    entry = balance.write(ctx, "refund_failure", refund, refund["amount"], 0, at_once=True)
    refund.update(
        {
            "status": "failed",
            "failure_reason": "expired_or_canceled_card",
            "failure_balance_transaction": entry["id"],
        }
    )
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    ctx.tx.put(charge)
    events.record(ctx, "refund.failed", refund)

"""Disputes: a cardholder takes the money back through the bank. A charge stays `disputed` for good;
it can be refunded again once the money came back."""

from __future__ import annotations

from . import balance, events
from .context import Context
from .errors import InvalidRequest, Json
from .ids import new_id
from .params import Params, merge_metadata

DISPUTE_FEE = 2000
OPEN = ("needs_response", "under_review")


def open_for(ctx: Context, charge: Json, reason: str) -> Json:
    """The bank takes the amount and a fee."""
    amount = charge["amount_captured"]
    dispute: Json = {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": ctx.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {
            "due_by": ctx.now + 9 * balance.DAY,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": _method(charge),
        "reason": reason,
        "status": "needs_response",
    }
    entry = balance.write(ctx, "adjustment", dispute, -amount, DISPUTE_FEE, at_once=True)
    dispute["balance_transactions"].append(entry)
    ctx.tx.put(dispute)
    charge.update({"disputed": True, "_withheld": True})
    ctx.tx.put(charge)
    events.record(ctx, "charge.dispute.created", dispute)
    events.record(ctx, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def _method(charge: Json) -> Json:
    brand = charge["payment_method_details"]["card"]["brand"]
    return {
        "type": "card",
        "card": {"brand": brand, "case_type": "chargeback", "network_reason_code": "10.4"},
    }


def retrieve(ctx: Context, params: Params, dispute_id: str) -> Json:
    """GET /v1/disputes/{id}."""
    return ctx.tx.get("dispute", dispute_id)


def update(ctx: Context, params: Params, dispute_id: str) -> Json:
    """POST /v1/disputes/{id}: Stripe's test words in `uncategorized_text` decide the outcome."""
    dispute = _open(ctx, dispute_id)
    evidence = params.sub("evidence")
    dispute["evidence"].update(evidence.values)
    dispute["metadata"] = merge_metadata(dispute["metadata"], params)
    if evidence.values and params.flag("submit") is not False:
        _submit(ctx, dispute, evidence.text("uncategorized_text"))
    events.record(ctx, "charge.dispute.updated", dispute)
    return ctx.tx.put(dispute)


def _submit(ctx: Context, dispute: Json, words: str | None) -> None:
    details = dispute["evidence_details"]
    details.update({"has_evidence": True, "submission_count": details["submission_count"] + 1})
    if words == "winning_evidence":
        _end(ctx, dispute, "won")
    elif words == "losing_evidence":
        _end(ctx, dispute, "lost")
    else:
        dispute["status"] = "under_review"


def close(ctx: Context, params: Params, dispute_id: str) -> Json:
    """POST /v1/disputes/{id}/close: accept that the money is lost."""
    dispute = _open(ctx, dispute_id)
    _end(ctx, dispute, "lost")
    return dispute


def _end(ctx: Context, dispute: Json, status: str) -> None:
    dispute["status"] = status
    if status == "won":
        entry = balance.write(ctx, "adjustment", dispute, dispute["amount"], 0, at_once=True)
        dispute["balance_transactions"].append(entry)
        dispute["is_charge_refundable"] = True
        charge = ctx.tx.get("charge", dispute["charge"])
        ctx.tx.put({**charge, "_withheld": False})
        events.record(ctx, "charge.dispute.funds_reinstated", dispute)
    events.record(ctx, "charge.dispute.closed", dispute)
    ctx.tx.put(dispute)


def _open(ctx: Context, dispute_id: str) -> Json:
    dispute = ctx.tx.get("dispute", dispute_id)
    if dispute["status"] not in OPEN:
        raise InvalidRequest("This dispute is already closed")
    return dispute

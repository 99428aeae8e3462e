"""Charges: one per attempt to pay, made by intents, never by a client."""

from __future__ import annotations

from . import balance, cards, disputes, events, methods
from .context import Context
from .errors import Json
from .ids import new_id

NETWORK_CODES = {"insufficient_funds": "51", "lost_card": "41", "stolen_card": "43"}


def attempt(ctx: Context, intent: Json, method: Json, decline: cards.Decline | None) -> Json:
    """The charge of one attempt, not yet captured; failed where there is a `decline`."""
    charge = _build(ctx, intent, method)
    if decline is None:
        charge.update({"paid": True, "status": "succeeded", "outcome": _authorized()})
    else:
        charge.update(
            {
                "status": "failed",
                "failure_code": decline.code,
                "failure_message": decline.message,
                "outcome": _refused(decline),
            }
        )
        ctx.tx.put(charge)
        events.record(ctx, "charge.failed", charge)
    return ctx.tx.put(charge)


def capture(ctx: Context, charge: Json, amount: int) -> Json:
    """Move the money."""
    card = cards.CARDS.get(charge["_number"], cards.LIVE)
    entry = balance.write(
        ctx, "charge", charge, amount, balance.fee_for(amount), at_once=card.available_now
    )
    charge.update({"captured": True, "amount_captured": amount, "balance_transaction": entry["id"]})
    return ctx.tx.put(charge)


def dispute_if_known(ctx: Context, charge: Json) -> None:
    """Start the dispute that the captured charge's card is known for."""
    reason = cards.CARDS.get(charge["_number"], cards.LIVE).dispute
    if reason is not None:
        disputes.open_for(ctx, charge, reason)


def release(ctx: Context, charge: Json) -> None:
    """Give up an authorization: nothing was captured, the hold on the card ends."""
    charge.update({"refunded": True, "amount_refunded": charge["amount"]})
    ctx.tx.put(charge)
    events.record(ctx, "charge.refunded", charge)


def _authorized() -> Json:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }


def _refused(decline: cards.Decline) -> Json:
    return {
        "advice_code": decline.advice,
        "network_advice_code": None,
        "network_decline_code": NETWORK_CODES.get(decline.decline_code, "05"),
        "network_status": "not_sent_to_network" if decline.blocked else "declined_by_network",
        "reason": "highest_risk_level" if decline.blocked else decline.decline_code,
        "risk_level": "highest" if decline.blocked else "normal",
        "risk_score": 80 if decline.blocked else 20,
        "seller_message": "The bank declined the payment.",
        "type": "blocked" if decline.blocked else "issuer_declined",
    }


def _build(ctx: Context, intent: Json, method: Json) -> Json:
    empty = (
        "application",
        "application_fee",
        "application_fee_amount",
        "balance_transaction",
        "failure_balance_transaction",
        "failure_code",
        "failure_message",
        "on_behalf_of",
        "outcome",
        "receipt_number",
        "receipt_url",
        "review",
        "source",
        "source_transfer",
        "transfer_data",
    )
    return {
        **dict.fromkeys(empty),
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "SOUK",
        "captured": False,
        "created": ctx.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"type": "card", "card": _card_details(intent, method)},
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "refunded": False,
        "shipping": intent["shipping"],
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "pending",
        "transfer_group": intent["transfer_group"],
        "_number": method["_number"],
    }


def _card_details(intent: Json, method: Json) -> Json:
    card = method["card"]
    kept = ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    return {
        **{name: card[name] for name in kept},
        "amount_authorized": intent["amount"],
        "checks": {**card["checks"], "cvc_check": methods.cvc_check(method)},
        "installments": None,
        "mandate": None,
        "network": card["brand"],
        "three_d_secure": intent.get("_authenticated"),
        "wallet": None,
    }

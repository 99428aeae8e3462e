"""Balance transactions: what each movement of money leaves on the account, and the ledger."""

from __future__ import annotations

from collections import Counter

from .context import Context
from .errors import Json
from .ids import new_id
from .store import Query, Tx

DAY = 86400
FEE_PERCENT = 150  # of a hundredth of a percent: 1.5 %
FEE_FIXED = 25


def fee_for(amount: int) -> int:
    """What a European card costs: 1.5 % + 0.25, half up."""
    return (amount * FEE_PERCENT + 5000) // 10000 + FEE_FIXED


def write(ctx: Context, kind: str, source: Json, amount: int, fee: int, *, at_once: bool) -> Json:
    """A balance transaction of `amount` (negative: money leaves) for `source`."""
    return ctx.tx.put(
        {
            "id": new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": ctx.now if at_once else ctx.now + 7 * DAY,
            "balance_type": "payments",
            "created": ctx.now,
            "currency": source["currency"],
            "description": source.get("description"),
            "exchange_rate": None,
            "fee": fee,
            "fee_details": _fee_details(fee, source["currency"]),
            "net": amount - fee,
            "reporting_category": "dispute" if kind == "adjustment" else kind,
            "source": source["id"],
            "status": "available" if at_once else "pending",
            "type": kind,
        }
    )


def _fee_details(fee: int, currency: str) -> list[Json]:
    if not fee:
        return []
    return [
        {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]


def ledger(tx: Tx) -> Json:
    """What was captured and refunded, in all and by payment intent, from the charges themselves."""
    rows: dict[str, Json] = {}
    for intent in tx.select(Query("payment_intent")):
        rows[intent["id"]] = {
            "amount": intent["amount"],
            "currency": intent["currency"],
            "status": intent["status"],
            "metadata": intent["metadata"],
            "captured": 0,
            "refunded": 0,
            "charges": 0,
        }
    for charge in tx.select(Query("charge")):
        if charge["captured"]:
            row = rows[charge["payment_intent"]]
            row["charges"] += 1
            row["captured"] += charge["amount_captured"]
            row["refunded"] += charge["amount_refunded"]
    return {**_totals(rows), "payment_intents": rows}


def _totals(rows: dict[str, Json]) -> Json:
    captured: Counter[str] = Counter()
    refunded: Counter[str] = Counter()
    for row in rows.values():
        captured[row["currency"]] += row["captured"]
        refunded[row["currency"]] += row["refunded"]
    return {
        "captured": captured.total(),
        "refunded": refunded.total(),
        "by_currency": {
            currency: {"captured": captured[currency], "refunded": refunded[currency]}
            for currency in captured
        },
    }

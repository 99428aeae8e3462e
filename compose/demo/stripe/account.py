"""The one account of this sandbox."""

from __future__ import annotations

import json

from .context import Context
from .errors import Json, ResourceMissing
from .ids import token
from .params import Params
from .store import Tx


def prepare(tx: Tx, now: int) -> None:
    """Make up the account's id once."""
    if tx.meta("account") is None:
        tx.set_meta("account", json.dumps({"id": f"acct_{token(16)}", "created": now}))


def identity(tx: Tx) -> Json:
    """`{"id", "created"}`."""
    stored: Json = json.loads(tx.meta("account") or "{}")
    return stored


def salt(tx: Tx) -> str:
    """Card fingerprints are the same within an account and differ between accounts."""
    return str(identity(tx)["id"])


def retrieve(ctx: Context, params: Params, account_id: str | None = None) -> Json:
    """GET /v1/account and /v1/accounts/{id}."""
    known = identity(ctx.tx)
    if account_id not in (None, known["id"]):
        raise ResourceMissing(f"No such account: '{account_id}'", param="id")
    return {
        "id": known["id"],
        "object": "account",
        "business_profile": _business_profile(),
        "business_type": None,
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": "DE",
        "created": known["created"],
        "default_currency": "eur",
        "details_submitted": True,
        "email": "sandbox@souk.example",
        "external_accounts": _no_external_accounts(known["id"]),
        "metadata": {},
        "payouts_enabled": True,
        "settings": _settings(),
        "tos_acceptance": {"date": known["created"], "ip": None, "user_agent": None},
        "type": "standard",
    }


def _business_profile() -> Json:
    return {"mcc": None, "name": "Souk sandbox", "support_email": None, "url": None}


def _no_external_accounts(account_id: str) -> Json:
    url = f"/v1/accounts/{account_id}/external_accounts"
    return {"object": "list", "data": [], "has_more": False, "url": url}


def _settings() -> Json:
    return {
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_payments": {"statement_descriptor_prefix": "SOUK"},
        "dashboard": {"display_name": "Souk sandbox", "timezone": "Etc/UTC"},
        "payments": {"statement_descriptor": "SOUK"},
        "payouts": {"debit_negative_balances": True, "statement_descriptor": None},
    }

"""Customers."""

from __future__ import annotations

import re

from . import events, methods
from .context import Context
from .errors import InvalidEmail, Json, ResourceMissing
from .ids import new_id, token
from .params import Params, merge_metadata
from .store import Query

TEXTS = ("email", "name", "description", "phone")


def create(ctx: Context, params: Params) -> Json:
    """POST /v1/customers."""
    customer: Json = {
        "id": new_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": ctx.now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": token(8).upper(),
        "invoice_settings": {"default_payment_method": None, "footer": None},
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    _apply(customer, params)
    ctx.tx.put(customer)
    events.record(ctx, "customer.created", customer)
    _attach_given(ctx, customer, params)
    return customer


def _apply(customer: Json, params: Params) -> None:
    _check_email(params.text("email"))
    for name in TEXTS:
        if name in params:
            customer[name] = params.text(name)
    if "address" in params:
        current = customer["address"] or methods.EMPTY_ADDRESS
        customer["address"] = methods.merge_address(current, params)
    if "shipping" in params:
        customer["shipping"] = params.sub("shipping").values or None
    if "invoice_settings" in params:
        customer["invoice_settings"].update(params.sub("invoice_settings").values)
    customer["metadata"] = merge_metadata(customer["metadata"], params)


def _check_email(email: str | None) -> None:
    if email is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        raise InvalidEmail(f"Invalid email address: {email[:80]}", param="email")


def _attach_given(ctx: Context, customer: Json, params: Params) -> None:
    given = params.text("payment_method")
    if given is not None:
        methods.attach(ctx, Params({"customer": customer["id"]}), given)


def _live(ctx: Context, customer_id: str) -> Json:
    customer = ctx.tx.get("customer", customer_id)
    if customer.get("deleted"):
        raise ResourceMissing(f"No such customer: '{customer_id}'", param="id")
    return customer


def retrieve(ctx: Context, params: Params, customer_id: str) -> Json:
    """GET /v1/customers/{id}; a deleted one is answered as `{"deleted": true}`."""
    return ctx.tx.get("customer", customer_id)


def update(ctx: Context, params: Params, customer_id: str) -> Json:
    """POST /v1/customers/{id}."""
    customer = _live(ctx, customer_id)
    _apply(customer, params)
    events.record(ctx, "customer.updated", customer)
    return ctx.tx.put(customer)


def delete(ctx: Context, params: Params, customer_id: str) -> Json:
    """DELETE /v1/customers/{id}: the cards go with the customer."""
    customer = _live(ctx, customer_id)
    for method in ctx.tx.select(Query("payment_method", where={"customer": customer_id})):
        methods.detach(ctx, Params({}), method["id"])
    events.record(ctx, "customer.deleted", customer)
    gone: Json = {"id": customer_id, "object": "customer", "deleted": True}
    return ctx.tx.put(gone)

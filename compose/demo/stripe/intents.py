"""Payment intents: create, read, change, capture, cancel. `payment.py` is about paying."""

from __future__ import annotations

import hmac

from . import charges, events, payment
from .context import Context
from .currencies import check_charge, read_currency
from .errors import AmountTooLarge, IntentState, Json, MissingParameter, ResourceMissing
from .ids import client_secret, new_id
from .params import Params, merge_metadata

CHANGEABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE = (*CHANGEABLE, "requires_capture", "processing")
TEXTS = (
    "description",
    "receipt_email",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
CANCEL_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
BROWSER_MEMBERS = frozenset(
    [
        "id",
        "object",
        "amount",
        "amount_details",
        "automatic_payment_methods",
        "canceled_at",
        "cancellation_reason",
        "capture_method",
        "client_secret",
        "confirmation_method",
        "created",
        "currency",
        "description",
        "last_payment_error",
        "livemode",
        "next_action",
        "payment_method",
        "payment_method_types",
        "processing",
        "receipt_email",
        "setup_future_usage",
        "shipping",
        "source",
        "status",
    ]
)
EMPTY = (
    "amount_details",
    "application",
    "application_fee_amount",
    "canceled_at",
    "cancellation_reason",
    "customer",
    "customer_account",
    "description",
    "last_payment_error",
    "latest_charge",
    "next_action",
    "on_behalf_of",
    "payment_method",
    "processing",
    "receipt_email",
    "review",
    "setup_future_usage",
    "shipping",
    "source",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
)


def create(ctx: Context, params: Params) -> Json:
    """POST /v1/payment_intents; with `confirm` it also pays."""
    amount, currency = params.integer("amount", least=1), read_currency(params)
    if amount is None:
        raise MissingParameter("amount")
    if currency is None:
        raise MissingParameter("currency")
    check_charge(amount, currency)
    intent = _build(ctx, params, amount, currency)
    _apply(ctx, intent, params)
    ctx.tx.put(intent)
    events.record(ctx, "payment_intent.created", intent)
    if params.flag("confirm"):
        return payment.confirm(ctx, params, intent, method_applied=True)
    return intent


def _build(ctx: Context, params: Params, amount: int, currency: str) -> Json:
    object_id = new_id("pi")
    capture_methods = ("automatic", "automatic_async", "manual")
    return {
        **dict.fromkeys(EMPTY),
        "id": object_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "automatic_payment_methods": _automatic(params),
        "capture_method": params.choice("capture_method", capture_methods) or "automatic_async",
        "client_secret": client_secret(object_id),
        "confirmation_method": params.choice("confirmation_method", ("automatic", "manual"))
        or "automatic",
        "created": ctx.now,
        "currency": currency,
        "livemode": False,
        "metadata": {},
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": params.texts("payment_method_types") or ["card"],
        "status": "requires_payment_method",
    }


def _automatic(params: Params) -> Json | None:
    """Stripe's default since 2023: automatic methods, redirects allowed."""
    given = params.sub("automatic_payment_methods")
    given.only(("enabled", "allow_redirects"))
    if "payment_method_types" in params:
        return None
    if given.values and given.flag("enabled") is None:
        raise MissingParameter("automatic_payment_methods[enabled]")
    if given.flag("enabled") is False:
        return None
    redirects = given.choice("allow_redirects", ("always", "never"))
    return {"allow_redirects": redirects or "always", "enabled": True}


def _apply(ctx: Context, intent: Json, params: Params) -> None:
    for name in TEXTS:
        if name in params:
            intent[name] = params.text(name)
    if "customer" in params:
        _set_customer(ctx, intent, params)
    if "shipping" in params:
        intent["shipping"] = params.sub("shipping").values or None
    intent["metadata"] = merge_metadata(intent["metadata"], params)
    payment.set_options(intent, params)
    method = payment.given_method(ctx, params)
    if method is not None:
        payment.set_method(ctx, intent, method)


def _set_customer(ctx: Context, intent: Json, params: Params) -> None:
    customer_id = params.text("customer")
    if customer_id and ctx.tx.get("customer", customer_id, param="customer").get("deleted"):
        raise ResourceMissing(f"No such customer: '{customer_id}'", param="customer")
    intent["customer"] = customer_id


def load(ctx: Context, params: Params, intent_id: str) -> Json:
    """The intent; a browser must show its client secret."""
    intent = ctx.tx.get("payment_intent", intent_id, param="intent")
    if not ctx.by_browser:
        return intent
    given = params.required("client_secret")
    if not hmac.compare_digest(given.encode(), intent["client_secret"].encode()):
        raise ResourceMissing(f"No such payment_intent: '{intent_id}'", param="intent")
    return intent


def shown(ctx: Context, intent: Json) -> Json:
    """What the asker may see of it: a browser sees no metadata, customer or charge."""
    if ctx.by_browser:
        return {name: value for name, value in intent.items() if name in BROWSER_MEMBERS}
    return intent


def retrieve(ctx: Context, params: Params, intent_id: str) -> Json:
    """GET /v1/payment_intents/{id}."""
    return shown(ctx, load(ctx, params, intent_id))


def confirm(ctx: Context, params: Params, intent_id: str) -> Json:
    """POST /v1/payment_intents/{id}/confirm."""
    return shown(ctx, payment.confirm(ctx, params, load(ctx, params, intent_id)))


def update(ctx: Context, params: Params, intent_id: str) -> Json:
    """POST /v1/payment_intents/{id}: money and method only before it is paid."""
    intent = ctx.tx.get("payment_intent", intent_id, param="intent")
    guarded = ("amount", "currency", "customer", "payment_method", "payment_method_data")
    for name in guarded:
        if name in params and intent["status"] not in CHANGEABLE:
            raise _unchangeable(intent, name)
    amount = params.integer("amount", least=1) or intent["amount"]
    currency = read_currency(params) or intent["currency"]
    check_charge(amount, currency)
    intent.update({"amount": amount, "currency": currency})
    if intent["status"] == "requires_action" and any(name in params for name in guarded):
        payment.forget_challenge(intent, "requires_confirmation")
    _apply(ctx, intent, params)
    return ctx.tx.put(intent)


def _unchangeable(intent: Json, name: str) -> IntentState:
    message = (
        f"This PaymentIntent's {name} could not be updated because it has a status of"
        f" {intent['status']}. You may only update the {name} of a PaymentIntent with one of the"
        f" following statuses: {', '.join(CHANGEABLE)}."
    )
    return payment.unexpected_state(intent, message)


def capture(ctx: Context, params: Params, intent_id: str) -> Json:
    """POST /v1/payment_intents/{id}/capture: all or a part, once; the rest is released."""
    intent = ctx.tx.get("payment_intent", intent_id, param="intent")
    if intent["status"] != "requires_capture":
        message = (
            "This PaymentIntent could not be captured because it has a status of"
            f" {intent['status']}. Only a PaymentIntent with one of the following statuses may be"
            " captured: requires_capture."
        )
        raise payment.unexpected_state(intent, message)
    amount = params.integer("amount_to_capture", least=1) or intent["amount_capturable"]
    if amount > intent["amount_capturable"]:
        message = (
            f"The amount to capture ({amount}) is greater than the amount that can be captured"
            f" ({intent['amount_capturable']})."
        )
        raise AmountTooLarge(message, param="amount_to_capture")
    intent["metadata"] = merge_metadata(intent["metadata"], params)
    charge = ctx.tx.get("charge", intent["latest_charge"])
    payment.collect(ctx, intent, charge, amount, "charge.captured")
    return intent


def cancel(ctx: Context, params: Params, intent_id: str) -> Json:
    """POST /v1/payment_intents/{id}/cancel: anything that is not paid yet."""
    intent = ctx.tx.get("payment_intent", intent_id, param="intent")
    reason = params.choice("cancellation_reason", CANCEL_REASONS)
    if intent["status"] not in CANCELABLE:
        message = (
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}."
            " Only a PaymentIntent with one of the following statuses may be canceled:"
            f" {', '.join(CANCELABLE)}."
        )
        raise payment.unexpected_state(intent, message)
    if intent["status"] in ("requires_capture", "processing"):
        charges.release(ctx, ctx.tx.get("charge", intent["latest_charge"]))
    payment.forget_challenge(intent, "canceled")
    intent.update(
        {
            "amount_capturable": 0,
            "canceled_at": ctx.now,
            "cancellation_reason": reason,
            "processing": None,
        }
    )
    ctx.tx.put(intent)
    events.record(ctx, "payment_intent.canceled", intent)
    return intent

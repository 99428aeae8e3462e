"""Payment methods: cards only."""

from __future__ import annotations

from typing import Any

from . import account, cards, events
from .context import Context
from .errors import CardError, InvalidRequest, Json, MethodState, MissingParameter, ResourceMissing
from .ids import new_id
from .params import Params, merge_metadata

EMPTY_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
BILLING = ("address", "email", "name", "phone", "tax_id")
DATA = ("type", "card", "billing_details", "metadata", "allow_redisplay", "radar_options")
NEXT_YEAR = 1


def create(ctx: Context, params: Params) -> Json:
    """POST /v1/payment_methods."""
    return from_data(ctx, params)


def from_data(ctx: Context, data: Params) -> Json:
    """A new payment method from `payment_method_data` or the parameters of a creation."""
    if data.required("type") != "card":
        message = "The sandbox knows payment methods of the type card only."
        raise InvalidRequest(message, param=data.label("type"))
    if "card" not in data:
        raise MissingParameter(data.label("card"))
    details = _card_details(ctx, data.sub("card"))
    return ctx.tx.put(_build(ctx, details, data))


def _card_details(ctx: Context, card: Params) -> Json:
    token = card.text("token")
    if token is not None:
        card.only(("token",))
        return _named(ctx, token, param=card.label("token"))
    card.only(("number", "exp_month", "exp_year", "cvc", "networks"))
    return cards.read_card(card, salt=account.salt(ctx.tx), now=ctx.now)


def _named(ctx: Context, name: str, *, param: str) -> Json:
    number = cards.named(name)
    if number is None:
        raise ResourceMissing(f"No such PaymentMethod: '{name[:80]}'", param=param)
    year = ctx.moment / (365.25 * 86400) + 1970
    return cards.described(
        number,
        month=12,
        year=int(year) + NEXT_YEAR,
        salt=account.salt(ctx.tx),
        cvc_given=True,
    )


def _build(ctx: Context, details: Json, data: Params) -> Json:
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": data.text("allow_redisplay") or "unspecified",
        "billing_details": merge_billing(None, data),
        "created": ctx.now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": merge_metadata({}, data),
        "type": "card",
        **details,
    }


def merge_billing(current: Json | None, params: Params) -> Json:
    """Billing details with all members present."""
    billing: Json = current or {**dict.fromkeys(BILLING), "address": dict(EMPTY_ADDRESS)}
    given = params.sub("billing_details")
    given.only(BILLING)
    for name in given:
        if name == "address":
            billing["address"] = merge_address(billing["address"], given)
        else:
            billing[name] = given.text(name)
    return billing


def merge_address(current: Json, params: Params) -> Json:
    """A postal address with all members present."""
    given = params.sub("address")
    given.only(EMPTY_ADDRESS)
    return {**current, **{name: given.text(name) for name in given}}


def find(ctx: Context, method_id: str, *, param: str) -> Json:
    """The stored method, or a fresh one for one of Stripe's names such as `pm_card_visa`."""
    if method_id.startswith(("pm_card_", "tok_")):
        details = _named(ctx, method_id, param=param)
        return ctx.tx.put(_build(ctx, details, Params({})))
    return ctx.tx.get("payment_method", method_id, param=param)


def retrieve(ctx: Context, params: Params, method_id: str) -> Json:
    """GET /v1/payment_methods/{id}."""
    return find(ctx, method_id, param="id")


def update(ctx: Context, params: Params, method_id: str) -> Json:
    """POST /v1/payment_methods/{id}."""
    method = ctx.tx.get("payment_method", method_id)
    if method["customer"] is None:
        message = "You must save this PaymentMethod to a customer before you can update it."
        raise MethodState(message)
    method["billing_details"] = merge_billing(method["billing_details"], params)
    method["metadata"] = merge_metadata(method["metadata"], params)
    card = params.sub("card")
    card.only(("exp_month", "exp_year"))
    month, year = card.integer("exp_month", least=1, most=12), card.integer("exp_year", least=2000)
    method["card"]["exp_month"] = month or method["card"]["exp_month"]
    method["card"]["exp_year"] = year or method["card"]["exp_year"]
    events.record(ctx, "payment_method.updated", method)
    return ctx.tx.put(method)


def attach(ctx: Context, params: Params, method_id: str) -> Json:
    """POST /v1/payment_methods/{id}/attach: the bank verifies the card, so it may decline."""
    customer = ctx.tx.get("customer", params.required("customer"), param="customer")
    method = find(ctx, method_id, param="id")
    if method["customer"] not in (None, customer["id"]):
        message = "The payment method you provided has already been attached to a customer."
        raise MethodState(message)
    refuse_reuse(method)
    card = cards.behaviour(method)
    if card.decline is not None and not card.attach_only and card.challenge == "never":
        raise CardError(
            card.decline.message,
            code=card.decline.code,
            decline_code=card.decline.decline_code,
        )
    return attach_to(ctx, method, customer["id"])


def attach_to(ctx: Context, method: Json, customer_id: str) -> Json:
    """Let the customer keep the method."""
    if method["customer"] != customer_id:
        method["customer"] = customer_id
        method["card"]["checks"]["cvc_check"] = cvc_check(method)
        ctx.tx.put(method)
        events.record(ctx, "payment_method.attached", method)
    return method


def cvc_check(method: Json) -> str | None:
    """What the bank says about the security code: nothing where none was given."""
    if method["card"]["checks"]["cvc_check"] is None:
        return None
    return "fail" if cards.behaviour(method).cvc_fails else "pass"


def detach(ctx: Context, params: Params, method_id: str) -> Json:
    """POST /v1/payment_methods/{id}/detach: it can never be used again."""
    method = ctx.tx.get("payment_method", method_id)
    customer: Any = method["customer"]
    if customer is None:
        message = (
            "The payment method you provided is not attached to a customer so detachment is"
            " impossible."
        )
        raise MethodState(message)
    method.update({"customer": None, "_used": True})
    events.record(ctx, "payment_method.detached", method, previous={"customer": customer})
    return ctx.tx.put(method)


def refuse_reuse(method: Json) -> None:
    """A method without a customer pays once."""
    if method.get("_used") and method["customer"] is None:
        message = (
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer"
            " attachment, shared with a connected account without Customer attachment, or was"
            " detached from a Customer. It may not be used again. To use a PaymentMethod multiple"
            " times, you must attach it to a Customer first."
        )
        raise InvalidRequest(message)

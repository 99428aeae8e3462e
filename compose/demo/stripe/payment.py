"""Paying a payment intent: confirm, authenticate, settle, and every way it fails."""

from __future__ import annotations

from typing import Any

from . import cards, challenges, charges, events, methods
from .context import Context, public
from .errors import BadRequest, IntentState, InvalidRequest, Json, PaymentFailed
from .params import Params

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
UNAUTHENTICATED = cards.Decline(
    "payment_intent_authentication_failure",
    "authentication_failed",
    "We are unable to authenticate your payment method. Please choose a different payment method"
    " and try again.",
)


def unexpected_state(intent: Json, message: str) -> IntentState:
    """The refusal, with the intent as Stripe adds it."""
    return IntentState(message, payment_intent=public(intent))


def given_method(ctx: Context, params: Params) -> Json | None:
    """The payment method that the parameters name or describe."""
    name = params.text("payment_method")
    if name is not None:
        return methods.find(ctx, name, param="payment_method")
    if "payment_method_data" in params:
        data = params.sub("payment_method_data")
        data.only(methods.DATA)
        return methods.from_data(ctx, data)
    return None


def set_method(ctx: Context, intent: Json, method: Json) -> None:
    """Choose how the intent will be paid."""
    methods.refuse_reuse(method)
    if method["customer"] is not None and method["customer"] != intent["customer"]:
        message = (
            "The PaymentMethod belongs to a Customer. Please include the Customer in the `customer`"
            " parameter on the PaymentIntent."
        )
        raise InvalidRequest(message, param="payment_method")
    intent["payment_method"] = method["id"]
    if intent["status"] == "requires_payment_method":
        intent["status"] = "requires_confirmation"


def set_options(intent: Json, params: Params) -> None:
    """`setup_future_usage` and the wish for 3-D Secure."""
    if "setup_future_usage" in params:
        usages = ("on_session", "off_session")
        intent["setup_future_usage"] = params.choice("setup_future_usage", usages)
    card = params.sub("payment_method_options").sub("card")
    wish = card.choice("request_three_d_secure", ("automatic", "any", "challenge"))
    if wish is not None:
        intent["payment_method_options"]["card"]["request_three_d_secure"] = wish


def confirm(ctx: Context, params: Params, intent: Json, *, method_applied: bool = False) -> Json:
    """Try to pay; PaymentFailed where the card does not.

    `method_applied`: the payment method in `params` is already on the intent.
    """
    _refuse_confirmation(ctx, params, intent)
    set_options(intent, params)
    if "receipt_email" in params:
        intent["receipt_email"] = params.text("receipt_email")
    if "shipping" in params:
        intent["shipping"] = params.sub("shipping").values or None
    method = _chosen_method(ctx, Params({}) if method_applied else params, intent)
    return_url = _return_url(ctx, params, intent)
    forget_challenge(intent, "requires_confirmation")
    intent.pop("_authenticated", None)
    if _must_authenticate(params, intent, method):
        return _authenticate(ctx, params, intent, method, return_url)
    _raise(ctx, intent, settle(ctx, intent, method))
    return intent


def _refuse_confirmation(ctx: Context, params: Params, intent: Json) -> None:
    status = intent["status"]
    if status == "succeeded":
        message = (
            "You cannot confirm this PaymentIntent because it has already succeeded after being"
            " previously confirmed."
        )
        raise unexpected_state(intent, message)
    replaces = "payment_method" in params or "payment_method_data" in params
    if status not in CONFIRMABLE or (status == "requires_action" and not replaces):
        message = f"You cannot confirm this PaymentIntent because it has a status of {status}."
        raise unexpected_state(intent, message)
    if ctx.by_browser and intent["confirmation_method"] == "manual":
        message = (
            "This PaymentIntent cannot be confirmed using your publishable key because its"
            " `confirmation_method` is set to `manual`. Please use your secret key instead."
        )
        raise InvalidRequest(message)


def _chosen_method(ctx: Context, params: Params, intent: Json) -> Json:
    method = given_method(ctx, params)
    if method is not None:
        set_method(ctx, intent, method)
        return method
    if intent["payment_method"] is None:
        message = (
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can"
            " either update the PaymentIntent with a payment method and then confirm it again, or"
            " confirm it again directly with a payment method or ConfirmationToken."
        )
        raise unexpected_state(intent, message)
    return ctx.tx.get("payment_method", intent["payment_method"])


def _return_url(ctx: Context, params: Params, intent: Json) -> str | None:
    """Where a redirect ends; Stripe demands it where a redirect might happen."""
    return_url = params.url("return_url")
    automatic: Any = intent["automatic_payment_methods"]
    redirects = automatic is not None and automatic["allow_redirects"] == "always"
    if redirects and return_url is None and not params.flag("use_stripe_sdk"):
        message = (
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard."
            " Because some of these payment methods might redirect your customer off of your page,"
            " you must provide a `return_url`. If you don't want to accept redirect-based payment"
            " methods, set `automatic_payment_methods[enabled]` to `true` and"
            " `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents"
            " and Payment Intents."
        )
        raise BadRequest(message, param="return_url")
    return return_url


def _must_authenticate(params: Params, intent: Json, method: Json) -> bool:
    challenge = cards.behaviour(method).challenge
    wish = intent["payment_method_options"]["card"]["request_three_d_secure"]
    if challenge == "once":
        return not (_off_session(params) and method.get("_set_up"))
    if challenge == "on_session":
        return not _off_session(params)
    return challenge == "always" or (challenge == "optional" and wish != "automatic")


def _off_session(params: Params) -> bool:
    """Whether the person is absent: `true`, `one_off` or `recurring`."""
    return params.text("off_session") not in (None, "false")


def _authenticate(
    ctx: Context, params: Params, intent: Json, method: Json, return_url: str | None
) -> Json:
    if _off_session(params) or params.flag("error_on_requires_action"):
        _raise(ctx, intent, fail(ctx, intent, method, cards.AUTHENTICATION))
    challenges.begin(ctx, intent, return_url)
    events.record(ctx, "payment_intent.requires_action", intent)
    return ctx.tx.put(intent)


def forget_challenge(intent: Json, status: str) -> None:
    """Move to `status`; an authentication that was asked for no longer counts."""
    intent.update({"status": status, "next_action": None})
    intent.pop("_challenge", None)


def answer_challenge(ctx: Context, intent: Json, *, approved: bool) -> None:
    """The person's answer to 3-D Secure: go on paying, or fail."""
    method = ctx.tx.get("payment_method", intent["payment_method"])
    forget_challenge(intent, "requires_confirmation")
    if approved:
        intent["_authenticated"] = challenges.AUTHENTICATED
        settle(ctx, intent, method)
    else:
        fail(ctx, intent, method, UNAUTHENTICATED, charged=False)


def settle(ctx: Context, intent: Json, method: Json) -> PaymentFailed | None:
    """Charge the card; gives the failure, already written down, or None."""
    decline = cards.behaviour(method).decline
    if decline is not None:
        return fail(ctx, intent, method, decline)
    charge = charges.attempt(ctx, intent, method, None)
    intent.update({"latest_charge": charge["id"], "last_payment_error": None})
    _keep_method(ctx, intent, method)
    if ctx.faults["processing_ms"]:
        _process(ctx, intent)
    elif intent["capture_method"] == "manual":
        _hold(ctx, intent, charge)
    else:
        collect(ctx, intent, charge, intent["amount"], "charge.succeeded")
    return None


def _keep_method(ctx: Context, intent: Json, method: Json) -> None:
    method["_used"] = True
    ctx.tx.put(method)
    if intent["setup_future_usage"] and intent["customer"]:
        method["_set_up"] = True
        ctx.tx.put(methods.attach_to(ctx, method, intent["customer"]))


def _hold(ctx: Context, intent: Json, charge: Json) -> None:
    intent.update({"status": "requires_capture", "amount_capturable": intent["amount"]})
    ctx.tx.put(intent)
    events.record(ctx, "charge.succeeded", charge)
    events.record(ctx, "payment_intent.amount_capturable_updated", intent)


def _process(ctx: Context, intent: Json) -> None:
    intent.update({"status": "processing", "processing": {"type": "card"}})
    ctx.tx.put(intent)
    events.record(ctx, "payment_intent.processing", intent)
    due = ctx.moment + ctx.faults["processing_ms"] / 1000
    ctx.tx.do_later("complete_intent", intent["id"], due=due)


def complete(ctx: Context, intent_id: str) -> None:
    """The bank's late answer to a payment that was processing."""
    intent = ctx.tx.get("payment_intent", intent_id)
    if intent["status"] != "processing":
        return
    charge = ctx.tx.get("charge", intent["latest_charge"])
    intent["processing"] = None
    if intent["capture_method"] == "manual":
        _hold(ctx, intent, charge)
    else:
        collect(ctx, intent, charge, intent["amount"], "charge.succeeded")


def collect(ctx: Context, intent: Json, charge: Json, amount: int, event_type: str) -> None:
    """Move the money and be done."""
    charges.capture(ctx, charge, amount)
    intent.update({"status": "succeeded", "amount_received": amount, "amount_capturable": 0})
    ctx.tx.put(intent)
    events.record(ctx, event_type, charge)
    events.record(ctx, "payment_intent.succeeded", intent)
    charges.dispute_if_known(ctx, charge)


def fail(
    ctx: Context, intent: Json, method: Json, decline: cards.Decline, *, charged: bool = True
) -> PaymentFailed:
    """Write the failed attempt down; gives the error to answer."""
    charge = charges.attempt(ctx, intent, method, decline) if charged else None
    intent["latest_charge"] = charge["id"] if charge else intent["latest_charge"]
    error: Json = {
        "advice_code": decline.advice,
        "charge": charge["id"] if charge else None,
        "decline_code": decline.decline_code if charge else None,
        "payment_method": public(method),
    }
    failure = PaymentFailed(decline.message, code=decline.code, **error)
    intent.update(
        {
            "status": "requires_payment_method",
            "payment_method": None,
            "last_payment_error": failure.body()["error"],
        }
    )
    ctx.tx.put(intent)
    events.record(ctx, "payment_intent.payment_failed", intent)
    return failure


def _raise(ctx: Context, intent: Json, failure: PaymentFailed | None) -> None:
    if failure is not None:
        failure.details["payment_intent"] = public(intent)
        raise failure

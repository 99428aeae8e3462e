"""Setup intents: save a card for later without paying."""

from __future__ import annotations

from . import cards, challenges, events, methods, payment
from .context import Context, public
from .errors import CardError, Json, PaymentFailed, SetupState
from .ids import client_secret, new_id
from .params import Params, merge_metadata

CHANGEABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


def create(ctx: Context, params: Params) -> Json:
    """POST /v1/setup_intents."""
    object_id = new_id("seti")
    empty = ("application", "cancellation_reason", "customer", "description", "last_setup_error")
    more = ("latest_attempt", "mandate", "next_action", "on_behalf_of", "payment_method")
    setup: Json = {
        **dict.fromkeys((*empty, *more)),
        "id": object_id,
        "object": "setup_intent",
        "automatic_payment_methods": None,
        "client_secret": client_secret(object_id),
        "created": ctx.now,
        "livemode": False,
        "metadata": {},
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "usage": params.choice("usage", ("on_session", "off_session")) or "off_session",
    }
    _apply(ctx, setup, params)
    ctx.tx.put(setup)
    events.record(ctx, "setup_intent.created", setup)
    return _confirm(ctx, params, setup) if params.flag("confirm") else setup


def _apply(ctx: Context, setup: Json, params: Params) -> None:
    customer_id = params.text("customer")
    if customer_id is not None:
        setup["customer"] = ctx.tx.get("customer", customer_id, param="customer")["id"]
    if "description" in params:
        setup["description"] = params.text("description")
    setup["metadata"] = merge_metadata(setup["metadata"], params)
    method = payment.given_method(ctx, params)
    if method is not None:
        methods.refuse_reuse(method)
        setup["payment_method"] = method["id"]
        setup["status"] = "requires_confirmation"


def retrieve(ctx: Context, params: Params, setup_id: str) -> Json:
    """GET /v1/setup_intents/{id}."""
    return ctx.tx.get("setup_intent", setup_id)


def update(ctx: Context, params: Params, setup_id: str) -> Json:
    """POST /v1/setup_intents/{id}."""
    setup = _changeable(ctx, setup_id, "update")
    payment.forget_challenge(setup, _waiting(setup))
    _apply(ctx, setup, params)
    return ctx.tx.put(setup)


def confirm(ctx: Context, params: Params, setup_id: str) -> Json:
    """POST /v1/setup_intents/{id}/confirm."""
    setup = _changeable(ctx, setup_id, "confirm")
    _apply(ctx, setup, params)
    return _confirm(ctx, params, setup)


def _confirm(ctx: Context, params: Params, setup: Json) -> Json:
    if setup["payment_method"] is None:
        message = (
            "You cannot confirm this SetupIntent because it's missing a payment method. Update the"
            " SetupIntent with a payment method and then confirm it again."
        )
        raise SetupState(message, setup_intent=public(setup))
    method = ctx.tx.get("payment_method", setup["payment_method"])
    return_url = params.url("return_url")
    payment.forget_challenge(setup, "requires_confirmation")
    if cards.behaviour(method).challenge in ("always", "once"):
        challenges.begin(ctx, setup, return_url)
        events.record(ctx, "setup_intent.requires_action", setup)
        return ctx.tx.put(setup)
    failure = _settle(ctx, setup, method)
    if failure is not None:
        failure.details["setup_intent"] = public(setup)
        raise failure
    return setup


def answer_challenge(ctx: Context, setup: Json, *, approved: bool) -> None:
    """The person's answer to 3-D Secure."""
    method = ctx.tx.get("payment_method", setup["payment_method"])
    payment.forget_challenge(setup, "requires_confirmation")
    if approved:
        _settle(ctx, setup, method)
    else:
        message = payment.UNAUTHENTICATED.message
        _fail(ctx, setup, CardError(message, code="setup_intent_authentication_failure"))


def _settle(ctx: Context, setup: Json, method: Json) -> PaymentFailed | None:
    card = cards.behaviour(method)
    if card.decline is not None and not card.attach_only and card.challenge == "never":
        decline = card.decline
        failure = PaymentFailed(
            decline.message, code=decline.code, decline_code=decline.decline_code
        )
        _fail(ctx, setup, failure)
        return failure
    method["_set_up"] = True
    ctx.tx.put(method)
    if setup["customer"]:
        ctx.tx.put(methods.attach_to(ctx, method, setup["customer"]))
    setup.update({"status": "succeeded", "last_setup_error": None})
    ctx.tx.put(setup)
    events.record(ctx, "setup_intent.succeeded", setup)
    return None


def _fail(ctx: Context, setup: Json, failure: CardError) -> None:
    setup.update(
        {
            "status": "requires_payment_method",
            "payment_method": None,
            "last_setup_error": failure.body()["error"],
        }
    )
    ctx.tx.put(setup)
    events.record(ctx, "setup_intent.setup_failed", setup)


def cancel(ctx: Context, params: Params, setup_id: str) -> Json:
    """POST /v1/setup_intents/{id}/cancel."""
    setup = _changeable(ctx, setup_id, "cancel")
    reasons = ("abandoned", "duplicate", "requested_by_customer")
    setup["cancellation_reason"] = params.choice("cancellation_reason", reasons)
    payment.forget_challenge(setup, "canceled")
    ctx.tx.put(setup)
    events.record(ctx, "setup_intent.canceled", setup)
    return setup


def _waiting(setup: Json) -> str:
    return "requires_confirmation" if setup["payment_method"] else "requires_payment_method"


def _changeable(ctx: Context, setup_id: str, verb: str) -> Json:
    setup = ctx.tx.get("setup_intent", setup_id)
    if setup["status"] not in CHANGEABLE:
        message = (
            f"You cannot {verb} this SetupIntent because it has a status of {setup['status']}."
        )
        raise SetupState(message, setup_intent=public(setup))
    return setup

"""Stripe's errors: one class per kind, answered as `{"error": {…}}`."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class ApiError(Exception):
    """Any refusal. `replayed`: the idempotency layer stores the answer.

    `keeps_changes`: the transaction is committed although the answer is an error (a decline leaves
    a failed charge behind).
    """

    status = 400
    type = "invalid_request_error"
    code: str | None = None
    replayed = True
    keeps_changes = False

    def __init__(self, message: str, *, param: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.details = details

    def body(self) -> Json:
        """The answer's JSON; members without a value are left out, as Stripe does."""
        error: Json = {"message": self.message, "param": self.param, "type": self.type}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        error.update(self.details)
        return {"error": {name: value for name, value in error.items() if value is not None}}


class InvalidRequest(ApiError):
    """The request makes sense but the objects do not allow it."""


class BadRequest(ApiError):
    """The request cannot be read; nothing ran, so the same key may be used again."""

    replayed = False


class MissingParameter(BadRequest):
    code = "parameter_missing"

    def __init__(self, param: str) -> None:
        super().__init__(f"Missing required param: {param}.", param=param)


class UnknownParameter(BadRequest):
    code = "parameter_unknown"

    def __init__(self, param: str) -> None:
        super().__init__(f"Received unknown parameter: {param}", param=param)


class InvalidInteger(BadRequest):
    code = "parameter_invalid_integer"


class InvalidEmpty(BadRequest):
    code = "parameter_invalid_empty"


class InvalidEmail(BadRequest):
    code = "email_invalid"


class AmountTooLarge(BadRequest):
    code = "amount_too_large"


class AmountTooSmall(BadRequest):
    code = "amount_too_small"


class InvalidUrl(BadRequest):
    code = "url_invalid"


class BodyTooLarge(BadRequest):
    status = 413
    code = "body_too_large"


class NotAuthenticated(ApiError):
    status = 401
    replayed = False


class SecretKeyRequired(NotAuthenticated):
    code = "secret_key_required"


class AccountInvalid(ApiError):
    status = 403
    code = "account_invalid"
    replayed = False


class ResourceMissing(ApiError):
    status = 404
    code = "resource_missing"


class UnknownRoute(ApiError):
    status = 404
    replayed = False


class IntentState(ApiError):
    code = "payment_intent_unexpected_state"


class MethodState(ApiError):
    code = "payment_method_unexpected_state"


class ChargeAlreadyRefunded(ApiError):
    code = "charge_already_refunded"


class ChargeDisputed(ApiError):
    code = "charge_disputed"


class IdempotencyMismatch(ApiError):
    type = "idempotency_error"
    replayed = False


class IdempotencyInUse(ApiError):
    status = 409
    type = "idempotency_error"
    code = "idempotency_key_in_use"
    replayed = False


class CardError(ApiError):
    """The card cannot pay. `code` is per instance because Stripe has one error type for all."""

    status = 402
    type = "card_error"

    def __init__(
        self, message: str, *, code: str, param: str | None = None, **details: Any
    ) -> None:
        super().__init__(message, param=param, **details)
        self.code = code


class PaymentFailed(CardError):
    """An attempt to pay that failed: the failed charge and the intent's new state are kept."""

    keeps_changes = True


class InternalError(ApiError):
    status = 500
    type = "api_error"
    code = "internal_error"


class InjectedError(ApiError):
    """A fault that was asked for; nothing ran."""

    type = "api_error"
    replayed = False

    def __init__(self, status: int) -> None:
        super().__init__("An error was injected by the sandbox; nothing was executed.")
        self.status = status

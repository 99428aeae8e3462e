"""Stripe by its official SDK. Gives our types, raises our errors; knows no table of ours."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

import stripe
import structlog
from django.conf import settings

from shared.errors import Conflict, DomainError, InvalidInput
from shared.money import Money, describe_step, get_currency

T = TypeVar("T")
TIMEOUT_SECONDS = 20
RETRIES = 1
MOST_LISTED = 5000
# A wrong key is corrected by whoever runs the shop; until then nothing is given up.
AWAY = (
    stripe.APIConnectionError,
    stripe.RateLimitError,
    stripe.APIError,
    stripe.AuthenticationError,
    stripe.PermissionError,
)
log = structlog.get_logger(__name__)
NO_REDIRECTS = {"enabled": True, "allow_redirects": "never"}


class ProviderUnavailable(DomainError):
    """Nothing is known about what the provider did: ask again, with the same idempotency key."""

    code = "provider_unavailable"
    status = 503
    title = "The payment provider cannot be reached just now; nothing is lost, please try again"


class CardDeclined(DomainError):
    """Extra members: `decline_code`, the provider's reason, and `provider_code`."""

    code = "card_declined"
    status = 402
    title = "The card was declined"
    intent: "Intent | None" = None


class PaymentMethodInvalid(InvalidInput):
    code = "payment_method_invalid"
    title = "The provider does not know that payment method"


class ProviderConflict(Conflict):
    """The object's state at the provider does not allow the call; its state has to be read."""

    code = "provider_conflict"
    title = "The payment has moved on; look at its present state"


class ProviderRefused(Conflict):
    """The provider will never accept this request as it is."""

    code = "provider_refused"
    title = "The payment provider does not take this payment"


@dataclass(frozen=True)
class Decline:
    """A failed attempt. `attempt` names it, so that it counts once."""

    attempt: str
    code: str
    message: str


@dataclass(frozen=True)
class Intent:
    """A payment at the provider. `status` is Stripe's word, `shop` the address of the shop that
    made it, of several that may share the account; empty where an older version did."""

    id: str
    status: str
    amount: Money
    client_secret: str
    order_id: UUID | None
    decline: Decline | None
    shop: str = ""


@dataclass(frozen=True)
class ProviderRefund:
    """A refund at the provider. `status` is Stripe's word; `refund_id` our id, None if foreign."""

    id: str
    status: str
    amount: Money
    refund_id: UUID | None
    attempt: int
    failure: str
    intent_id: str = ""


@dataclass(frozen=True)
class ProviderDispute:
    """A dispute at the provider. `status` is Stripe's word."""

    id: str
    status: str
    amount: Money
    intent_id: str


def to_provider_units(amount: Money) -> int:
    """The integer by which the provider knows an amount; its decimals are not always those of ISO
    4217. Raises ValueError for one that cannot be paid."""
    currency = get_currency(amount.currency)
    if amount.amount % currency.step:
        raise ValueError(f"{amount}: {describe_step(amount.currency)}")
    return int(amount.amount.scaleb(currency.provider_exponent))


def from_provider_units(units: int, code: str) -> Money:
    currency = get_currency(code)
    return Money(Decimal(units).scaleb(-currency.provider_exponent), code)


def create_intent(*, order_id: UUID, number: str, amount: Money) -> Intent:
    """The same order gives the same intent, however often it is asked for."""
    return _call(
        lambda api: api.payment_intents.create(
            {
                "amount": to_provider_units(amount),
                "currency": amount.currency.lower(),
                "automatic_payment_methods": NO_REDIRECTS,
                "description": number,
                "metadata": {
                    "order_id": str(order_id),
                    "number": number,
                    "shop": settings.PUBLIC_URL,
                },
            },
            {"idempotency_key": f"intent-{order_id}"},
        ),
        read_intent,
    )


def get_intent(intent_id: str) -> Intent:
    return _call(lambda api: api.payment_intents.retrieve(intent_id), read_intent)


def confirm_intent(intent_id: str, payment_method: str) -> Intent:
    """Raises CardDeclined, PaymentMethodInvalid and ProviderConflict."""
    return _call(
        lambda api: api.payment_intents.confirm(intent_id, {"payment_method": payment_method}),
        read_intent,
    )


def cancel_intent(intent_id: str) -> Intent:
    """Raises ProviderConflict for one that was paid or cancelled already."""
    return _call(lambda api: api.payment_intents.cancel(intent_id), read_intent)


def create_refund(
    *, refund_id: UUID, order_id: UUID, intent_id: str, amount: Money, attempt: int
) -> ProviderRefund:
    """The same refund and attempt is sent once, however often it is asked for."""
    return _call(
        lambda api: api.refunds.create(
            {
                "payment_intent": intent_id,
                "amount": to_provider_units(amount),
                "metadata": {
                    "refund_id": str(refund_id),
                    "order_id": str(order_id),
                    "attempt": str(attempt),
                },
            },
            {"idempotency_key": f"refund-{refund_id}-{attempt}"},
        ),
        read_refund,
    )


def get_refund(provider_refund_id: str) -> ProviderRefund:
    return _call(lambda api: api.refunds.retrieve(provider_refund_id), read_refund)


def list_refunds(**wanted: Any) -> list[ProviderRefund]:
    """Those of one payment (`payment_intent`), or all since a moment (`created`)."""
    return _list(lambda api: api.refunds.list({**wanted, "limit": 100}), read_refund)


def list_disputes(**wanted: Any) -> list[ProviderDispute]:
    return _list(lambda api: api.disputes.list({**wanted, "limit": 100}), read_dispute)


def get_dispute(dispute_id: str) -> ProviderDispute:
    return _call(lambda api: api.disputes.retrieve(dispute_id), read_dispute)


def find_refund(*, intent_id: str, refund_id: UUID) -> ProviderRefund | None:
    """Our refund among those of the payment, unless it failed. For when the provider may have
    forgotten the idempotency key (after a day)."""
    listed = list_refunds(payment_intent=intent_id)
    alive = (one for one in listed if one.status not in ("failed", "canceled"))
    return next((one for one in alive if one.refund_id == refund_id), None)


def choose_events(*, url: str, events: Sequence[str]) -> bool:
    """Has the provider send these events, and no others, to an address that it knows; False when
    it does not know the address."""
    listed = _call(
        lambda api: api.webhook_endpoints.list({"limit": 100}), lambda answer: answer["data"]
    )
    known = next((endpoint for endpoint in listed if endpoint["url"] == url), None)
    if known is not None and set(known["enabled_events"]) != set(events):
        _call(
            lambda api: api.webhook_endpoints.update(known["id"], {"enabled_events": [*events]}),
            lambda answer: answer,
        )
    return known is not None


def register_webhook(*, url: str, events: Sequence[str]) -> str:
    """Tells the provider our address. The secret that will sign its events: it is told only now."""
    made = _call(
        lambda api: api.webhook_endpoints.create({"url": url, "enabled_events": [*events]}),
        lambda answer: answer,
    )
    return str(made["secret"])


def is_signed(*, body: bytes, header: str, secret: str) -> bool:
    """True when the provider signed these bytes in the last five minutes. No secret: never."""
    if not secret:
        return False
    try:
        stripe.WebhookSignature.verify_header(body.decode(), header, secret, 300)
    except (stripe.SignatureVerificationError, ValueError):
        return False
    return True


def read_intent(value: Mapping[str, Any]) -> Intent:
    """From the provider's JSON, of an answer or of an event."""
    metadata = value.get("metadata") or {}
    return Intent(
        id=value["id"],
        status=value["status"],
        amount=from_provider_units(value["amount"], value["currency"].upper()),
        client_secret=value.get("client_secret") or "",
        order_id=_uuid(metadata.get("order_id")),
        decline=_read_decline(value.get("last_payment_error")),
        shop=metadata.get("shop") or "",
    )


def read_refund(value: Mapping[str, Any]) -> ProviderRefund:
    """From the provider's JSON, of an answer or of an event."""
    metadata = value.get("metadata") or {}
    return ProviderRefund(
        id=value["id"],
        status=value["status"],
        amount=from_provider_units(value["amount"], value["currency"].upper()),
        refund_id=_uuid(metadata.get("refund_id")),
        attempt=int(metadata.get("attempt") or 1),
        failure=value.get("failure_reason") or "",
        intent_id=value.get("payment_intent") or "",
    )


def read_dispute(value: Mapping[str, Any]) -> ProviderDispute:
    """From the provider's JSON."""
    return ProviderDispute(
        id=value["id"],
        status=value["status"],
        amount=from_provider_units(value["amount"], value["currency"].upper()),
        intent_id=value.get("payment_intent") or "",
    )


def _read_decline(error: Mapping[str, Any] | None) -> Decline | None:
    if not error:
        return None
    method = error.get("payment_method") or {}
    attempt = error.get("charge") or f"{error.get('code')}:{method.get('id')}"
    return Decline(
        attempt=str(attempt)[:100],
        code=str(error.get("decline_code") or error.get("code") or "declined"),
        message=str(error.get("message") or CardDeclined.title),
    )


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


@cache
def _api() -> Any:
    addresses = {"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else None
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses=addresses,  # type: ignore[arg-type]
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    ).v1


def _call(request: Callable[[Any], Any], read: Callable[[Any], T]) -> T:
    with _translated():
        return read(request(_api()).to_dict())


def _list(request: Callable[[Any], Any], read: Callable[[Any], T]) -> list[T]:
    """All of the list's pages, as far as MOST_LISTED."""
    with _translated():
        every = request(_api()).auto_paging_iter()
        return [read(one.to_dict()) for one in islice(every, MOST_LISTED)]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except stripe.StripeError as error:
        raise _translate(error) from error


def _translate(error: stripe.StripeError) -> Exception:
    if isinstance(error, stripe.CardError):
        return _declined(error)
    if isinstance(error, AWAY):
        log.warning("provider_unavailable", error=f"{type(error).__name__}: {error.user_message}")
        return ProviderUnavailable()
    if isinstance(error, stripe.InvalidRequestError):
        if error.code == "idempotency_key_in_use":
            return ProviderUnavailable()
        if error.code == "payment_intent_unexpected_state":
            return ProviderConflict(str(error.user_message or ""))
        if error.param == "payment_method":
            return PaymentMethodInvalid(str(error.user_message or ""))
    if isinstance(error, stripe.IdempotencyError):
        # Something was made under that key already, so it is not refused.
        return ProviderConflict(str(error.user_message or ""))
    return ProviderRefused(f"{type(error).__name__}: {error.user_message}")


def _declined(error: stripe.CardError) -> CardDeclined:
    answer: Any = error.json_body or {}
    body = answer.get("error") or {}
    declined = CardDeclined(
        str(error.user_message or ""),
        decline_code=str(body.get("decline_code") or error.code or "declined"),
        provider_code=str(error.code or ""),
    )
    if intent := body.get("payment_intent"):
        declined.intent = read_intent(intent)
    return declined

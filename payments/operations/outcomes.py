"""What the provider says about a payment, recorded: the one place where money's fate is decided.
Webhook, sweeper, confirmation and cancellation all end here, as often and as late as they like."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from payments.clients import Decline, Intent
from payments.models import Payment, PaymentEvent, RefundStatus, Status
from payments.queries import REFUSED, PaymentNotFound
from shared.contracts.payments import PaymentFailed, PaymentRefused, PaymentSucceeded
from shared.events.publishing import enqueue, publish


class AmountDiffers(Exception):
    """The provider's payment is over another amount than the order: a bug or an attack."""


class IntentDiffers(Exception):
    """The order already has another payment at the provider: somebody has to look at both."""


class MoneyForCancelled(Exception):
    """The provider took money for a payment that it had called cancelled before."""


WAITING = {
    "processing": Status.PROCESSING,
    "requires_action": Status.REQUIRES_ACTION,
    "requires_payment_method": Status.REQUIRES_PAYMENT,
    "requires_confirmation": Status.REQUIRES_PAYMENT,
}


@transaction.atomic
def record_intent(*, order_id: UUID, intent: Intent, source: str, now: datetime) -> Payment:
    """Brings our payment to the provider's state. Raises AmountDiffers and IntentDiffers."""
    payment = _lock_for(intent, order_id)
    if intent.status == "succeeded":
        _record_success(payment, intent, source, now)
    elif intent.status == "canceled":
        if payment.move(Status.CANCELLED, check_at=None, cancel_wanted=True):
            write_audit(payment, "cancelled", source, now)
    elif intent.decline and intent.status == "requires_payment_method":
        _record_failure(payment, intent.decline, source, now)
    elif payment.move(WAITING[intent.status]):
        write_audit(payment, payment.status, source, now)
    return payment


@transaction.atomic
def record_creation(*, order_id: UUID, intent: Intent, now: datetime) -> Payment:
    """The payment exists at the provider and may be paid. Says nothing about one that is further:
    a repeated creation answers with the first one's state."""
    payment = _lock_for(intent, order_id)
    if payment.status == Status.PENDING:
        payment.move(Status.REQUIRES_PAYMENT)
        write_audit(payment, Status.REQUIRES_PAYMENT, "provider", now)
    return payment


@transaction.atomic
def record_refusal(*, order_id: UUID, message: str, now: datetime) -> Payment:
    """The provider will never take the payment, which was not made there: it ends. Publishes
    PaymentRefused, once."""
    payment = get_payment(order_id, lock=True)
    ending = {"last_error_code": REFUSED, "last_error": message[:300], "check_at": None}
    if payment.move(Status.CANCELLED, cancel_wanted=True, **ending):
        write_audit(payment, REFUSED, "provider", now, message)
        fact = PaymentRefused(order_id=order_id, payment_id=payment.pk, message=message)
        publish(fact, version=payment.version, now=now)
    return payment


def _lock_for(intent: Intent, order_id: UUID) -> Payment:
    """Our payment, which knows its intent from now on."""
    payment = get_payment(order_id, lock=True)
    if intent.order_id != order_id or payment.provider_intent_id not in (None, intent.id):
        raise IntentDiffers(f"{payment.number}: {intent.id} beside {payment.provider_intent_id}")
    if intent.amount != payment.money:
        raise AmountDiffers(f"{payment.number}: {intent.amount} instead of {payment.money}")
    if payment.provider_intent_id is None:
        payment.provider_intent_id, payment.client_secret = intent.id, intent.client_secret
        payment.save(update_fields=["provider_intent_id", "client_secret"])
    return payment


def get_payment(order_id: UUID, *, lock: bool = False) -> Payment:
    """Raises PaymentNotFound. A locked one stays as it is until the transaction ends."""
    payments = Payment.objects.filter(order_id=order_id)
    payment = (payments.select_for_update() if lock else payments).first()
    if payment is None:
        raise PaymentNotFound(str(order_id))
    return payment


def _record_success(payment: Payment, intent: Intent, source: str, now: datetime) -> None:
    """The money was captured. Publishes PaymentSucceeded, once for ever. Refunds that were asked
    for earlier set out."""
    if payment.status == Status.CANCELLED:
        raise MoneyForCancelled(f"{payment.number}: {intent.id}")
    if not payment.move(Status.SUCCEEDED, check_at=None, **NO_ERROR):
        return
    write_audit(payment, "succeeded", source, now)
    fact = PaymentSucceeded(order_id=payment.order_id, payment_id=payment.pk, amount=payment.money)
    publish(fact, version=payment.version, now=now)
    for refund in payment.refunds.filter(status=RefundStatus.PENDING).order_by("pk"):
        enqueue("send_refund", refund_id=str(refund.pk))


def _record_failure(payment: Payment, decline: Decline, source: str, now: datetime) -> None:
    """A declined attempt. Publishes PaymentFailed, once for each attempt."""
    if not payment.is_open:
        return
    payment.change(
        status=Status.REQUIRES_PAYMENT,
        last_error_code=decline.code[:60],
        last_error=decline.message[:300],
    )
    _, is_new = PaymentEvent.objects.get_or_create(
        payment=payment,
        attempt=decline.attempt,
        defaults={"at": now, "what": "declined", "source": source, "detail": decline.code},
    )
    if is_new:
        fact = PaymentFailed(
            order_id=payment.order_id,
            payment_id=payment.pk,
            code=decline.code,
            message=decline.message,
        )
        publish(fact, version=payment.version, now=now)


NO_ERROR = {"last_error": "", "last_error_code": ""}


def write_audit(payment: Payment, what: str, source: str, now: datetime, detail: str = "") -> None:
    payment.events.create(at=now, what=what, source=source, detail=detail[:300])

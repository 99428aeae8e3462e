"""What the provider says about a payment, recorded: the one place where money's fate is decided.
Webhook, sweeper, confirmation and cancellation all end here, as often and as late as they like."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from payments.clients import Decline, Intent
from payments.models import OPEN, Payment, PaymentEvent, Refund, RefundStatus, Status
from payments.queries import REFUSED, PaymentNotFound
from shared.contracts.payments import PaymentFailed, PaymentRefused, PaymentSucceeded
from shared.database.rows import add, change, find, find_all, refresh
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


def record_intent(*, order_id: UUID, intent: Intent, source: str, now: datetime) -> Payment:
    """Brings our payment to the provider's state. Raises AmountDiffers and IntentDiffers."""
    payment = _expect(order_id, intent)
    if intent.status == "succeeded" and payment.status == Status.SUCCEEDED:
        return payment
    _store(payment, intent)
    if intent.status == "succeeded":
        _record_success(payment, intent, source, now)
        return payment
    if intent.status == "canceled":
        _record_cancellation(payment, source, now)
    elif intent.decline and intent.status == "requires_payment_method":
        _record_failure(payment, intent.decline, source, now)
    else:
        _record_waiting(payment, WAITING[intent.status], source, now)
    refresh(payment)
    return payment


@transaction.atomic
def record_creation(*, order_id: UUID, intent: Intent, now: datetime) -> Payment:
    """The payment exists at the provider and may be paid. Says nothing about one that is further:
    a repeated creation answers with the first one's state."""
    payment = _expect(order_id, intent)
    _store(payment, intent)
    pending = {"pk": payment.pk, "status": Status.PENDING}
    if change(Payment, pending, bump="version", status=Status.REQUIRES_PAYMENT):
        write_audit(payment, Status.REQUIRES_PAYMENT, "provider", now)
    refresh(payment)
    return payment


@transaction.atomic
def record_refusal(*, order_id: UUID, message: str, now: datetime) -> Payment:
    """The provider will never take the payment, which was not made there: it ends. Publishes
    PaymentRefused, once."""
    payment = get_payment(order_id)
    ending = {"last_error_code": REFUSED, "last_error": message[:300], "check_at": None}
    if not payment.move(Status.CANCELLED, cancel_wanted=True, **ending):
        refresh(payment)
        return payment
    write_audit(payment, REFUSED, "provider", now, message)
    fact = PaymentRefused(order_id=order_id, payment_id=payment.pk, message=message)
    publish(fact, version=payment.version, now=now)
    return payment


def _expect(order_id: UUID, intent: Intent) -> Payment:
    payment = get_payment(order_id)
    if intent.order_id != order_id or payment.provider_intent_id not in (None, intent.id):
        raise IntentDiffers(f"{payment.number}: {intent.id} beside {payment.provider_intent_id}")
    if intent.amount != payment.money:
        raise AmountDiffers(f"{payment.number}: {intent.amount} instead of {payment.money}")
    return payment


def get_payment(order_id: UUID) -> Payment:
    payment = find(Payment, order_id=order_id)
    if payment is None:
        raise PaymentNotFound(str(order_id))
    return payment


def _store(payment: Payment, intent: Intent) -> None:
    if payment.provider_intent_id is not None:
        return
    unknown = {"pk": payment.pk, "provider_intent_id": None}
    change(Payment, unknown, provider_intent_id=intent.id, client_secret=intent.client_secret)


@transaction.atomic
def _record_success(payment: Payment, intent: Intent, source: str, now: datetime) -> None:
    """The money was captured. Publishes PaymentSucceeded, once for ever. Refunds that were asked
    for earlier set out."""
    if not payment.move(Status.SUCCEEDED, provider_intent_id=intent.id, check_at=None, **NO_ERROR):
        refresh(payment)
        if payment.status == Status.CANCELLED:
            raise MoneyForCancelled(f"{payment.number}: {intent.id}")
        return
    write_audit(payment, "succeeded", source, now)
    fact = PaymentSucceeded(order_id=payment.order_id, payment_id=payment.pk, amount=payment.money)
    publish(fact, version=payment.version, now=now)
    for refund in find_all(Refund, payment=payment.pk, status=str(RefundStatus.PENDING)):
        enqueue("send_refund", refund_id=str(refund.pk))


@transaction.atomic
def _record_cancellation(payment: Payment, source: str, now: datetime) -> None:
    if payment.move(Status.CANCELLED, check_at=None, cancel_wanted=True):
        write_audit(payment, "cancelled", source, now)


@transaction.atomic
def _record_failure(payment: Payment, decline: Decline, source: str, now: datetime) -> None:
    """A declined attempt. Publishes PaymentFailed, once for each attempt."""
    changed = Payment.objects.filter(pk=payment.pk, status__in=OPEN).update(
        status=Status.REQUIRES_PAYMENT,
        last_error_code=decline.code[:60],
        last_error=decline.message[:300],
        version=F("version") + 1,
    )
    if not changed:
        return
    _, is_new = PaymentEvent.objects.get_or_create(
        payment=payment,
        attempt=decline.attempt,
        defaults={"at": now, "what": "declined", "source": source, "detail": decline.code},
    )
    if is_new:
        refresh(payment)
        fact = PaymentFailed(
            order_id=payment.order_id,
            payment_id=payment.pk,
            code=decline.code,
            message=decline.message,
        )
        publish(fact, version=payment.version, now=now)


@transaction.atomic
def _record_waiting(payment: Payment, status: Status, source: str, now: datetime) -> None:
    if payment.move(status):
        write_audit(payment, status, source, now)


NO_ERROR = {"last_error": "", "last_error_code": ""}


def write_audit(payment: Payment, what: str, source: str, now: datetime, detail: str = "") -> None:
    add(PaymentEvent(payment=payment, at=now, what=what, source=source, detail=detail[:300]))

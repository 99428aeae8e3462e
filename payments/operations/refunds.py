"""Money that goes back: orders asks for it, the provider sends it."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

import structlog
from django.db import transaction
from django.db.models import F, Sum

from payments import clients
from payments.clients import ProviderRefund
from payments.models import Dispute, Payment, Refund, RefundStatus, Status, next_check
from payments.operations.outcomes import write_audit
from payments.queries import PaymentNotFound
from shared.contracts.orders import RefundRequested
from shared.contracts.payments import PaymentRefunded, RefundFailed, RefundNoted
from shared.errors import Conflict, NotFound
from shared.events.publishing import enqueue, publish
from shared.money import CurrencyMismatch, Money

FIRST_CHECK = timedelta(seconds=15)
# The provider forgets idempotency keys after 24 hours.
KEY_LIFETIME = timedelta(hours=20)
log = structlog.get_logger(__name__)


class RefundTooLarge(Conflict):
    code = "refund_too_large"
    title = "More than was paid cannot go back"


class RefundNotFound(NotFound):
    code = "refund_not_found"
    title = "No such refund"


class RefundNotFailed(Conflict):
    code = "refund_not_failed"
    title = "Only a refund that failed can be sent again"


class RefundDisputed(Conflict):
    code = "payment_disputed"
    title = "The cardholder's bank disputes the payment: nothing can go back until it has decided"


class RefundDiffers(Exception):
    """The provider sent another amount back than was asked for."""


@transaction.atomic
def request_refund(*, fact: RefundRequested, now: datetime) -> Refund:
    """Notes the refund, once; it sets out when the payment has succeeded.
    What is more than is left, as after a refund that was made at the provider, fails at once.
    Raises PaymentNotFound (the order's payment may be on its way to us)."""
    payment = Payment.objects.select_for_update().filter(order_id=fact.order_id).first()
    if payment is None:
        raise PaymentNotFound(str(fact.order_id))
    if known := Refund.objects.filter(pk=fact.refund_id).first():
        return known
    if fact.amount.currency != payment.currency:
        raise CurrencyMismatch(f"{payment.number}: {fact.amount}")
    too_large = fact.amount.amount > _left(payment)
    refund = Refund.objects.create(
        id=fact.refund_id,
        payment=payment,
        amount=fact.amount.amount,
        reason=fact.reason[:100],
        requested_at=now,
        check_at=now + FIRST_CHECK,
    )
    write_audit(payment, "refund_requested", "orders", now, f"{refund}")
    if too_large:
        _fail(refund, RefundTooLarge.title, now)
        refund.refresh_from_db()
    elif payment.status == Status.SUCCEEDED:
        enqueue("send_refund", refund_id=str(refund.pk))
    return refund


def _left(payment: Payment) -> Decimal:
    asked = payment.refunds.exclude(status=RefundStatus.FAILED).aggregate(total=Sum("amount"))
    total: Decimal = asked["total"] or Decimal(0)
    left: Decimal = payment.amount - payment.charged_back - total
    return left


def send_refund(*, refund_id: UUID, now: datetime) -> Refund:
    """Sends it, or asks how it stands once it is sent. Raises ProviderUnavailable."""
    refund = _get(refund_id)
    if refund.status != RefundStatus.PENDING or refund.payment.status != Status.SUCCEEDED:
        return refund
    try:
        sent = _sent(refund, now)
    except clients.ProviderRefused as error:
        log.error("refund_refused", refund_id=str(refund_id), error=str(error))
        _fail(refund, str(error), now)
    else:
        record_refund(refund=sent, now=now)
    refund.refresh_from_db()
    return refund


def _get(refund_id: UUID) -> Refund:
    refund = Refund.objects.select_related("payment").filter(pk=refund_id).first()
    if refund is None:
        raise RefundNotFound(str(refund_id))
    return refund


def _sent(refund: Refund, now: datetime) -> ProviderRefund:
    intent_id = str(refund.payment.provider_intent_id)
    if refund.provider_refund_id:
        return clients.get_refund(refund.provider_refund_id)
    if now - refund.requested_at > KEY_LIFETIME:
        known = clients.find_refund(intent_id=intent_id, refund_id=refund.pk)
        if known is not None:
            return known
    return clients.create_refund(
        refund_id=refund.pk,
        order_id=refund.payment.order_id,
        intent_id=intent_id,
        amount=Money.rounded(refund.amount, refund.payment.currency),
        attempt=refund.attempt,
    )


def record_refund(*, refund: ProviderRefund, now: datetime) -> None:
    """What the provider says about a refund, also about one that was made there by hand. Publishes
    RefundNoted of such a one, PaymentRefunded, once, and RefundFailed. Raises RefundNotFound for
    one of ours that we do not have."""
    ours = _find_ours(refund, now)
    if ours is None:
        log.warning("foreign_refund", provider_refund_id=refund.id)
        return
    if refund.attempt != ours.attempt:
        return
    if refund.amount.amount != ours.amount:
        raise RefundDiffers(f"{ours.pk}: {refund.amount} instead of {ours.amount}")
    Refund.objects.filter(pk=ours.pk, provider_refund_id=None).update(provider_refund_id=refund.id)
    if refund.status == "succeeded":
        _succeed(ours, now)
    elif refund.status in ("failed", "canceled"):
        _fail(ours, refund.failure or refund.status, now)


def _find_ours(refund: ProviderRefund, now: datetime) -> Refund | None:
    """None for a refund of a payment that is not ours: shops may share the account."""
    if refund.refund_id is None:
        return _note_foreign(refund, now)
    known = Refund.objects.filter(pk=refund.refund_id).exists()
    is_ours = known or Payment.objects.filter(provider_intent_id=refund.intent_id).exists()
    return _get(refund.refund_id) if is_ours else None


@transaction.atomic
def _note_foreign(refund: ProviderRefund, now: datetime) -> Refund | None:
    """Our row of a refund that somebody made at the provider; None where the payment is not
    ours. Publishes RefundNoted, once."""
    found = Payment.objects.select_for_update().filter(provider_intent_id=refund.intent_id)
    payment = found.first() if refund.intent_id else None
    if payment is None:
        return None
    row, is_new = Refund.objects.select_related("payment").get_or_create(
        provider_refund_id=refund.id,
        defaults={
            "id": uuid5(payment.pk, refund.id),
            "payment": payment,
            "amount": refund.amount.amount,
            "reason": "made at the provider",
            "foreign": True,
            "requested_at": now,
            "check_at": now + FIRST_CHECK,
        },
    )
    if is_new:
        write_audit(payment, "foreign_refund", "provider", now, f"{row}")
        _publish_noted(payment, row, now)
    return row


def _publish_noted(payment: Payment, refund: Refund, now: datetime) -> None:
    payment.change()
    fact = RefundNoted(
        order_id=payment.order_id,
        payment_id=payment.pk,
        refund_id=refund.pk,
        amount=Money.rounded(refund.amount, payment.currency),
    )
    publish(fact, version=payment.version, now=now)


@transaction.atomic
def _succeed(refund: Refund, now: datetime) -> None:
    payment = _lock_payment(refund)
    if not Refund.objects.filter(pk=refund.pk, status=RefundStatus.PENDING).update(
        status=RefundStatus.SUCCEEDED, settled_at=now, check_at=None, error=""
    ):
        return
    payment.change(refunded_amount=payment.refunded_amount + refund.amount)
    write_audit(payment, "refunded", "provider", now, f"{refund}")
    currency = payment.currency
    fact = PaymentRefunded(
        order_id=payment.order_id,
        payment_id=payment.pk,
        refund_id=refund.pk,
        amount=Money.rounded(refund.amount, currency),
        total_refunded=Money.rounded(payment.refunded_amount, currency),
        foreign=refund.foreign,
    )
    publish(fact, version=payment.version, now=now)


@transaction.atomic
def _fail(refund: Refund, error: str, now: datetime) -> None:
    """The bank did not take it, perhaps after the provider had called it done. The money is with
    the shop again, which staff see and orders is told. Publishes RefundFailed."""
    payment = _lock_payment(refund)
    refund = Refund.objects.get(pk=refund.pk)
    if refund.status == RefundStatus.FAILED:
        return
    gone = refund.amount if refund.status == RefundStatus.SUCCEEDED else Decimal(0)
    payment.change(refunded_amount=payment.refunded_amount - gone)
    Refund.objects.filter(pk=refund.pk).update(
        status=RefundStatus.FAILED, error=error[:300], check_at=None, settled_at=None
    )
    write_audit(payment, "refund_failed", "provider", now, error)
    fact = RefundFailed(
        order_id=payment.order_id,
        payment_id=payment.pk,
        refund_id=refund.pk,
        amount=Money.rounded(refund.amount, payment.currency),
        message=error,
    )
    publish(fact, version=payment.version, now=now)


def _lock_payment(refund: Refund) -> Payment:
    """What changes a refund locks its payment first, so that no two wait for each other."""
    return Payment.objects.select_for_update().get(pk=refund.payment_id)


@transaction.atomic
def retry_refund(*, refund_id: UUID, actor: str, now: datetime) -> None:
    """Staff has a failed refund sent again, or what of it is left to be sent. Raises
    RefundNotFailed, RefundDisputed and RefundTooLarge."""
    refund = _get(refund_id)
    payment = _lock_payment(refund)
    if payment.dispute == Dispute.OPEN:
        raise RefundDisputed()
    amount = min(refund.amount, _left(payment))
    if amount <= 0:
        raise RefundTooLarge(f"{payment.number}: everything that was paid has gone back")
    failed = Refund.objects.filter(pk=refund_id, status=RefundStatus.FAILED, foreign=False)
    changed = failed.update(
        status=RefundStatus.PENDING,
        amount=amount,
        attempt=F("attempt") + 1,
        provider_refund_id=None,
        requested_at=now,
        check_at=now + FIRST_CHECK,
    )
    if not changed:
        raise RefundNotFailed()
    write_audit(payment, "refund_retried", "staff", now, actor)
    enqueue("send_refund", refund_id=str(refund_id))


def advance_refund(*, refund_id: UUID, now: datetime) -> None:
    """Sends or asks once more; later again while it is not settled."""
    refund = _get(refund_id)
    Refund.objects.filter(pk=refund_id, check_at__isnull=False).update(
        check_at=next_check(since=refund.requested_at, now=now)
    )
    send_refund(refund_id=refund_id, now=now)

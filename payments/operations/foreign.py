"""What was done at the provider without the shop: refunds by hand, and disputes of banks."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction

from payments import clients
from payments.clients import ProviderDispute
from payments.models import BankDispute, Dispute, Payment
from payments.operations.outcomes import write_audit
from payments.operations.refunds import RefundNotFound, record_refund
from shared.contracts.payments import PaymentDisputed
from shared.events.publishing import publish
from shared.money import Money

log = structlog.get_logger(__name__)
STANDINGS = {
    **dict.fromkeys(("won", "warning_closed", "prevented"), Dispute.WON),
    "lost": Dispute.LOST,
}


def record_refunds_of(*, intent_id: str, now: datetime) -> None:
    """All refunds of a payment at the provider, ours and others."""
    for refund in clients.list_refunds(payment_intent=intent_id):
        record_refund(refund=refund, now=now)


def sync_dispute(*, dispute_id: str, now: datetime) -> None:
    """Asks the provider how the dispute stands."""
    record_dispute(dispute=clients.get_dispute(dispute_id), now=now)


@transaction.atomic
def record_dispute(*, dispute: ProviderDispute, now: datetime) -> None:
    """What the provider says about a dispute. Publishes PaymentDisputed when that is new; one that
    has ended is not open again, but a later one may be."""
    found = Payment.objects.select_for_update().filter(provider_intent_id=dispute.intent_id)
    payment = found.first() if dispute.intent_id else None
    if payment is None:
        log.warning("foreign_dispute", dispute_id=dispute.id)
        return
    standing = STANDINGS.get(dispute.status, Dispute.OPEN)
    if not _take_standing(payment, dispute, standing):
        return
    payment.change(**_sum_up(payment), dispute_id=dispute.id)
    write_audit(payment, f"dispute_{standing}", "provider", now, dispute.id)
    fact = PaymentDisputed(
        order_id=payment.order_id,
        payment_id=payment.pk,
        dispute_id=dispute.id,
        amount=dispute.amount,
        status=standing,
        standing=payment.dispute,
        charged_back=Money.rounded(payment.charged_back, payment.currency),
    )
    publish(fact, version=payment.version, now=now)


def _take_standing(payment: Payment, dispute: ProviderDispute, standing: str) -> bool:
    """Writes how the dispute stands; False when that is known, or older than what is known."""
    amount = dispute.amount.amount
    row, is_new = BankDispute.objects.get_or_create(
        pk=dispute.id, defaults={"payment": payment, "amount": amount, "status": standing}
    )
    if is_new:
        return True
    is_late = standing == Dispute.OPEN != row.status
    if is_late or (row.status, row.amount) == (standing, amount):
        return False
    row.status, row.amount = standing, amount
    row.save(update_fields=["status", "amount"])
    return True


def _sum_up(payment: Payment) -> dict[str, Any]:
    """How all disputes of the payment stand together."""
    disputes = list(payment.disputes.all())
    order = (Dispute.OPEN, Dispute.LOST, Dispute.WON)
    lost = sum((x.amount for x in disputes if x.status == Dispute.LOST), Decimal(0))
    return {
        "dispute": min((x.status for x in disputes), key=order.index),
        "charged_back": min(lost, payment.amount),
    }


def look_for_foreign(*, now: datetime, since: timedelta) -> None:
    """Finds the refunds and disputes of that time whose webhooks were lost. Raises
    ProviderUnavailable."""
    young = {"gte": int((now - since).timestamp())}
    for refund in clients.list_refunds(created=young):
        try:
            record_refund(refund=refund, now=now)
        except RefundNotFound:
            # One that is lost must not hide the others.
            log.exception("refund_unknown", provider_refund_id=refund.id)
    for dispute in clients.list_disputes(created=young):
        record_dispute(dispute=dispute, now=now)

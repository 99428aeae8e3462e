"""What payments holds, said again for orders to compare."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from payments.models import Payment, Status
from payments.queries import list_order_ids_to_state, list_payments_of
from shared.contracts.payments import PaymentsStated, StatedPayment, StatedRefund
from shared.events.ids import uuid7
from shared.events.publishing import publish
from shared.events.statements import in_batches
from shared.money import Money


def state_due_payments(*, now: datetime) -> int:
    """States what changed of late and what has its turn today; how many payments."""
    order_ids = list_order_ids_to_state(now)
    for batch in in_batches(order_ids):
        state_payments(order_ids=batch, now=now)
    return len(order_ids)


@transaction.atomic
def state_payments(*, order_ids: Iterable[UUID], now: datetime) -> None:
    """Publishes PaymentsStated about these orders."""
    payments = list(list_payments_of(order_ids))
    fact = PaymentsStated(
        statement_id=uuid7(),
        as_of=now,
        payments=tuple(_state(payment) for payment in payments),
        missing=tuple(sorted(set(order_ids) - {payment.order_id for payment in payments})),
    )
    publish(fact, now=now)


def _state(payment: Payment) -> StatedPayment:
    def money(amount: Decimal) -> Money:
        return Money.rounded(amount, payment.currency)

    ending = payment.is_open and payment.cancel_wanted
    return StatedPayment(
        order_id=payment.order_id,
        status="cancelling" if ending else payment.status,
        amount=payment.money,
        captured=money(payment.amount if payment.status == Status.SUCCEEDED else Decimal(0)),
        refunded=money(payment.refunded_amount),
        dispute=payment.dispute,
        charged_back=money(payment.charged_back),
        changed_at=max([payment.created_at, *(event.at for event in payment.events.all())]),
        refunds=tuple(
            StatedRefund(refund_id=x.pk, amount=money(x.amount), status=x.status, foreign=x.foreign)
            for x in sorted(payment.refunds.all(), key=lambda refund: refund.pk)
        ),
    )

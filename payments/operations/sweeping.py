"""What webhooks and workers may have lost is found again here."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog

from payments import queries
from payments.clients import ProviderUnavailable
from payments.operations.intents import advance_payment
from payments.operations.refunds import advance_refund

AT_ONCE = 100
log = structlog.get_logger(__name__)


def sweep(*, now: datetime) -> int:
    """Brings payments and refunds that are due for a look to the provider's state; how many.
    Stops early while the provider is away."""
    payments = queries.list_due_payments(now, AT_ONCE)
    refunds = queries.list_due_refunds(now, AT_ONCE)
    work: list[Callable[[], object]] = [
        *(partial(advance_payment, order_id=payment.order_id, now=now) for payment in payments),
        *(partial(advance_refund, refund_id=refund.pk, now=now) for refund in refunds),
    ]
    for count, one in enumerate(work):
        try:
            one()
        except ProviderUnavailable:
            return count
        except Exception:
            # One broken payment must not hide the others; its look is already postponed.
            log.exception("sweep_failed")
    return len(work)

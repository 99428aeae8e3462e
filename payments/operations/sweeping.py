"""What webhooks and workers may have lost is found again here."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

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
    work: list[Callable[[], object]] = [
        *(_payment(p.order_id, now) for p in queries.list_due_payments(now, AT_ONCE)),
        *(_refund(r.pk, now) for r in queries.list_due_refunds(now, AT_ONCE)),
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


def _payment(order_id: UUID, now: datetime) -> Callable[[], object]:
    return lambda: advance_payment(order_id=order_id, now=now)


def _refund(refund_id: UUID, now: datetime) -> Callable[[], object]:
    return lambda: advance_refund(refund_id=refund_id, now=now)

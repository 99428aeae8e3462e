"""Work with the provider, after the commit that asked for it, and by the clock."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from payments import operations
from shared.events.consuming import job
from shared.events.statements import PERIOD


@job()
def create_intent(order_id: str) -> None:
    operations.create_intent(order_id=UUID(order_id), now=timezone.now())


@job()
def cancel_intent(order_id: str) -> None:
    operations.cancel_intent(order_id=UUID(order_id), now=timezone.now())


@job()
def send_refund(refund_id: str) -> None:
    operations.send_refund(refund_id=UUID(refund_id), now=timezone.now())


@job()
def handle_webhook(trigger_id: int) -> None:
    operations.handle_webhook(trigger_id=trigger_id, now=timezone.now())


@job(every=15)
def sweep_payments() -> None:
    operations.sweep(now=timezone.now())


@job(every=60)
def look_for_foreign() -> None:
    """A parcel must not leave for long after its money went back."""
    operations.look_for_foreign(now=timezone.now(), since=timedelta(hours=1))


@job(every=3600)
def look_for_older_foreign() -> None:
    """What was lost while the provider could not be asked for long."""
    operations.look_for_foreign(now=timezone.now(), since=timedelta(days=3))


@job(every=3600)
def forget_old_events() -> None:
    operations.forget_old_events(now=timezone.now())


@job(every=PERIOD)
def state_payments() -> None:
    operations.state_due_payments(now=timezone.now())

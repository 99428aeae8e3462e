"""What orders does by the clock."""

from django.utils import timezone

from orders import operations
from shared.events.consuming import job
from shared.events.statements import PERIOD


@job(every=PERIOD)
def ask_for_statements() -> None:
    operations.ask_for_statements(now=timezone.now())


@job(every=600)
def claim_missed() -> None:
    operations.claim_missed(now=timezone.now())


@job(every=3600)
def forget_ended() -> None:
    operations.forget_ended(now=timezone.now())

"""What cart does by the clock."""

from django.utils import timezone

from cart import operations
from shared.events.consuming import job


@job(every=3600)
def forget_additions() -> None:
    operations.forget_additions(now=timezone.now())

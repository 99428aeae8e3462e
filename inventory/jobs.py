"""What inventory does by the clock."""

from django.utils import timezone

from inventory import operations
from shared.events.consuming import job


@job(every=10)
def expire_reservations() -> None:
    operations.expire_reservations(now=timezone.now())

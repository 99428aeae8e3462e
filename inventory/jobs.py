"""What inventory does by the clock."""

from django.utils import timezone

from inventory import operations
from shared.events.consuming import job
from shared.events.statements import PERIOD


@job(every=10)
def expire_reservations() -> None:
    operations.expire_reservations(now=timezone.now())


@job(every=PERIOD)
def state_reservations() -> None:
    operations.state_due_reservations(now=timezone.now())


@job(every=60)
def publish_unpublished_stock() -> None:
    operations.publish_unpublished_stock(now=timezone.now())

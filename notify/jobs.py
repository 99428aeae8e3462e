"""What notify does after a commit and by the clock."""

from uuid import UUID

from django.utils import timezone

from notify import operations
from shared.events.consuming import job


@job()
def send_mail(delivery_id: str) -> None:
    operations.send_delivery(delivery_id=UUID(delivery_id), now=timezone.now())


@job(every=10)
def send_waiting_mails() -> None:
    operations.send_waiting_deliveries(now=timezone.now())


@job(every=3600)
def forget_old_deliveries() -> None:
    operations.forget_old_deliveries(now=timezone.now())


@job(every=60)
def forget_mails_of_erased() -> None:
    operations.forget_mails_of_erased()

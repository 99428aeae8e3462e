"""What users does by the clock."""

from django.utils import timezone

from shared.events.consuming import job
from users import operations


@job(every=3600)
def forget_spent() -> None:
    operations.forget_spent(now=timezone.now())
    operations.forget_exports(now=timezone.now())


@job(every=60)
def publish_pending() -> None:
    operations.publish_pending()

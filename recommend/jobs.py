"""What recommend does by the clock."""

from django.utils import timezone

from recommend import operations
from shared.events.consuming import job


@job(every=30)
def train_copurchases() -> None:
    operations.train_copurchases(now=timezone.now())


@job(every=86400)
def forget_old_views() -> None:
    operations.forget_old_views(now=timezone.now())

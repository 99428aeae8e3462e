"""What a service remembers of accounts that are no more."""

from django.db import models
from django.utils import timezone


class ErasedAccount(models.Model):
    """An account whose person was forgotten. Its id stays, so that no late fact brings the person
    back."""

    account_id = models.UUIDField(primary_key=True)
    erased_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.account_id)

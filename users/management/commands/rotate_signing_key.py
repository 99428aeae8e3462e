from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from users import operations


class Command(BaseCommand):
    help = "Sign tokens with a new key from now on; the old keys verify until their tokens end."

    def handle(self, *args: Any, **options: Any) -> None:
        key = operations.rotate_signing_key(now=timezone.now())
        self.stdout.write(f"{key.kid} signs from now on")

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from catalog import operations


class Command(BaseCommand):
    help = "Tell every product anew, so that other services can fill or repair their copies."

    def handle(self, *args: Any, **options: Any) -> None:
        count = operations.republish_products(now=timezone.now())
        self.stdout.write(f"{count} products published")

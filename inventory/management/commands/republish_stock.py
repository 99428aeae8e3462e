from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from inventory import operations


class Command(BaseCommand):
    help = "Tell the stock of every SKU anew, so that other services can fill or repair copies."

    def handle(self, *args: Any, **options: Any) -> None:
        count = operations.republish_stock(now=timezone.now())
        self.stdout.write(f"{count} stock levels told")

from typing import Any

from django.core.management.base import BaseCommand

from payments import operations


class Command(BaseCommand):
    help = "Make Stripe send its events to this shop. Repeatable."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Events come to {operations.configure_endpoint()}")

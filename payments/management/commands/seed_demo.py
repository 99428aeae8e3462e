from typing import Any

from django.core.management.base import BaseCommand

from payments import operations
from payments.clients import ProviderUnavailable


class Command(BaseCommand):
    help = "Payments come from orders; only the webhook's address is set up here. Repeatable."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(f"Events come to {operations.configure_endpoint()}")
        except ProviderUnavailable:
            operations.ensure_endpoint()
            self.stdout.write("The provider is away; run configure_stripe when it is back.")

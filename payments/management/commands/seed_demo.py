from typing import Any

from django.core.management.base import BaseCommand

from payments import operations
from payments.clients import ProviderRefused, ProviderUnavailable


class Command(BaseCommand):
    help = "Payments come from orders; only the webhook's address is set up here. Repeatable."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(f"Events come to {operations.configure_endpoint()}")
        except (ProviderUnavailable, ProviderRefused) as error:
            operations.ensure_endpoint()
            self.stdout.write(f"The provider was not asked for events: {error}")
            self.stdout.write("Run configure_stripe when it answers.")

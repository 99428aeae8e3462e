from typing import Any

from django.core.management.base import BaseCommand

from users import operations


class Command(BaseCommand):
    help = "Tell of every account anew, so that other services can fill or repair copies."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{operations.republish_accounts()} accounts told")

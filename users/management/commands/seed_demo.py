from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from users import operations
from users.models import User

ROLES = {
    "merchant": ["catalogue", "fulfilment", "support"],
    "operator": ["owner"],
    "shopper": [],
}


class Command(BaseCommand):
    help = "Make the accounts of SOUK_DEMO_ACCOUNTS ([{name, role, email, password}]). Repeatable."

    def handle(self, *args: Any, **options: Any) -> None:
        operations.ensure_signing_key()
        for account in settings.DEMO_ACCOUNTS:
            if not User.objects.filter(email=account["email"]).exists():
                self._make(account)

    @transaction.atomic
    def _make(self, account: dict[str, str]) -> None:
        user = operations.register_user(
            email=account["email"], password=account["password"], verified=True
        )
        operations.update_profile(user_id=user.pk, name=account["name"])
        if roles := ROLES[account["role"]]:
            operations.set_roles(user_id=user.pk, roles=roles)
        self.stdout.write(f"{account['email']} is there")

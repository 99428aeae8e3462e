import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from orders import operations, queries
from shared.contracts.base import to_json

FIELDS = (
    *("order_id", "number", "kind", "details"),
    *("first_seen", "last_seen", "times", "auto_repairs"),
)


class Command(BaseCommand):
    help = "Show the orders that differ from what payments and inventory state."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print them as a JSON list")
        parser.add_argument(
            "--ask",
            action="store_true",
            help="have payments and inventory state all orders now; their answers come later",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["ask"]:
            order_ids = queries.list_order_ids()
            operations.request_statements(order_ids=order_ids, now=timezone.now())
        rows = list(queries.list_discrepancies().values(*FIELDS))
        if options["json"]:
            self.stdout.write(json.dumps(to_json(rows)))
            return
        for row in rows:
            self.stdout.write("{number:10} {kind:36} {first_seen:%F %R} {details}".format(**row))
        self.stdout.write(f"{len(rows)} discrepancies")

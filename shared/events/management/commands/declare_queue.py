from typing import Any

from django.core.management.base import BaseCommand
from kombu.transport.native_delayed_delivery import (
    declare_native_delayed_delivery_exchanges_and_queues,
)


class Command(BaseCommand):
    help = "Declare this service's queues and bindings, so that facts wait for it. Repeatable."

    def handle(self, *args: Any, **options: Any) -> None:
        from shared.events.app import app
        from shared.events.topology import declare_topology

        with app.connection_for_write() as connection:
            declare_topology(connection)
            declare_native_delayed_delivery_exchanges_and_queues(connection, "quorum")

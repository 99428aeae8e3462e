import os
import socket
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Run this service's worker: consumers, jobs and the outbox relay."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--clock", action="store_true", help="also run the clock jobs")
        parser.add_argument("--concurrency", type=int, default=4, help="handler threads")

    def handle(self, *args: Any, **options: Any) -> None:
        from shared.events.worker import run_worker

        run_worker(
            clock=options["clock"],
            concurrency=options["concurrency"],
            hostname=f"{settings.SERVICE}-{os.getpid()}@{socket.gethostname()}",
        )

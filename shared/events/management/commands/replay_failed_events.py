from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shared.events.failures import replay_failed_event
from shared.events.models import FailedEvent


class Command(BaseCommand):
    help = "Handle every failed event again, oldest first; those that fail again stay."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        failed = FailedEvent.objects.filter(status=FailedEvent.Status.FAILED).order_by("failed_at")
        refused = [event for event in failed if not self._replay(event)]
        self.stdout.write(f"{len(failed) - len(refused)} replayed, {len(refused)} failed again")
        if refused:
            raise CommandError("\n".join(str(event) for event in refused))

    def _replay(self, event: FailedEvent) -> bool:
        try:
            replay_failed_event(failed_event_id=event.pk)
        except Exception as error:
            self.stderr.write(f"{event}: {type(error).__name__}: {error}")
            return False
        return True

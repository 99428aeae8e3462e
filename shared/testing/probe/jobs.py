from uuid import UUID

from shared.events.consuming import job
from shared.testing.probe.models import Effect


@job()
def leave_effect(tick_id: str) -> None:
    Effect.objects.create(tick_id=UUID(tick_id))

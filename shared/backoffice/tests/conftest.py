from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID, uuid4

import pytest

from shared.contracts.base import Event, Fact
from shared.events import failures
from shared.events.consuming import Consumer
from shared.events.models import FailedEvent


@dataclass(frozen=True, kw_only=True)
class KettleBoiled(Fact):
    """A fact that no service knows."""

    name: ClassVar[str] = "kettle.boiled"
    aggregate: ClassVar[str] = "kettle_id"

    kettle_id: UUID
    cups: int


@dataclass
class Kitchen:
    """Handles kettle.boiled: refuses while broken, then counts the cups."""

    broken: bool = False
    poured: list[int] = field(default_factory=list)

    def handle(self, fact: KettleBoiled, event: Event) -> None:
        if self.broken:
            raise RuntimeError("no <b>cup</b> is clean")
        self.poured.append(fact.cups)


@pytest.fixture
def kitchen(monkeypatch: pytest.MonkeyPatch) -> Kitchen:
    kitchen = Kitchen()
    consumers = {KettleBoiled.name: Consumer(KettleBoiled, kitchen.handle)}
    monkeypatch.setattr(failures, "load_handlers", lambda: (consumers, {}))
    return kitchen


@pytest.fixture
def failed(db: None) -> FailedEvent:
    """An event that failed, with a cause that would be markup."""
    from django.utils import timezone

    fact = KettleBoiled(kettle_id=uuid4(), cups=2)
    event = Event(
        id=uuid4(),
        name=fact.name,
        schema_version=1,
        occurred_at=timezone.now(),
        aggregate_id=fact.aggregate_id,
        payload=fact.to_payload(),
    )
    return FailedEvent.objects.create(
        event_id=event.id,
        handler=fact.name,
        envelope=event.to_envelope(),
        error="RuntimeError: no <b>cup</b> is clean",
        traceback="Traceback (most recent call last): …",
        attempts=7,
    )

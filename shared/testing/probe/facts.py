"""A fact whose payload says how its consumer shall behave."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Fact


@dataclass(frozen=True, kw_only=True)
class Ticked(Fact):
    """`behaviour`: ok, poison (fails until a Switch row "healed" exists) or die (kills its process
    the first time)."""

    name: ClassVar[str] = "probe.ticked"
    aggregate: ClassVar[str] = "tick_id"

    tick_id: UUID
    behaviour: str = "ok"

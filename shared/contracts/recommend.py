"""Facts that recommend publishes."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Fact


@dataclass(frozen=True, kw_only=True)
class ModelTrained(Fact):
    """A model was trained and is being served. `kind` is copurchase."""

    name: ClassVar[str] = "recommend.model_trained"
    aggregate: ClassVar[str] = "model_id"

    model_id: UUID
    kind: str
    products: int
    pairs: int

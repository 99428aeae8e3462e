"""What a fact is, and how it travels: a frozen dataclass as JSON in an envelope."""

import types
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Self, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from shared.money import Money


class MalformedFact(ValueError):
    """The payload is not what the contract says. Such a message can never be handled."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that happened, in the past tense. Subclasses set:

    name       the routing key and Celery task name, "order.placed"
    aggregate  the field that holds the id of the thing it happened to
    """

    name: ClassVar[str]
    aggregate: ClassVar[str]
    schema_version: ClassVar[int] = 1

    @property
    def aggregate_id(self) -> str:
        return str(getattr(self, self.aggregate))

    def to_payload(self) -> dict[str, Any]:
        """JSON-ready values: UUID, Decimal and datetime as strings, Money as an object."""
        payload: dict[str, Any] = to_json(self)
        return payload

    @classmethod
    def from_payload(cls, payload: Any) -> Self:
        """Unknown fields are ignored, missing ones take their default. Raises MalformedFact."""
        try:
            value: Self = from_json(cls, payload)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise MalformedFact(f"{cls.name}: {error!r}") from error
        return value


@dataclass(frozen=True, kw_only=True)
class Event:
    """The envelope around a fact. `aggregate_version` grows with each change of the aggregate
    (0 where the producer counts none); `trace` carries request_id and traceparent."""

    id: UUID
    name: str
    schema_version: int
    occurred_at: datetime
    aggregate_id: str
    aggregate_version: int = 0
    payload: dict[str, Any] = field(default_factory=dict)
    trace: dict[str, str] = field(default_factory=dict)

    def to_envelope(self) -> dict[str, Any]:
        envelope: dict[str, Any] = to_json(self)
        return envelope

    @classmethod
    def from_envelope(cls, envelope: Any) -> "Event":
        try:
            event: Event = from_json(cls, envelope)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise MalformedFact(f"envelope: {error!r}") from error
        return event


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def to_json(value: Any) -> Any:
    """Plain JSON values of a contract value."""
    if isinstance(value, Money):
        return value.to_json()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    return value


def from_json(hint: Any, value: Any) -> Any:
    """The value that the type hint describes. Raises KeyError, TypeError or ValueError."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _optional(hint, value)
    if origin is tuple:
        return tuple(from_json(get_args(hint)[0], item) for item in _expect(list, value))
    if origin is dict:
        item_hint = get_args(hint)[1]
        return {str(k): from_json(item_hint, v) for k, v in _expect(dict, value).items()}
    if hint is Any:
        return value
    if hint is Money:
        return Money.from_json(_expect(dict, value))
    if isinstance(hint, type) and is_dataclass(hint):
        return hint(**dict(_arguments(hint, _expect(dict, value))))
    return _scalar(hint, value)


def _arguments(cls: Any, value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    hints = _hints(cls)
    for spec in fields(cls):
        if spec.name in value:
            yield spec.name, from_json(hints[spec.name], value[spec.name])
        elif spec.default is MISSING and spec.default_factory is MISSING:
            raise KeyError(spec.name)


def _optional(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    (inner,) = (arg for arg in get_args(hint) if arg is not type(None))
    return from_json(inner, value)


def _expect(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}, got {value!r}")
    return value


def _scalar(hint: Any, value: Any) -> Any:
    if hint is datetime:
        return datetime.fromisoformat(_expect(str, value))
    if hint in (UUID, Decimal):
        return hint(_expect(str, value))
    if hint is int and isinstance(value, bool):
        raise TypeError(f"expected int, got {value!r}")
    return _expect(hint, value)

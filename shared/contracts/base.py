"""What a fact is, and how it travels: a frozen dataclass as JSON in an envelope."""

import types
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Self, TypeVar, Union, get_args, get_origin, get_type_hints
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
        return _read(cls, payload, cls.name)


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
        """`payload` is JSON already."""
        rest = {name: to_json(getattr(self, name)) for name in _names(Event) if name != "payload"}
        return {**rest, "payload": self.payload}

    @classmethod
    def from_envelope(cls, envelope: Any) -> "Event":
        return _read(cls, envelope, "envelope")


T = TypeVar("T")
_PLAIN = frozenset({str, int, bool, float, type(None)})


def to_json(value: Any) -> Any:
    """Plain JSON values of a contract value."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Money):
        return value.to_json()
    if is_dataclass(value) and not isinstance(value, type):
        return {name: to_json(getattr(value, name)) for name in _names(type(value))}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    return value


@cache
def _names(cls: Any) -> tuple[str, ...]:
    return tuple(spec.name for spec in fields(cls))


def _read(cls: type[T], value: Any, what: str) -> T:
    hint: Any = cls
    try:
        read: T = _reader(hint)(value)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise MalformedFact(f"{what}: {error!r}") from error
    return read


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """What reads values of the type that the hint describes, and raises KeyError, TypeError or
    ValueError; looking at a hint takes longer than reading by it."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _optional_reader(hint)
    if origin is tuple:
        read_item = _reader(get_args(hint)[0])
        return lambda value: tuple(map(read_item, _expect(list, value)))
    if origin is dict:
        read_value = _reader(get_args(hint)[1])
        return lambda value: {str(k): read_value(v) for k, v in _expect(dict, value).items()}
    if hint is Any:
        return lambda value: value
    if hint is Money:
        return lambda value: Money.from_json(_expect(dict, value))
    if isinstance(hint, type) and is_dataclass(hint):
        return _object_reader(hint)
    return _scalar_reader(hint)


def _object_reader(cls: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(cls)
    specs = [
        (f.name, _reader(hints[f.name]), f.default is MISSING and f.default_factory is MISSING)
        for f in fields(cls)
    ]

    def read(value: Any) -> Any:
        _expect(dict, value)
        arguments = {}
        for name, read_field, is_required in specs:
            if name in value:
                arguments[name] = read_field(value[name])
            elif is_required:
                raise KeyError(name)
        return cls(**arguments)

    return read


def _optional_reader(hint: Any) -> Callable[[Any], Any]:
    (inner,) = (arg for arg in get_args(hint) if arg is not type(None))
    read = _reader(inner)
    return lambda value: None if value is None else read(value)


def _scalar_reader(hint: Any) -> Callable[[Any], Any]:
    if hint is datetime:
        return lambda value: datetime.fromisoformat(_expect(str, value))
    if hint in (UUID, Decimal):
        return lambda value: hint(_expect(str, value))
    if hint is int:
        return _read_int
    return lambda value: _expect(hint, value)


def _read_int(value: Any) -> Any:
    if isinstance(value, bool):
        raise TypeError(f"expected int, got {value!r}")
    return _expect(int, value)


def _expect(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}, got {value!r}")
    return value

"""Answers in the shape that a serializer declares, by plain functions that are made of it once: a
serializer asks each of its fields anew how the same attribute is read and written."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models.manager import BaseManager
from rest_framework import fields
from rest_framework.relations import ManyRelatedField, RelatedField
from rest_framework.serializers import ListSerializer, Serializer
from rest_framework.settings import api_settings

Shape = type[Serializer[Any]]
Convert = Callable[[Any], Any]
# A field's name, what takes its value out of a thing, and what makes JSON of a value but None.
Step = tuple[str, Convert, Convert]
NOT_THERE = (AttributeError, KeyError, ObjectDoesNotExist, fields.SkipField)
RELATED = (RelatedField, ManyRelatedField)


def show(shape: Shape, thing: Any) -> dict[str, Any]:
    """The thing as the shape shows it: what `shape(thing).data` holds. `thing` is an object or a
    mapping; a method among its attributes is called."""
    shown: dict[str, Any] = _writer(shape)(thing)
    return shown


def show_all(shape: Shape, things: Iterable[Any]) -> list[dict[str, Any]]:
    return [show(shape, thing) for thing in things]


@cache
def made(shape: Shape) -> Serializer[Any]:
    """One serializer of the shape for all. It must keep nothing of what it reads or writes."""
    return shape()


@cache
def _writer(shape: Shape) -> Convert:
    return _writing(made(shape))


def _write_serializer(serializer: Serializer[Any]) -> Convert:
    if any(isinstance(field, RELATED) for field in serializer.fields.values()):
        return serializer.to_representation
    steps_of: dict[type, list[Step]] = {}

    def write(thing: Any) -> dict[str, Any]:
        steps = steps_of.get(type(thing))
        if steps is None:
            steps = steps_of[type(thing)] = _steps(serializer, type(thing))
        try:
            return {
                name: None if (value := read(thing)) is None else convert(value)
                for name, read, convert in steps
            }
        except NOT_THERE:
            # What is not there may have a default, and is told of as the serializer tells it.
            shown: dict[str, Any] = serializer.to_representation(thing)
            return shown

    return write


def _steps(serializer: Serializer[Any], kind: type) -> list[Step]:
    readable = [(name, f) for name, f in serializer.fields.items() if not f.write_only]
    return [(name, _reading(field, kind), _writing(field)) for name, field in readable]


def _reading(field: Any, kind: type) -> Convert:
    source = field.source
    is_special = type(field).get_attribute is not fields.Field.get_attribute
    if is_special or len(field.source_attrs) != 1 or callable(getattr(kind, source, None)):
        reading: Convert = field.get_attribute
        return reading
    return itemgetter(source) if issubclass(kind, Mapping) else attrgetter(source)


def _writing(field: Any) -> Convert:
    """What a field makes of a value; its own method where nothing shorter is known."""
    if type(field).to_representation is Serializer.to_representation:
        return _write_serializer(field)
    if type(field).to_representation is ListSerializer.to_representation:
        return _write_many(_writing(field.child))
    method: Convert = field.to_representation
    short = SHORTER.get(type(field))
    return short(field, method) if short else method


def _write_many(convert: Convert) -> Convert:
    def write(things: Any) -> list[Any]:
        every = things.all() if isinstance(things, BaseManager) else things
        return [convert(thing) for thing in every]

    return write


def _write_list(field: Any, method: Convert) -> Convert:
    convert = _writing(field.child)
    return lambda values: [None if value is None else convert(value) for value in values]


def _write_mapping(field: Any, method: Convert) -> Convert:
    convert = _writing(field.child)
    return lambda values: {
        str(key): None if value is None else convert(value) for key, value in values.items()
    }


def _write_decimal(field: Any, method: Convert) -> Convert:
    """A number that has the field's places already is not rounded to them."""
    as_text = getattr(field, "coerce_to_string", api_settings.COERCE_DECIMAL_TO_STRING)
    if not as_text or None in (field.max_whole_digits, field.decimal_places):
        return method
    if field.normalize_output or field.localize:
        return method
    last_place, most = Decimal(1).scaleb(-field.decimal_places), field.max_whole_digits

    def write(value: Any) -> Any:
        is_exact = isinstance(value, Decimal) and value.same_quantum(last_place)
        return f"{value:f}" if is_exact and value.adjusted() < most else method(value)

    return write


def _write_flag(field: Any, method: Convert) -> Convert:
    return lambda value: value if value is True or value is False else method(value)


SHORTER: dict[type[Any], Callable[[Any, Convert], Convert]] = {
    fields.CharField: lambda field, method: str,
    fields.IntegerField: lambda field, method: int,
    fields.BooleanField: _write_flag,
    fields.DecimalField: _write_decimal,
    fields.ListField: _write_list,
    fields.DictField: _write_mapping,
}

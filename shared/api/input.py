"""What callers send, in the shape that a serializer declares, and nothing besides."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiSerializerExtension
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.settings import api_settings

UNKNOWN_FIELD = "unknown_field"
# A form of the browsable API brings it along.
CSRF_FIELD = "csrfmiddlewaretoken"
NUMBERS = {
    serializers.IntegerField: re.compile(r"-?[0-9]+"),
    serializers.DecimalField: re.compile(r"-?[0-9]+(\.[0-9]+)?"),
    serializers.FloatField: re.compile(r"-?[0-9]+(\.[0-9]+)?"),
}
_UUID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)


class Input(serializers.Serializer[Any]):
    """What an API takes. Refuses fields that it does not read, since whoever sends one expects an
    effect of it, and texts that only Python takes for numbers ("1_0", "1e1", "٥")."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        errors = self._list_unknown(data) | self._list_odd_numbers(data)
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**errors, **_by_field(error)}) from error
        if errors:
            raise ValidationError(errors)
        return values

    def _list_unknown(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        known = {name for name, field in self.fields.items() if not field.read_only}
        sentence = ErrorDetail(_("This field is not known here."), UNKNOWN_FIELD)
        return {str(name): [sentence] for name in data if name not in known | {CSRF_FIELD}}

    def _list_odd_numbers(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        return {
            name: [ErrorDetail(_expected_of(field), "invalid")]
            for name, field in self.fields.items()
            if name in data and not _is_plain(field, data[name])
        }


class ModelInput(Input, serializers.ModelSerializer[Any]):
    """The same with the fields of a model."""


class Nothing(Input):
    """The body of a request that takes none."""


def read(shape: type[Input], data: Any, *, partial: bool = False) -> dict[str, Any]:
    """The valid values of what was sent. Raises ValidationError."""
    body = shape(data=data, partial=partial)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def read_nothing(request: Request) -> None:
    """For a request that says nothing but its address. Raises ValidationError for one with a body,
    or with a query that its view does not name: whoever sends one expects an effect of it."""
    said = request.data or {}
    asked = [name for name in request.query_params if name not in _query_of(request)]
    read(Nothing, {**dict.fromkeys(asked), **said} if isinstance(said, Mapping) else said)


def _query_of(request: Request) -> set[str]:
    """The query that a view takes with every method."""
    view = (request.parser_context or {}).get("view")
    common = getattr(view, "common_parameters", ())
    named = {parameter.name for parameter in common if parameter.location == "query"}
    return {str(api_settings.URL_FORMAT_OVERRIDE), *named}


def _by_field(error: ValidationError) -> dict[str, Any]:
    detail = error.detail
    return detail if isinstance(detail, dict) else {api_settings.NON_FIELD_ERRORS_KEY: detail}


def _expected_of(field: serializers.Field[Any, Any, Any, Any]) -> str:
    if isinstance(field, serializers.UUIDField):
        return _("Must be a valid UUID.")
    return _("Write a number in digits, like 12.")


def _is_plain(field: serializers.Field[Any, Any, Any, Any], value: Any) -> bool:
    """Whether the texts that are to be numbers are written in ASCII digits, and ids as UUIDs."""
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return all(_is_plain(field.child, item) for item in value)
    if isinstance(field, serializers.DictField) and isinstance(value, Mapping):
        return all(_is_plain(field.child, item) for item in value.values())
    if isinstance(field, serializers.UUIDField):
        return isinstance(value, UUID | None) or (
            isinstance(value, str) and bool(_UUID.fullmatch(value))
        )
    pattern = next((NUMBERS[kind] for kind in NUMBERS if isinstance(field, kind)), None)
    return pattern is None or not isinstance(value, str) or bool(pattern.fullmatch(value))


class InputExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Says in the OpenAPI document that there are no other fields."""

    target_class = Input
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(
            self.target, direction, bypass_extensions=True
        )
        if schema.get("type") == "object":
            schema["additionalProperties"] = False
        return schema

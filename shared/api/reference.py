"""A readable form of one service's OpenAPI document: plain values, ready for the template."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby
from typing import Any

JSON = Mapping[str, Any]
DEEPEST = 4
LIMITS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "minimum": "from {}",
    "maximum": "to {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "pattern": "matches {}",
    "default": "{} unless given",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a place in a body: `lines[].unit_price.amount`."""

    name: str
    type: str
    required: bool = False
    limits: str = ""
    description: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """`shape` is one line ("list of Order"); `fields` what it is made of."""

    media_type: str
    shape: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Response:
    status: str
    meaning: str
    body: Body | None


@dataclass(frozen=True, slots=True)
class Operation:
    anchor: str
    method: str
    path: str
    summary: str
    description: str
    callers: str
    parameters: tuple[Field, ...]
    body: Body | None
    responses: tuple[Response, ...]


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    operations: tuple[Operation, ...]


def describe(document: JSON, service: str) -> tuple[Group, ...]:
    """The operations by tag, both in the document's order of paths."""
    reader = _Reader(document.get("components", {}).get("schemas", {}))
    found = [
        (operation["tags"][0], reader.operation(service, method, path, operation))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    found.sort(key=lambda pair: pair[0])
    return tuple(
        Group(tag, tuple(operation for _, operation in pairs))
        for tag, pairs in groupby(found, key=lambda pair: pair[0])
    )


class _Reader:
    def __init__(self, schemas: JSON) -> None:
        self.schemas = schemas

    def operation(self, service: str, method: str, path: str, data: JSON) -> Operation:
        text = " ".join(data.get("description", "").split())
        summary = data.get("summary") or text.partition(". ")[0].rstrip(".")
        return Operation(
            anchor=f"{service}-{data['operationId']}",
            method=method.upper(),
            path=path,
            summary=summary,
            description="" if text.rstrip(".") == summary else text,
            callers=_callers(data),
            parameters=tuple(map(self._parameter, data.get("parameters", ()))),
            body=self._body(data.get("requestBody", {}), hidden="readOnly"),
            responses=tuple(
                Response(
                    status="4xx, 5xx" if status == "default" else status,
                    meaning=answer["description"] or _phrase(status),
                    body=self._body(answer, hidden="writeOnly"),
                )
                for status, answer in data["responses"].items()
            ),
        )

    def _parameter(self, data: JSON) -> Field:
        schema = data.get("schema", {})
        return Field(
            name=data["name"],
            type=self._type(schema),
            required=data.get("required", False),
            limits=_limits(self._resolved(schema)),
            description=data.get("description", ""),
            place=data["in"],
        )

    def _body(self, data: JSON, *, hidden: str) -> Body | None:
        for media_type, content in data.get("content", {}).items():
            schema = content.get("schema", {})
            fields = tuple(self._fields(schema, "", hidden, DEEPEST))
            return Body(media_type, self._type(schema), fields)
        return None

    def _fields(self, schema: JSON, prefix: str, hidden: str, depth: int) -> Iterator[Field]:
        inner = self._resolved(schema)
        if inner.get("type") == "array":
            yield from self._fields(inner["items"], f"{prefix}[]", hidden, depth)
            return
        for name, value in inner.get("properties", {}).items():
            if not value.get(hidden):
                path = f"{prefix}.{name}" if prefix else name
                yield self._field(path, value, required=name in inner.get("required", ()))
                if depth:
                    yield from self._fields(value, path, hidden, depth - 1)

    def _field(self, path: str, schema: JSON, *, required: bool) -> Field:
        own = self._resolved(schema)
        return Field(
            name=path,
            type=self._type(schema),
            required=required,
            limits=_limits({**own, **schema}),
            description=schema.get("description", ""),
        )

    def _resolved(self, schema: JSON) -> dict[str, Any]:
        """Follows a reference, alone or as the only part that is not null."""
        if "$ref" in schema:
            return self._resolved(self.schemas[schema["$ref"].rpartition("/")[2]])
        parts = [part for part in _parts(schema) if part.get("type") != "null"]
        return self._resolved(parts[0]) if len(parts) == 1 else dict(schema)

    def _type(self, schema: JSON) -> str:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return _values(self.schemas[name]) or name
        if parts := _parts(schema):
            return " or ".join(map(self._type, parts))
        if schema.get("type") == "array":
            return f"list of {self._type(schema['items'])}"
        return _values(schema) or _plain_type(schema)


def _parts(schema: JSON) -> list[JSON]:
    return [part for key in ("oneOf", "anyOf", "allOf") for part in schema.get(key, ())]


def _plain_type(schema: JSON) -> str:
    kinds = schema.get("type", "anything")
    name = kinds if isinstance(kinds, str) else " or ".join(kinds)
    return f"{name} ({schema['format']})" if "format" in schema else name


def _values(schema: JSON) -> str:
    return " | ".join(str(value) for value in schema.get("enum", ()) if value is not None)


def _limits(schema: JSON) -> str:
    told = {key: schema[key] for key in LIMITS if schema.get(key, "") != ""}
    if schema.get("format") == "decimal":
        told.pop("pattern", None)
    if "minLength" in told and told["minLength"] == told.get("maxLength"):
        return f"{told['minLength']} characters"
    return ", ".join(
        LIMITS[key].format(value if key == "pattern" else json.dumps(value))
        for key, value in told.items()
    )


def _phrase(status: str) -> str:
    return HTTPStatus(int(status)).phrase if status.isdigit() else ""


def _callers(data: JSON) -> str:
    if roles := data.get("x-roles"):
        return f"staff: {', '.join(roles)}"
    schemes = data.get("security", [{}])
    if {} not in schemes:
        return "signed in"
    return "everybody" if schemes == [{}] else "everybody, or signed in"

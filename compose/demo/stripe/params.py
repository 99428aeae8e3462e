"""Stripe's parameters: form encoding with nested names, read with types and Stripe's errors."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import parse_qsl

from .errors import (
    BadRequest,
    InvalidEmpty,
    InvalidInteger,
    InvalidUrl,
    Json,
    MissingParameter,
    UnknownParameter,
)

MAX_FIELDS = 1000
MAX_DEPTH = 6
NAME = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")


def decode(encoded: str) -> Json:
    """Nested dicts and lists from `a[b]=1&c[]=2&d[0]=3`; values are strings."""
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise BadRequest("Too many parameters.") from error
    tree: Json = {}
    for name, value in pairs:
        _insert(tree, _path(name), value, name)
    return {name: _with_lists(value) for name, value in tree.items()}


def _path(name: str) -> list[str]:
    match = NAME.match(name)
    if match is None:
        raise BadRequest(f"Invalid parameter name: {name[:80]}")
    path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
    if len(path) > MAX_DEPTH:
        raise BadRequest(f"Parameters are nested too deeply: {name[:80]}")
    return path


def _insert(tree: Json, path: list[str], value: str, name: str) -> None:
    node = tree
    for step in path[:-1]:
        node = node.setdefault(step or str(len(node)), {})
        if not isinstance(node, dict):
            raise BadRequest(f"Invalid parameter: {name[:80]}")
    node[path[-1] or str(len(node))] = value


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    members = {name: _with_lists(member) for name, member in value.items()}
    if members and all(name.isdecimal() for name in members):
        return [members[name] for name in sorted(members, key=int)]
    return members


class Params:
    """A typed reader over decoded parameters; `prefix` makes nested names in errors."""

    def __init__(self, values: Json, prefix: str = "") -> None:
        self.values = values
        self.prefix = prefix

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def label(self, name: str) -> str:
        """The parameter's name as Stripe prints it."""
        return f"{self.prefix}[{name}]" if self.prefix else name

    def only(self, known: Collection[str]) -> None:
        """Refuse names that are not in `known`."""
        for name in self.values:
            if name not in known:
                raise UnknownParameter(self.label(name))

    def text(self, name: str) -> str | None:
        """The string, or None where it is absent or empty."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise BadRequest(f"Invalid string: {value}", param=self.label(name))
        return value

    def required(self, name: str) -> str:
        """The string; absent and empty are different errors."""
        if name not in self.values:
            raise MissingParameter(self.label(name))
        value = self.text(name)
        if value is None:
            message = f"You passed an empty string for '{self.label(name)}'."
            raise InvalidEmpty(message, param=self.label(name))
        return value

    def integer(self, name: str, *, least: int = 0, most: int = 2**53) -> int | None:
        """A whole number within bounds, or None."""
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise InvalidInteger(f"Invalid integer: {value[:40]}", param=self.label(name))
        number = int(value)
        if number < least:
            message = f"This value must be greater than or equal to {least}."
            raise InvalidInteger(message, param=self.label(name))
        if number > most:
            message = f"This value must be less than or equal to {most}."
            raise InvalidInteger(message, param=self.label(name))
        return number

    def flag(self, name: str) -> bool | None:
        """`true` or `false`, or None."""
        value = self.text(name)
        if value is None:
            return None
        if value not in ("true", "false"):
            raise BadRequest(f"Invalid boolean: {value[:40]}", param=self.label(name))
        return value == "true"

    def choice(self, name: str, options: Collection[str]) -> str | None:
        """One of the options, or None."""
        value = self.text(name)
        if value is not None and value not in options:
            message = f"Invalid {self.label(name)}: must be one of {', '.join(sorted(options))}"
            raise BadRequest(message, param=self.label(name))
        return value

    def url(self, name: str) -> str | None:
        """An absolute http(s) address, or None."""
        value = self.text(name)
        if value is not None and not re.match(r"^https?://[^\s/]+", value):
            raise InvalidUrl("Not a valid URL", param=self.label(name))
        return value

    def sub(self, name: str) -> Params:
        """The nested parameters of that name, empty where absent."""
        value = self.values.get(name) or {}
        if not isinstance(value, dict):
            raise BadRequest("Invalid object", param=self.label(name))
        return Params(value, self.label(name))

    def texts(self, name: str) -> list[str]:
        """A list of strings; empty where absent."""
        value = self.values.get(name) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise BadRequest("Invalid array", param=self.label(name))
        return value


def merge_metadata(current: Json, params: Params) -> Json:
    """Stripe's metadata rules: merge, an empty value removes, at most 50 keys of bounded length."""
    if "metadata" not in params:
        return current
    if params.values["metadata"] == "":
        return {}
    given = params.sub("metadata")
    merged = dict(current)
    for name in given:
        _merge_one(merged, name, given.text(name), given)
    if len(merged) > 50:
        raise BadRequest("Metadata can have at most 50 keys.", param="metadata")
    return merged


def _merge_one(merged: Json, name: str, value: str | None, given: Params) -> None:
    if len(name) > 40 or len(value or "") > 500:
        message = "Metadata keys can be up to 40 characters long, values up to 500."
        raise BadRequest(message, param=given.label(name))
    if value is None:
        merged.pop(name, None)
    else:
        merged[name] = value

"""The routes of a service, walked from its urlconf."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

from django.contrib.admindocs.utils import replace_named_groups
from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def walk() -> set[tuple[str, str]]:
    """(method, path) of all routes of this service; parameters as <name>."""
    return {
        (method, path or "/")
        for path, callback in _leaves(get_resolver().url_patterns, "")
        for method in methods_of(callback)
    }


def _leaves(patterns: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + _simple(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _leaves(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path, pattern.callback


def _simple(pattern: str) -> str:
    named = re.sub(r"<\w+:(\w+)>", r"<\1>", replace_named_groups(pattern))
    return named.strip("^$") if "<" in named or "^" in named else named


def methods_of(callback: Any) -> list[str]:
    """The methods that a view names; GET and POST for a view that names none."""
    view_class = getattr(callback, "view_class", None)
    if view_class is not None:
        return [x for x in METHODS if hasattr(view_class, x.lower())]
    while callback is not None:
        if inspect.isfunction(callback):
            names = inspect.getclosurevars(callback).nonlocals.get("request_method_list")
            if names is not None:
                return [method for method in METHODS if method in names]
        callback = getattr(callback, "__wrapped__", None)
    return ["GET", "POST"]

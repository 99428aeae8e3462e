"""Codes and JSON columns as people read them."""

import re
from collections.abc import Callable
from typing import Any

from django.contrib import admin

_CODE = re.compile(r"[a-z0-9]+([_.][a-z0-9]+)*")


class Named(tuple[str, str]):
    """A code and its name: a coloured label in a list, and the name alone on a page."""

    __slots__ = ()

    def __new__(cls, code: str, name: str) -> "Named":
        return super().__new__(cls, (code, name))

    def __str__(self) -> str:
        return self[1]


def in_words(code: str) -> str:
    """`hold_expired` is "Hold expired". What is no code stays as it is."""
    if not _CODE.fullmatch(code):
        return code
    return re.sub("[_.]", " ", code).capitalize()


def spoken(field: str, speak: Callable[[Any], str] = in_words) -> Callable[[Any], str]:
    """A column of an admin that shows the field as `speak` says it."""

    @admin.display(description=field.replace("_", " "), ordering=field)
    def show(row: Any) -> str:
        return speak(getattr(row, field))

    show.__name__ = f"spoken_{field}"
    return show

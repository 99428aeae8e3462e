"""Answers in the shape that a serializer declares."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from rest_framework.serializers import Serializer

Shape = type[Serializer[Any]]


def show(shape: Shape, thing: Any) -> dict[str, Any]:
    """The thing as the shape shows it. The shape is made once and not for each answer: making one
    copies all of its fields, which takes longer than to read them."""
    shown: dict[str, Any] = made(shape).to_representation(thing)
    return shown


def show_all(shape: Shape, things: Iterable[Any]) -> list[dict[str, Any]]:
    return [show(shape, thing) for thing in things]


@cache
def made(shape: Shape) -> Serializer[Any]:
    return shape()

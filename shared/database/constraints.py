"""Constraints that say in words what they ask for."""

from typing import TypedDict


class Words(TypedDict):
    name: str
    violation_error_code: str
    violation_error_message: str


def worded(name: str, message: str) -> Words:
    """The name of a constraint, which is also its error code, and what a form says of it."""
    return Words(name=name, violation_error_code=name, violation_error_message=message)

"""Constraints that say in words what they ask for."""

from typing import Any


def worded(name: str, message: str) -> dict[str, Any]:
    """The name of a constraint, which is also its error code, and what a form says of it."""
    return {"name": name, "violation_error_code": name, "violation_error_message": message}

"""What callers send, in the shape that a serializer declares."""

from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError

from shared.api.output import Shape, made


def read(shape: Shape, data: Any) -> dict[str, Any]:
    """The valid values of what was sent. Raises ValidationError. The shape is made once and not for
    each request (see `output`), so it must keep nothing of one."""
    if data is None:
        nothing = ErrorDetail("No data provided", code="null")
        raise ValidationError({"non_field_errors": [nothing]})
    values: dict[str, Any] = made(shape).run_validation(data)
    return values

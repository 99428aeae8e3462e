"""Requests that come twice: the row of the first one answers the second, if both asked the same."""

from typing import Any, TypeVar

from django.db import models

from shared.errors import IdempotencyKeyReused

M = TypeVar("M", bound=models.Model)


def find_repeated(rows: models.QuerySet[M], **request: Any) -> M | None:
    """The one of `rows`, which are those of an idempotency key: what an earlier request made.
    Raises IdempotencyKeyReused where that request was another one."""
    earlier = rows.first()
    if earlier is not None:
        demand_same_request(earlier, **request)
    return earlier


def demand_same_request(earlier: models.Model, **request: Any) -> None:
    """Whether the row has what the request would write. Raises IdempotencyKeyReused."""
    if any(getattr(earlier, name) != value for name, value in request.items()):
        raise IdempotencyKeyReused()

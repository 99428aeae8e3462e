"""Requests that a client may repeat after a lost answer, told by their Idempotency-Key."""

from uuid import UUID, uuid5

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from shared.errors import InvalidInput

HEADER = "Idempotency-Key"
LONGEST_KEY = 100


class IdempotencyKeyRequired(InvalidInput):
    code = "idempotency_key_required"
    title = f"An {HEADER} header has to have 1 to {LONGEST_KEY} printable characters"


def read_key(request: Request) -> str:
    """Raises IdempotencyKeyRequired."""
    key = request.headers.get(HEADER, "")
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise IdempotencyKeyRequired()
    return key


def find_key(request: Request) -> str | None:
    """The key of a request that needs none; None without the header. Raises
    IdempotencyKeyRequired."""
    return read_key(request) if HEADER in request.headers else None


def name_effect(scope: UUID, kind: str, key: str | None) -> UUID | None:
    """The id of the row that a request with this key makes: the same one each time in the scope,
    which is whom the key belongs to. None without a key."""
    return uuid5(scope, f"{kind} by key {key}") if key else None


def key_parameter(*, required: bool = False) -> OpenApiParameter:
    """How an API's description names the header."""
    return OpenApiParameter(
        HEADER,
        {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
        "header",
        required=required,
        description="Makes the request safe to repeat after a lost answer",
    )

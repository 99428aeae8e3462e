"""Locks with a name, for what should not run twice at once but lasts too long for a transaction."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg2.errors import LockNotAvailable

TRY = "SELECT pg_try_advisory_lock(%s)"
BOUND = "SELECT set_config('lock_timeout', %s, true)"
WAIT = "SELECT pg_advisory_lock(%s)"
RELEASE = "SELECT pg_advisory_unlock(%s)"
UNTIL_COMMIT = "SELECT pg_advisory_xact_lock(%s)"


def lock_until_commit(name: str) -> None:
    """Waits for the other transactions that have locked this name. Ours holds it until it ends."""
    with connection.cursor() as cursor:
        cursor.execute(UNTIL_COMMIT, [_key_of(name)])


@contextmanager
def held(name: str, *, patience: float = 0) -> Iterator[bool]:
    """Keeps the other processes of this service out of blocks with that name until this one ends,
    or our connection does. False where another was inside all the time, for `patience` seconds."""
    key = _key_of(name)
    taken = _ask(TRY, key) or (patience > 0 and _wait(key, patience))
    try:
        yield taken
    finally:
        if taken:
            _ask(RELEASE, key)


def _key_of(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def _ask(statement: str, value: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, [value])
        return cursor.fetchone()[0]


def _wait(key: int, patience: float) -> bool:
    """The server wakes us: many who ask it again and again would keep it from their own work."""
    try:
        with transaction.atomic():
            _ask(BOUND, f"{1000 * patience:.0f}ms")
            _ask(WAIT, key)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return False
        raise
    return True

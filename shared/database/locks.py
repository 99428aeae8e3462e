"""Locks with a name, for what must not run twice at once but lasts too long for a transaction."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def held(name: str, *, wait: bool = True) -> Iterator[bool]:
    """Keeps the other processes of this service out of blocks with that name until this one ends,
    or our connection does. Without `wait` it is False where another is inside."""
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    call = "pg_advisory_lock(%s) IS NOT NULL" if wait else "pg_try_advisory_lock(%s)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {call}", [key])
        taken = bool(cursor.fetchone()[0])
        try:
            yield taken
        finally:
            if taken:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])

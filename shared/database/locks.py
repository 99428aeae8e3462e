"""Locks with a name, for what should not run twice at once but lasts too long for a transaction."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.utils import CursorWrapper

from shared.database.prepared import Prepared

LOOK_SECONDS = 0.01
TAKE = Prepared("SELECT pg_try_advisory_lock(%s)")
RELEASE = Prepared("SELECT pg_advisory_unlock(%s)")


@contextmanager
def held(name: str, *, patience: float = 0) -> Iterator[bool]:
    """Keeps the other processes of this service out of blocks with that name until this one ends,
    or our connection does. False where another was inside all the time, for `patience` seconds."""
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    deadline = time.monotonic() + patience
    with connection.cursor() as cursor:
        while not (taken := _take(cursor, key)) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        try:
            yield taken
        finally:
            if taken:
                cursor.execute(RELEASE, [key])


def _take(cursor: CursorWrapper, key: int) -> bool:
    cursor.execute(TAKE, [key])
    return bool(cursor.fetchone()[0])

"""Advisory locks: of all processes of a service, one at a time holds a name.

Both kinds belong to a transaction, never to a session: behind a pooler in transaction mode a
session is shared, and a lock of its would be somebody else's.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

LOCK = "SELECT pg_advisory_xact_lock(%s)"
TRY = "SELECT pg_try_advisory_xact_lock(%s)"


def lock_until_commit(name: str) -> None:
    """Waits until no other transaction holds the name, and holds it until this one ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [_key(name)])


@contextmanager
def advisory_lock(name: str) -> Iterator[bool]:
    """Holds the name for work outside a transaction, on a connection that it opens for this alone.
    False, at once, where another holds it. It ends with the block, or with that connection."""
    own = connection.copy()
    try:
        own.set_autocommit(False)
        with own.cursor() as cursor:
            cursor.execute(TRY, [_key(name)])
            taken: bool = cursor.fetchone()[0]
        yield taken
    finally:
        own.close()


def _key(name: str) -> int:
    """PostgreSQL knows such a lock by a number of 64 bits."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)

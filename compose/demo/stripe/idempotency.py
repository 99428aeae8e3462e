"""Idempotency keys as Stripe documents them.

The first answer of a key is kept for a day with its parameters, errors included, once execution
began; a request that could not be read, or that met the same key in flight, leaves no trace.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .errors import BadRequest, IdempotencyInUse, IdempotencyMismatch, Json
from .store import Tx

KEPT_SECONDS = 86400


@dataclass(frozen=True)
class Key:
    """A key with what it was used for. Server and browser keys never meet."""

    scope: str
    value: str
    endpoint: str
    digest: str

    @classmethod
    def of(cls, value: str, endpoint: str, params: Json, *, by_browser: bool) -> Key:
        """Read the header's value."""
        if len(value) > 255:
            raise BadRequest("Idempotency keys can be up to 255 characters long.")
        canonical = json.dumps(params, sort_keys=True).encode()
        scope = "browser" if by_browser else "server"
        return cls(scope, value, endpoint, hashlib.sha256(canonical).hexdigest())


@dataclass(frozen=True)
class Kept:
    """The stored answer."""

    status: int
    body: Json
    request_id: str


class InFlight:
    """The keys that are being worked on by this process, the only one that uses the store."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.keys: set[tuple[str, str]] = set()

    @contextmanager
    def hold(self, key: Key) -> Iterator[None]:
        """Keep others out; IdempotencyInUse where another is at work."""
        name = (key.scope, key.value)
        with self.lock:
            if name in self.keys:
                raise IdempotencyInUse(
                    "There is currently another in-progress request using this Idempotent Key"
                    " (that probably means you submitted twice, and the other request is still"
                    f" going through): {key.value}. Please try again later."
                )
            self.keys.add(name)
        try:
            yield
        finally:
            with self.lock:
                self.keys.discard(name)


def find(tx: Tx, key: Key, now: int) -> Kept | None:
    """The kept answer, or None; IdempotencyMismatch where the request is another one."""
    row = tx.db.execute(
        "SELECT endpoint, digest, status, body, request_id FROM idempotency"
        " WHERE scope = ? AND key = ? AND created > ?",
        (key.scope, key.value, now - KEPT_SECONDS),
    ).fetchone()
    if row is None:
        return None
    if row[0] != key.endpoint:
        raise _mismatch(f"endpoint they were first used for ('{row[0]}')", key)
    if row[1] != key.digest:
        raise _mismatch("parameters they were first used with", key)
    return Kept(row[2], json.loads(row[3]), row[4])


def _mismatch(what: str, key: Key) -> IdempotencyMismatch:
    return IdempotencyMismatch(
        f"Keys for idempotent requests can only be used with the same {what}. Try using a key other"
        f" than '{key.value}' if you meant to execute a different request."
    )


def keep(tx: Tx, key: Key, answer: Kept, now: int) -> None:
    """Store the answer in the transaction of its effects, and forget those of yesterday."""
    tx.db.execute("DELETE FROM idempotency WHERE created <= ?", (now - KEPT_SECONDS,))
    tx.db.execute(
        "INSERT INTO idempotency VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            key.scope,
            key.value,
            key.endpoint,
            key.digest,
            answer.status,
            json.dumps(answer.body),
            answer.request_id,
            now,
        ),
    )

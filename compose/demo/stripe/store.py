"""Everything the sandbox remembers, in one SQLite file.

One connection and one lock: every request is one transaction, so a change, its events, their
deliveries and the idempotency record are kept together or not at all. WAL with synchronous=FULL
survives kill -9 and a power cut.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .errors import Json, ResourceMissing

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS objects_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS objects_intent
    ON objects (kind, json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS objects_charge ON objects (kind, json_extract(body, '$.charge'));
CREATE INDEX IF NOT EXISTS objects_customer ON objects (kind, json_extract(body, '$.customer'));
CREATE INDEX IF NOT EXISTS objects_challenge
    ON objects (json_extract(body, '$._challenge.token'));
CREATE TABLE IF NOT EXISTS idempotency (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    digest TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    request_id TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT;
CREATE INDEX IF NOT EXISTS idempotency_created ON idempotency (created);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL,
    last_answer TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS later (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    due REAL NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""

FIELDS = frozenset(
    (
        "charge",
        "currency",
        "customer",
        "email",
        "payment_intent",
        "payment_method",
        "source",
        "status",
        "transfer_group",
        "type",
    )
)
LABELS = {"payment_method": "PaymentMethod", "webhook_endpoint": "webhook endpoint"}
COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@dataclass(frozen=True)
class Query:
    """A list to read: equal members, bounds on the creation time, a window by position."""

    kind: str
    where: Mapping[str, str] = field(default_factory=dict)
    types: Sequence[str] = ()
    created: Mapping[str, int] = field(default_factory=dict)
    after: int | None = None
    before: int | None = None
    limit: int = 1_000_000

    def conditions(self) -> tuple[list[str], list[str | int]]:
        """SQL clauses and their values; names come from fixed lists, never from a request."""
        clauses: list[str] = ["kind = ?"]
        values: list[str | int] = [self.kind]
        if not FIELDS.issuperset(self.where):
            raise ValueError(f"no filter on {sorted(set(self.where) - FIELDS)}")
        for name, wanted in self.where.items():
            clauses.append(f"json_extract(body, '$.{name}') = ?")
            values.append(wanted)
        for name, moment in self.created.items():
            clauses.append(f"created {COMPARISONS[name]} ?")
            values.append(moment)
        if self.types:
            clauses.append(f"json_extract(body, '$.type') IN ({', '.join('?' * len(self.types))})")
            values.extend(self.types)
        for comparison, position in (("<", self.after), (">", self.before)):
            if position is not None:
                clauses.append(f"seq {comparison} ?")
                values.append(position)
        return clauses, values


class Tx:
    """What a transaction can do. Objects are dicts; members that start with `_` are private."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.db = connection
        self.wakes = False

    def find(self, object_id: str, kind: str | None = None) -> Json | None:
        """The object, or None."""
        row = self.db.execute(
            "SELECT kind, body FROM objects WHERE id = ?", (object_id,)
        ).fetchone()
        if row is None or (kind is not None and row[0] != kind):
            return None
        body: Json = json.loads(row[1])
        return body

    def get(self, kind: str, object_id: str, *, param: str | None = None) -> Json:
        """The object; ResourceMissing names `param` where the id came from a parameter."""
        found = self.find(object_id, kind)
        if found is None:
            label = LABELS.get(kind, kind)
            raise ResourceMissing(f"No such {label}: '{object_id[:80]}'", param=param or "id")
        return found

    def put(self, item: Json) -> Json:
        """Insert or replace; gives the same dict back."""
        self.db.execute(
            "INSERT INTO objects (id, kind, created, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (item["id"], item["object"], item.get("created", 0), json.dumps(item)),
        )
        return item

    def delete(self, object_id: str) -> None:
        """Forget the object."""
        self.db.execute("DELETE FROM objects WHERE id = ?", (object_id,))

    def by_challenge(self, token: str) -> Json | None:
        """The intent that waits for this 3-D Secure challenge."""
        row = self.db.execute(
            "SELECT body FROM objects WHERE json_extract(body, '$._challenge.token') = ?", (token,)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def select(self, query: Query) -> list[Json]:
        """The objects asked for, newest first."""
        clauses, values = query.conditions()
        order = "DESC" if query.before is None else "ASC"
        sql = f"SELECT body FROM objects WHERE {' AND '.join(clauses)} ORDER BY seq {order} LIMIT ?"
        found = [json.loads(row[0]) for row in self.db.execute(sql, (*values, query.limit))]
        return found if query.before is None else found[::-1]

    def position(self, kind: str, object_id: str, *, param: str) -> int:
        """The object's place in its list, for `Query.after` and `Query.before`."""
        row = self.db.execute(
            "SELECT seq FROM objects WHERE id = ? AND kind = ?", (object_id, kind)
        ).fetchone()
        if row is None:
            raise ResourceMissing(f"No such {kind}: '{object_id[:80]}'", param=param)
        return int(row[0])

    def meta(self, key: str) -> str | None:
        """A single remembered value."""
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    def set_meta(self, key: str, value: str) -> None:
        """Remember a single value."""
        self.db.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )

    def do_later(self, action: str, target: str, *, due: float) -> None:
        """Have the scheduler run `action` on `target`, also after a restart."""
        self.db.execute(
            "INSERT INTO later (due, action, target) VALUES (?, ?, ?)", (due, action, target)
        )
        self.wakes = True


class Store:
    """The file. `changed` is notified after each commit that made work for the scheduler."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.lock = threading.Lock()
        self.changed = threading.Condition()
        self.wakeups = 0
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """All or nothing, one at a time."""
        with self.lock:
            self.db.execute("BEGIN IMMEDIATE")
            tx = Tx(self.db)
            try:
                yield tx
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise
        if tx.wakes:
            self.wake()

    @contextmanager
    def savepoint(self, tx: Tx) -> Iterator[None]:
        """Undo one part of a transaction when it raises, unless the error `keeps_changes`."""
        tx.db.execute("SAVEPOINT part")
        try:
            yield
        except BaseException as error:
            if not getattr(error, "keeps_changes", False):
                tx.db.execute("ROLLBACK TO part")
            tx.db.execute("RELEASE part")
            raise
        tx.db.execute("RELEASE part")

    def wake(self) -> None:
        """Tell the scheduler to look again."""
        with self.changed:
            self.wakeups += 1
            self.changed.notify_all()

    def close(self) -> None:
        """Wait for the running transaction, then close the file."""
        with self.lock:
            self.db.close()

"""Django's PostgreSQL backend with fewer round trips. Named by `ENGINE = "shared.database"`.

- What begins and ends a transaction or a savepoint needs no answer: it is kept until the next
  statement and sent in front of it. A block without a statement sends nothing at all.
- A `Prepared` statement is planned once for a connection.
- Django asks a kept connection `SELECT 1` in each request and event. Here it is asked only when
  something is there to be read, as it is when the server has gone.

psycopg2 therefore stays in its autocommit mode, and `OPTIONS["isolation_level"]` has no effect.
"""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import NotSupportedError
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper, debug_transaction
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from shared.database.prepared import Prepared

BEGIN = "BEGIN"
# So many statements of a connection the server keeps.
MAX_PREPARED = 200


class _Delayed:
    """A cursor that sends what was kept before its own statements."""

    cursor: Any
    db: "DatabaseWrapper"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("copy_"):
            self.db.send_kept()
        return super().__getattr__(name)  # type: ignore[misc]

    def _execute(self, sql: Any, params: Any, *context: Any) -> Any:
        # A named cursor's statement becomes part of another.
        if not isinstance(sql, str) or self.cursor.name:
            self.db.send_kept()
        if not self.db.kept:
            return super()._execute(sql, params, *context)  # type: ignore[misc]
        with self.db.sending_kept() as before:
            return super()._execute(before + sql, params, *context)  # type: ignore[misc]

    def _executemany(self, sql: Any, param_list: Any, *context: Any) -> Any:
        self.db.send_kept()
        return super()._executemany(sql, param_list, *context)  # type: ignore[misc]


class Cursor(_Delayed, CursorWrapper):
    def _execute(self, sql: Any, params: Any, *context: Any) -> Any:
        if not isinstance(sql, Prepared) or self.cursor.name or not self.db.has_prepared(sql):
            return super()._execute(sql, params, *context)
        try:
            return super()._execute(sql.call, params, *context)
        except NotSupportedError:
            # A column has another type since it was planned: the next request or event, or this
            # one when it is tried again, begins with a new connection.
            self.db.close_at = 0
            raise


class DebugCursor(_Delayed, CursorDebugWrapper):
    """Reports what is asked, so it sends that and not the name of something prepared."""


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept: list[str] = []
        self.asked: set[str] = set()
        self.prepared: set[str] = set()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.kept.clear()
        self.asked.clear()
        self.prepared.clear()
        link = super().get_new_connection(conn_params)
        link.autocommit = True
        return link

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        return Cursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> CursorDebugWrapper:
        return DebugCursor(cursor, self)

    def is_usable(self) -> bool:
        """A server that ends a connection, or dies, leaves something to read on it: the farewell or
        the end of the stream. While there is nothing the connection is as good as any."""
        link = self.connection
        if link is None or link.closed:
            return False
        poll = select.poll()
        poll.register(link.fileno(), select.POLLIN)
        return not poll.poll(0) or bool(super().is_usable())

    def has_prepared(self, statement: Prepared) -> bool:
        """Whether the server knows the statement by its name. It is told with the second use, since
        much is asked once only; a rollback does not undo that. When there are too many the server
        forgets them all, and begins again with those that are asked."""
        name = statement.name
        if name in self.prepared:
            return True
        if name not in self.asked:
            if len(self.asked) >= MAX_PREPARED:
                self.asked.clear()
            self.asked.add(name)
            return False
        if len(self.prepared) >= MAX_PREPARED:
            self._send("DEALLOCATE ALL")
            self.prepared.clear()
        self._send(statement.definition)
        self.prepared.add(name)
        return True

    @contextmanager
    def sending_kept(self) -> Iterator[str]:
        """What was kept, as the beginning of a statement. The server refuses all of it together
        when it cannot even read the statement; then the transaction has not begun."""
        kept, self.kept = self.kept, []
        try:
            yield "".join(f"{statement}; " for statement in kept)
        except Exception:
            if BEGIN in kept and self._is_idle():
                self.kept = kept
            raise

    def _is_idle(self) -> bool:
        link = self.connection
        idle: int = TRANSACTION_STATUS_IDLE
        return link is not None and link.info.transaction_status == idle

    def send_kept(self) -> None:
        if self.kept:
            with self.sending_kept() as statements:
                self._send(statements)

    def _send(self, sql: str) -> None:
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            cursor.execute(sql)

    def _set_autocommit(self, autocommit: bool) -> None:
        self.kept = [] if autocommit else [BEGIN]

    def _commit(self) -> None:
        self._end("COMMIT")

    def _rollback(self) -> None:
        self._end("ROLLBACK")

    def _end(self, how: str) -> None:
        if self.connection is None:
            return
        has_begun = BEGIN not in self.kept
        self.kept = [] if self.autocommit else [BEGIN]
        if has_begun:
            with debug_transaction(self, how):
                self._send(how)

    def _savepoint(self, sid: str) -> None:
        self.kept.append(self.ops.savepoint_create_sql(sid))

    def _savepoint_commit(self, sid: str) -> None:
        if self.kept and self.kept[-1] == self.ops.savepoint_create_sql(sid):
            self.kept.pop()
        else:
            self.kept.append(self.ops.savepoint_commit_sql(sid))

    def _savepoint_rollback(self, sid: str) -> None:
        """Django releases the savepoint afterwards, so one that was never sent stays kept."""
        create = self.ops.savepoint_create_sql(sid)
        if create in self.kept:
            del self.kept[self.kept.index(create) + 1 :]
        else:
            self.kept.clear()
            self._send(self.ops.savepoint_rollback_sql(sid))

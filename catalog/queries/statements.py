"""Statements that are kept. Building one of filters, order and columns takes Django several times
as long as the database takes to answer it, and shoppers ask the same lists over and over. Only the
question is kept; every answer is read anew."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from shared.database.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with the values in it. No SQL at all where nothing can be found."""

    sql: str
    values: tuple[Any, ...] = ()

    @classmethod
    def of(cls, products: "QuerySet[Any, Any]") -> "Statement":
        """What the queryset asks. Rows come as psycopg2 gives them, without what Django makes of
        the values of some kinds of fields."""
        try:
            sql, values = products.query.sql_with_params()
        except EmptyResultSet:
            return cls("")
        return cls(sql, tuple(values))

    def keep(self) -> "Statement":
        """The same for a question that comes again and again: the server plans it once for a
        connection. The values are in its SQL, so that its plan is made for them."""
        if not self.sql:
            return self
        made_by: Any = connection.ops
        return Statement(Prepared(made_by.compose_sql(self.sql, self.values), is_whole=True))

    @property
    def _is_kept(self) -> bool:
        return isinstance(self.sql, Prepared) and not self.values

    def rows(self) -> list[tuple[Any, ...]]:
        if not self.sql:
            return []
        with connection.cursor() as cursor:
            cursor.execute(self.sql, None if self._is_kept else self.values)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def part(self, first: int, most: int) -> list[tuple[Any, ...]]:
        """At most so many rows from the first one on, which is 0."""
        return self._around("{} " + f"LIMIT {most:d} OFFSET {first:d}").rows()

    def count(self) -> int:
        rows = self._around("SELECT count(*) FROM ({}) found").rows()
        return int(rows[0][0]) if rows else 0

    def _around(self, shape: str) -> "Statement":
        if not self.sql:
            return self
        sql = shape.replace("{}", self.sql)
        return Statement(Prepared(sql, is_whole=True) if self._is_kept else sql, self.values)

"""Statements that are kept. Building one of filters, order and columns takes Django several times
as long as the database takes to answer it, and shoppers ask the same lists over and over. Only the
question is kept; every answer is read anew."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


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

    def rows(self) -> list[tuple[Any, ...]]:
        if not self.sql:
            return []
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.values)
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
        return Statement(shape.replace("{}", self.sql), self.values)

"""Copies of what another service says: the newest word counts, in whatever order it arrives."""

from functools import cache
from typing import Any

from django.db import connection, models


def take_newer(model: type[models.Model], *, version: int, **values: Any) -> bool:
    """Writes the row of a copy unless it holds a version as new as this; False when it does. The
    model's primary key is among `values`, and its `version` orders them. The row is locked until
    the transaction ends in both cases."""
    with connection.cursor() as cursor:
        cursor.execute(_taking(model, tuple(values)), [*values.values(), version])
        return bool(cursor.rowcount)


@cache
def _taking(model: type[models.Model], columns: tuple[str, ...]) -> str:
    quote, meta = connection.ops.quote_name, model._meta
    names = [quote(name) for name in (*columns, "version")]
    table, key = quote(meta.db_table), quote(str(meta.pk.column))
    return (
        f"INSERT INTO {table} AS known ({', '.join(names)})"
        f" VALUES ({', '.join(['%s'] * len(names))})"
        f" ON CONFLICT ({key}) DO UPDATE"
        f" SET {', '.join(f'{name} = EXCLUDED.{name}' for name in names)}"
        " WHERE known.version < EXCLUDED.version"
    )

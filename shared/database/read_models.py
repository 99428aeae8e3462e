"""Copies of what another service says: the newest word counts, in whatever order it arrives, and
what is gone for good stays gone."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import connection, models


def upsert_newer(
    model: type[models.Model],
    *,
    version: int,
    first: Mapping[str, Any] | None = None,
    **values: Any,
) -> bool:
    """Writes the row of a copy unless it holds a version as new as this; False when it does. The
    model's primary key is among `values`, and its `version` orders them; `first` has values that
    only a new row takes. The row is locked until the transaction ends in both cases.

    A model with a column `removed` keeps tombstones: `removed=True` counts whatever its version,
    and nothing counts after it."""
    only_new = dict(first or {})
    if _has_tombstones(model):
        values.setdefault("removed", False)
    row = {**only_new, **values, "version": version}
    with connection.cursor() as cursor:
        cursor.execute(_taking(model, tuple(row), tuple(only_new)), list(row.values()))
        return bool(cursor.rowcount)


def _has_tombstones(model: type[models.Model]) -> bool:
    return any(field.name == "removed" for field in model._meta.concrete_fields)


@cache
def _taking(model: type[models.Model], columns: tuple[str, ...], only_new: tuple[str, ...]) -> str:
    quote, meta = connection.ops.quote_name, model._meta
    names = [quote(name) for name in columns]
    changed = [quote(name) for name in columns if name not in only_new]
    table, key = quote(meta.db_table), quote(str(meta.pk.column))
    order = ["removed", "version"] if _has_tombstones(model) else ["version"]
    known = ", ".join(f"known.{quote(name)}" for name in order)
    told = ", ".join(f"EXCLUDED.{quote(name)}" for name in order)
    return (
        f"INSERT INTO {table} AS known ({', '.join(names)})"
        f" VALUES ({', '.join(['%s'] * len(names))})"
        f" ON CONFLICT ({key}) DO UPDATE"
        f" SET {', '.join(f'{name} = EXCLUDED.{name}' for name in changed)}"
        f" WHERE ({known}) < ({told})"
    )

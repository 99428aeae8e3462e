"""Single rows, for the paths that every order takes: what Django's managers do, by statements that
are made once for a model. Making one takes Django longer than the database takes to answer it."""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


def find(model: type[M], *, lock: bool = False, **key: Any) -> M | None:
    """The row of a unique key, whose columns have these values (None is NULL); None when there is
    no such row. With `lock` it is locked until the transaction ends."""
    statement, fields = _single_selection(model, tuple(key), _kinds(key), lock)
    with connection.cursor() as cursor:
        cursor.execute(statement, _prepare(fields, key))
        row = cursor.fetchone()
    return None if row is None else _build(model, row)


def find_all(model: type[M], *, by: str = "pk", **key: Any) -> list[M]:
    """Every row whose columns have these values, or one of those in a list, by the column `by`
    and then by primary key."""
    # An empty list does not say what it is a list of.
    if [] in key.values():
        return []
    statement, fields = _ordered_selection(model, tuple(key), _kinds(key), by)
    with connection.cursor() as cursor:
        cursor.execute(statement, _prepare(fields, key))
        rows = cursor.fetchall()
    return [_build(model, row) for row in rows]


def add(row: models.Model) -> bool:
    """Inserts the row. False when one with the same unique key is there; then nothing happened.
    Calls no `save` and sends no signal."""
    fields = _inserted(type(row), row.pk is None)
    statement = _addition(type(row), row.pk is None)
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        told = cursor.fetchone()
    if told is None:
        return False
    row.pk = told[0]
    row._state.adding, row._state.db = False, connection.alias
    return True


def add_all(rows: Sequence[models.Model]) -> None:
    """Inserts rows of one model, of which none is there, as the others would by `bulk_create`."""
    if not rows:
        return
    fields = _inserted(type(rows[0]), rows[0].pk is None)
    values = [
        field.get_db_prep_save(field.pre_save(row, True), connection)
        for row in rows
        for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(_insertion(type(rows[0]), rows[0].pk is None, len(rows)), values)


def change(model: type[M], key: dict[str, Any], *, bump: str = "", **values: Any) -> M | None:
    """Gives some columns of the row of a unique key new values, if its columns have the key's
    (None is NULL, a list any of them) by the time that it is locked, and adds one to the column
    `bump`: the row as it is then. None when there is no such row; then nothing happened."""
    statement, changed, fields = _alteration(model, tuple(values), bump, tuple(key), _kinds(key))
    new = [
        field.get_db_prep_save(value, connection)
        for field, value in zip(changed, values.values(), strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, new + _prepare(fields, key))
        row = cursor.fetchone()
    return None if row is None else _build(model, row)


def refresh(row: models.Model) -> None:
    """Reads the columns again, of a row that is still there."""
    fresh = find(type(row), pk=row.pk)
    assert fresh is not None
    take_over(row, fresh)


def take_over(row: M, fresh: M) -> None:
    """Gives the row the columns of a fresher copy of it."""
    for name in _shape(type(row))[0]:
        setattr(row, name, getattr(fresh, name))


def _kinds(key: dict[str, Any]) -> tuple[str, ...]:
    """How a statement compares with each value: as one, as one of a list, or as none."""
    return tuple(
        "NULL" if value is None else "ANY" if isinstance(value, list) else "ONE"
        for value in key.values()
    )


_COMPARISONS = {"NULL": "{} IS NULL", "ANY": "{} = ANY(%s)", "ONE": "{} = %s"}


def _prepare(fields: list[Any], key: dict[str, Any]) -> list[Any]:
    """The values as psycopg2 takes them."""
    values = [value for value in key.values() if value is not None]
    return [
        [field.get_db_prep_value(each, connection) for each in value]
        if isinstance(value, list)
        else field.get_db_prep_value(value, connection)
        for field, value in zip(fields, values, strict=True)
    ]


def _fields(model: type[models.Model], names: tuple[str, ...]) -> list[Any]:
    meta: Any = model._meta
    return [meta.pk if name == "pk" else meta.get_field(name) for name in names]


def _columns(model: type[models.Model]) -> str:
    quote: Any = connection.ops.quote_name
    return ", ".join(quote(field.column) for field in model._meta.concrete_fields)


def _condition(
    model: type[models.Model], names: tuple[str, ...], kinds: tuple[str, ...]
) -> tuple[str, list[Any]]:
    """What follows WHERE, and the fields that its values belong to."""
    quote: Any = connection.ops.quote_name
    fields = list(zip(_fields(model, names), kinds, strict=True))
    parts = [_COMPARISONS[kind].format(quote(field.column)) for field, kind in fields]
    return " AND ".join(parts), [field for field, kind in fields if kind != "NULL"]


def _selection(
    model: type[models.Model], names: tuple[str, ...], kinds: tuple[str, ...], end: str
) -> tuple[str, list[Any]]:
    """The statement, and the fields that its values belong to."""
    table = connection.ops.quote_name(model._meta.db_table)
    where, fields = _condition(model, names, kinds)
    return f"SELECT {_columns(model)} FROM {table} WHERE {where} {end}", fields


@cache
def _single_selection(
    model: type[models.Model], names: tuple[str, ...], kinds: tuple[str, ...], lock: bool
) -> tuple[str, list[Any]]:
    return _selection(model, names, kinds, "LIMIT 1 FOR UPDATE" if lock else "LIMIT 1")


@cache
def _ordered_selection(
    model: type[models.Model], names: tuple[str, ...], kinds: tuple[str, ...], by: str
) -> tuple[str, list[Any]]:
    quote: Any = connection.ops.quote_name
    pk = quote(str(model._meta.pk.column))
    order = pk if by == "pk" else f"{quote(_fields(model, (by,))[0].column)}, {pk}"
    return _selection(model, names, kinds, f"ORDER BY {order}")


@cache
def _alteration(
    model: type[models.Model],
    changed: tuple[str, ...],
    bump: str,
    names: tuple[str, ...],
    kinds: tuple[str, ...],
) -> tuple[str, list[Any], list[Any]]:
    """The statement, and the fields of its new values and of its key's."""
    quote: Any = connection.ops.quote_name
    new = _fields(model, changed)
    where, fields = _condition(model, names, kinds)
    sets = [f"{quote(field.column)} = %s" for field in new]
    sets += [f"{quote(bump)} = {quote(bump)} + 1"] if bump else []
    statement = (
        f"UPDATE {quote(model._meta.db_table)} SET {', '.join(sets)}"
        f" WHERE {where} RETURNING {_columns(model)}"
    )
    return statement, new, fields


@cache
def _inserted(model: type[models.Model], numbered: bool) -> list[Any]:
    """The fields that an insertion has values of; `numbered` when the database gives a row its
    number."""
    fields = model._meta.concrete_fields
    return [field for field in fields if not (numbered and field.primary_key)]


@cache
def _insertion(model: type[models.Model], numbered: bool, rows: int) -> str:
    quote: Any = connection.ops.quote_name
    fields = _inserted(model, numbered)
    columns = ", ".join(quote(field.column) for field in fields)
    places = f"({', '.join(['%s'] * len(fields))})"
    table = quote(model._meta.db_table)
    return f"INSERT INTO {table} ({columns}) VALUES {', '.join([places] * rows)}"


@cache
def _addition(model: type[models.Model], numbered: bool) -> str:
    pk = connection.ops.quote_name(str(model._meta.pk.column))
    return f"{_insertion(model, numbered, 1)} ON CONFLICT DO NOTHING RETURNING {pk}"


@cache
def _shape(model: type[models.Model]) -> tuple[list[str], list[tuple[int, Any, Any]]]:
    """Attribute names, and what turns the values of some columns into Python's."""
    fields = model._meta.concrete_fields
    converters = [
        (position, field.cached_col, convert)
        for position, field in enumerate(fields)
        for convert in field.get_db_converters(connection)
    ]
    return [field.attname for field in fields], converters


def _build(model: type[M], row: tuple[Any, ...]) -> M:
    names, converters = _shape(model)
    values = list(row)
    for position, column, convert in converters:
        values[position] = convert(values[position], column, connection)
    return model.from_db(connection.alias, names, values)

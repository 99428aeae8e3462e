"""The database before and after: what a request changed, and fields to plant."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction

# Shadow accounts follow the tokens, also where the answer is a refusal. dj-stripe has fifty tables,
# which would make each look slow.
NOT_WATCHED = {"auth", "contenttypes", "sessions", "djstripe"}
PLANTED = UUID("00000000-0000-4000-8000-0000000000ff")
Rows = list[str]


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside never happened."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def watched_models() -> list[type[models.Model]]:
    return [x for x in apps.get_models() if x._meta.app_label not in NOT_WATCHED]


def read_rows() -> Rows:
    """Every row of every table that is watched, as a line of text."""
    tables = sorted(x._meta.db_table for x in watched_models())
    parts = [f"SELECT '{x} ' || to_jsonb(t)::text FROM \"{x}\" t" for x in tables]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return sorted(row[0] for row in cursor.fetchall())


def without_chance(rows: Rows, known: str) -> Rows:
    """The rows without what differs from one run to the next: new ids, tokens, the clock."""

    def mask(found: re.Match[str]) -> str:
        return found[0] if found[0] in known or found[0] == str(PLANTED) else "…"

    replacements: list[tuple[str, Any]] = [
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", mask),
        (r"2\d{3}-\d\d-\d\d[T ]\d\d:\d\d:[\d.:+Z]+", "…"),
        (r"[A-Za-z0-9_.+/=$-]{24,}", mask),
        (r":[0-9A-Za-z]{6}:", "…"),  # the time in a signed link
        (r'"(id|\w+_id)": \d+', "…"),
    ]
    text = reduce(lambda left, new: re.sub(new[0], new[1], left), replacements, "\n".join(rows))
    return sorted(text.split("\n"))


def _plant(model_field: Any, other: bool) -> Any:
    """A value that the field could take; booleans and choices have two."""
    if isinstance(model_field, ArrayField):
        return [_plant(model_field.base_field, other)]
    if choices := [value for value, _ in model_field.flatchoices if value]:
        return choices[-1 if other else 0]
    plants: list[tuple[Any, Any]] = [
        (models.BooleanField, other),
        ((models.UUIDField, models.ForeignKey), str(PLANTED)),
        ((models.DecimalField, models.FloatField), "4242.42"),
        (models.IntegerField, 424242),
        (models.DateField, "1999-01-01T00:00:00Z"),
        (models.EmailField, "planted@souk.example"),
        (models.JSONField, {"planted": "planted"}),
    ]
    return next((value for kind, value in plants if isinstance(model_field, kind)), "planted")


def planted_fields(other: bool) -> dict[str, Any]:
    """Every column of the service's own tables with a value of our choice."""
    own = apps.get_app_config(settings.SERVICE).get_models()
    fields = [each for model in own for each in model._meta.fields]
    plants = {each.name: _plant(each, other) for each in fields}
    plants |= {each.attname: plants[each.name] for each in fields}
    return plants | {"is_staff": True, "is_superuser": True, "owner_id": str(PLANTED)}


def with_planted(body: Any, plants: Mapping[str, Any]) -> Any:
    """The body with all planted fields beside its own, at every level."""
    if isinstance(body, dict):
        return {**plants, **{name: with_planted(value, plants) for name, value in body.items()}}
    return [with_planted(each, plants) for each in body] if isinstance(body, list) else body

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest
from django.db import migrations
from django.db.migrations import Migration

from payments.management.commands.migrate import do_nothing_else

ROOT = Path(__file__).resolve().parents[3]
# One statement a kind of thing, each of them sorted: the order of columns may differ.
THINGS = (
    "SELECT table_name, column_name, data_type, character_maximum_length, numeric_precision,"
    " numeric_scale, is_nullable, column_default, is_identity"
    " FROM information_schema.columns WHERE table_schema = 'public'",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT sequencename, data_type::text FROM pg_sequences WHERE schemaname = 'public'",
    "SELECT app, name FROM django_migrations",
    "SELECT app_label, codename FROM auth_permission p"
    " JOIN django_content_type c ON c.id = p.content_type_id",
)


class Database:
    """An empty database of its own, which only `migrate` fills."""

    def __init__(self, url: str) -> None:
        self.url = url

    def migrate(self, *arguments: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "payments.manage", "migrate", *arguments],
            cwd=ROOT,
            env={**os.environ, "SOUK_DATABASE_URL": self.url},
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        connection = psycopg2.connect(self.url)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return sorted(cursor.fetchall(), key=repr)
        finally:
            connection.close()

    def schema(self) -> list[list[tuple[object, ...]]]:
        return [self.ask(statement) for statement in THINGS]


@pytest.fixture
def database() -> Iterator[Callable[[], Database]]:
    own = os.environ["SOUK_DATABASE_URL"]
    connection = psycopg2.connect(own)
    connection.autocommit = True
    cursor, made = connection.cursor(), []

    def create() -> Database:
        made.append(f"souk_payments_{uuid4().hex[:8]}")
        cursor.execute(f"CREATE DATABASE {made[-1]}")
        return Database(f"{own.rpartition('/')[0]}/{made[-1]}")

    yield create
    for name in made:
        cursor.execute(f"DROP DATABASE {name}")
    connection.close()


def test_a_new_database_gets_the_tables_to_which_dj_stripe_s_own_history_leads(
    database: Callable[[], Database],
) -> None:
    new, older = database(), database()
    said = new.migrate()
    assert "Applying payments.0001" in said
    assert "Applying djstripe" not in said
    assert "Applying djstripe.0002" in older.migrate("djstripe")
    assert "Applying payments.0001" in older.migrate()
    assert new.schema() == older.schema()
    assert len([row for row in new.ask(THINGS[4]) if row[0] == "djstripe"]) >= 3


def test_a_second_run_changes_nothing(database: Callable[[], Database]) -> None:
    one = database()
    one.migrate()
    before = one.schema()
    assert "No migrations to apply." in one.migrate()
    assert one.schema() == before


def test_what_is_only_asked_for_makes_nothing(database: Callable[[], Database]) -> None:
    one = database()
    assert "djstripe.0002" in one.migrate("--plan")
    assert one.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []


@pytest.mark.parametrize(
    "special",
    [
        migrations.RunPython(migrations.RunPython.noop),
        migrations.RunSQL("SELECT 1"),
        migrations.SeparateDatabaseAndState(),
    ],
)
def test_a_history_that_does_more_than_change_tables_is_gone_through(
    special: migrations.operations.base.Operation,
) -> None:
    plain, other = Migration("0001", "djstripe"), Migration("0002", "djstripe")
    plain.operations = [migrations.DeleteModel("Plan"), migrations.RemoveField("Card", "name")]
    other.operations = [special]
    assert do_nothing_else([plain])
    assert not do_nothing_else([plain, other])
    assert not do_nothing_else([])

"""What is prepared is asked by name, knows the same answers, and survives what connections go
through."""

from contextlib import suppress

import psycopg2
import pytest
from django.db import (
    DataError,
    IntegrityError,
    InternalError,
    NotSupportedError,
    close_old_connections,
    connection,
    transaction,
)
from django.test.utils import CaptureQueriesContext

from shared.database.prepared import Prepared
from shared.database.rows import add, find
from shared.events.ids import uuid7
from shared.testing.probe.models import Effect

pytestmark = pytest.mark.django_db(transaction=True)

SUM = Prepared("SELECT %s::int + %s::int, '100%%'")
TWICE = Prepared("SELECT %(first)s || %(second)s || %(first)s")


@pytest.fixture(autouse=True)
def new_connection():
    connection.close()
    yield
    connection.close()


def ask(statement, values=None):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


def known():
    """Names of the statements that the server has prepared for this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        return {name for (name,) in cursor.fetchall()}


def test_values_are_filled_in_by_place_and_by_name():
    for _ in range(3):
        assert ask(SUM, [1, 2]) == (3, "100%")
        assert ask(TWICE, {"first": "a", "second": "b"}) == ("aba",)
        assert ask(Prepared("SELECT 7")) == (7,)


def test_it_is_prepared_with_its_second_use_in_a_connection():
    ask(SUM, [1, 2])
    assert known() == set()
    for _ in range(2):
        assert ask(SUM, [3, 4]) == (7, "100%")
        assert known() == {SUM.name}

    connection.close()
    assert known() == set()
    assert ask(SUM, [5, 6]) == (11, "100%")


def test_the_server_keeps_a_bounded_number_of_them(monkeypatch):
    monkeypatch.setattr("shared.database.base.MAX_PREPARED", 2)
    statements = [Prepared(f"SELECT {number}") for number in range(5)]
    for number, statement in enumerate(statements):
        for _ in range(3):
            assert ask(statement) == (number,)
            assert len(known()) <= 2
    assert known() == {statements[-1].name}
    assert ask(statements[0]) == (0,)


def test_what_a_broken_transaction_could_not_prepare_is_prepared_later(monkeypatch):
    monkeypatch.setattr("shared.database.base.MAX_PREPARED", 1)
    first, second = Prepared("SELECT 1"), Prepared("SELECT 2")
    for statement in (first, first, second):
        ask(statement)
    with suppress(ZeroDivisionError), transaction.atomic():
        with pytest.raises(DataError):
            ask("SELECT 1 / 0")
        with pytest.raises(InternalError):
            ask(second)
        raise ZeroDivisionError

    assert (ask(first), ask(second)) == ((1,), (2,))


def test_values_may_be_in_it_already():
    whole = Prepared("SELECT '100%', '%s'", is_whole=True)

    for _ in range(3):
        assert ask(whole) == ("100%", "%s")
    with CaptureQueriesContext(connection):
        assert ask(whole) == ("100%", "%s")


def test_a_rollback_leaves_it_prepared():
    ask(SUM, [1, 2])
    with suppress(KeyError), transaction.atomic():
        ask(SUM, [1, 2])
        raise KeyError
    assert known() == {SUM.name}
    with transaction.atomic():
        assert ask(SUM, [1, 2]) == (3, "100%")


def test_it_begins_the_transaction_that_it_is_the_first_statement_of():
    for _ in range(3):
        with suppress(KeyError), transaction.atomic():
            add(Effect(tick_id=uuid7()))
            raise KeyError

    assert not Effect.objects.exists()


def test_a_refusal_leaves_it_usable():
    check = Prepared("SELECT 1 / %s::int")
    ask(check, [1])
    with pytest.raises(DataError), transaction.atomic():
        ask(check, [0])

    assert ask(check, [1]) == (1,)


def test_what_is_reported_is_the_statement_itself():
    with CaptureQueriesContext(connection) as asked:
        ask(SUM, [1, 2])

    assert asked[0]["sql"] == "SELECT 1::int + 2::int, '100%'"


def test_elsewhere_it_is_plain_sql():
    link = psycopg2.connect(**connection.get_connection_params())
    with link, link.cursor() as cursor:
        cursor.execute(SUM, [1, 2])
        assert cursor.fetchone() == (3, "100%")
    link.close()


def test_a_column_that_was_given_another_type_costs_one_request():
    row = Effect.objects.create(tick_id=uuid7())
    for _ in range(2):
        find(Effect, pk=row.pk)
    retype(Effect, "tick_id", "text")
    try:
        with pytest.raises(NotSupportedError):
            find(Effect, pk=row.pk)
        close_old_connections()
        assert find(Effect, pk=row.pk) is not None
    finally:
        retype(Effect, "tick_id", "uuid USING tick_id::uuid")


def retype(model, column, kind):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {model._meta.db_table} ALTER {column} TYPE {kind}")


def test_a_key_that_is_there_is_still_told():
    row = Effect.objects.create(tick_id=uuid7())
    with pytest.raises(IntegrityError), transaction.atomic():
        ask(
            Prepared("INSERT INTO probe_effect (id, tick_id) VALUES (%s, %s) RETURNING id"),
            [row.pk, uuid7()],
        )
    assert add(Effect(pk=row.pk, tick_id=uuid7())) is False

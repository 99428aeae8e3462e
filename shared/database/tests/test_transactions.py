"""What operations rely on: blocks within blocks, refusals, and connections that end."""

import threading
from contextlib import contextmanager, suppress

import psycopg2
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.utils import DatabaseError

from shared.events.ids import uuid7
from shared.testing.probe.models import Effect

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def outside():
    """A second connection: sees what is committed, and what the first one sent last."""
    link = psycopg2.connect(**connection.get_connection_params())
    link.autocommit = True
    with link.cursor() as cursor:
        yield lambda sql, *values: (cursor.execute(sql, values), cursor.fetchone())[1][0]
    link.close()


@pytest.fixture
def committed(outside):
    return lambda: outside("SELECT count(*) FROM probe_effect")


class Undone(Exception):
    pass


@contextmanager
def undone():
    """A block that ends with an error, which is caught outside of it."""
    with suppress(Undone), transaction.atomic():
        yield
        raise Undone


def effect() -> Effect:
    return Effect.objects.create(tick_id=uuid7())


def test_an_error_undoes_the_transaction(committed):
    with undone():
        effect()

    assert committed() == 0
    effect()
    assert committed() == 1


@pytest.mark.parametrize("outer_first", [True, False])
@pytest.mark.parametrize("inner", [0, 1, 2])
def test_an_inner_block_is_undone_alone(committed, outer_first, inner):
    with transaction.atomic():
        if outer_first:
            effect()
        with undone():
            for _ in range(inner):
                with transaction.atomic():
                    effect()
        effect()

    assert committed() == 1 + outer_first


def test_an_outer_block_takes_its_inner_ones_with_it(committed):
    with transaction.atomic():
        effect()
        with undone():
            with transaction.atomic():
                effect()
            with transaction.atomic():
                pass
            effect()
        with transaction.atomic():
            effect()

    assert committed() == 2


def test_a_refused_statement_costs_its_block_only(committed):
    with transaction.atomic():
        one = effect()
        with pytest.raises(IntegrityError), transaction.atomic():
            Effect.objects.bulk_create([Effect(pk=one.pk, tick_id=uuid7())])
        effect()

    assert committed() == 2


@pytest.mark.parametrize("first", [True, False])
def test_a_value_that_cannot_be_sent_costs_its_block_only(committed, first):
    with transaction.atomic():
        if first:
            effect()
        with (
            pytest.raises(ProgrammingError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT %s", [object()])
        effect()

    assert committed() == 1 + first


def test_what_the_commit_refuses_is_not_there(committed):
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE probe_effect ADD CONSTRAINT late EXCLUDE USING btree"
            " (tick_id WITH =) DEFERRABLE INITIALLY DEFERRED"
        )
    try:
        one = effect()
        with pytest.raises(IntegrityError), transaction.atomic():
            Effect.objects.create(tick_id=one.tick_id)
        assert committed() == 1
        effect()
        assert committed() == 2
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE probe_effect DROP CONSTRAINT late")


def test_locks_are_held_until_the_end(committed):
    one, order = effect(), []

    def second():
        with transaction.atomic():
            Effect.objects.select_for_update().get(pk=one.pk)
            order.append("second")
        connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        Effect.objects.select_for_update().get(pk=one.pk)
        thread.start()
        thread.join(0.3)
        order.append("first")
    thread.join()

    assert order == ["first", "second"]


def test_a_connection_that_the_server_ended_is_replaced(outside):
    effect()
    pid = connection.connection.info.backend_pid
    assert outside("SELECT pg_terminate_backend(%s, 5000)", pid)

    assert not connection.is_usable()
    connection.health_check_enabled, connection.health_check_done = True, False
    with transaction.atomic():
        effect()

    assert connection.connection.info.backend_pid != pid


def test_a_connection_that_ends_within_a_transaction_breaks_it(outside, committed):
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid

    def end_and_go_on():
        with transaction.atomic():
            effect()
            assert outside("SELECT pg_terminate_backend(%s, 5000)", pid)
            effect()

    with pytest.raises(DatabaseError):
        end_and_go_on()

    connection.close()
    assert committed() == 0
    with transaction.atomic():
        effect()
    assert committed() == 1

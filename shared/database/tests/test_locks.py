import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, connections, transaction

from shared.database.locks import advisory_lock, lock_until_commit

pytestmark = pytest.mark.django_db(transaction=True)
HOLDERS = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"


@pytest.fixture
def elsewhere():
    """Runs a function beside the test, with a connection of its own."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda function: pool.submit(function)
        pool.submit(connections.close_all).result()


def is_free(name):
    with advisory_lock(name) as taken:
        return taken


def ask(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]


def test_one_at_a_time_holds_a_name(elsewhere):
    with advisory_lock("tea") as taken:
        assert taken is True
        assert elsewhere(lambda: is_free("tea")).result() is False
        assert elsewhere(lambda: is_free("coffee")).result() is True
    assert elsewhere(lambda: is_free("tea")).result() is True


def test_the_work_is_outside_a_transaction():
    with advisory_lock("tea"):
        assert not connection.in_atomic_block
        assert is_free("tea") is False


def test_an_error_lets_go(elsewhere):
    with pytest.raises(ZeroDivisionError), advisory_lock("tea"):
        raise ZeroDivisionError
    assert elsewhere(lambda: is_free("tea")).result() is True


def test_it_ends_with_its_connection(elsewhere):
    with advisory_lock("tea"):
        (holder,) = ask(HOLDERS)
        assert ask("SELECT pg_terminate_backend(%s, 5000)", holder) == [True]
        assert elsewhere(lambda: is_free("tea")).result() is True


def test_it_leaves_no_connection_behind():
    connected = """SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend'"""
    before = set(ask(connected))
    for _ in range(3):
        assert is_free("tea")

    # PostgreSQL ends a session a moment after its connection.
    deadline = time.monotonic() + 5
    while set(ask(connected)) - before:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_transaction_waits_for_the_one_before(elsewhere):
    waiting, entered = Event(), Event()

    def enter():
        waiting.set()
        with transaction.atomic():
            lock_until_commit("tea")
            entered.set()

    with transaction.atomic():
        lock_until_commit("tea")
        other = elsewhere(enter)
        assert waiting.wait(5)
        assert not entered.wait(0.3)
        assert is_free("tea") is False
    other.result(5)
    assert entered.is_set()

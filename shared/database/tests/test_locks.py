from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, connections, transaction

from shared.database.locks import held, lock_until_commit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def elsewhere():
    """Runs a function beside the test, with a connection of its own."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda function: pool.submit(function)
        pool.submit(connections.close_all).result()


def taken_at_once(name):
    with held(name) as taken:
        return taken


def test_one_at_a_time_holds_a_name(elsewhere):
    with held("tea") as taken:
        assert taken is True
        assert elsewhere(lambda: taken_at_once("tea")).result() is False
        assert elsewhere(lambda: taken_at_once("coffee")).result() is True
    assert elsewhere(lambda: taken_at_once("tea")).result() is True


def test_whoever_waits_goes_on_when_the_other_is_done(elsewhere):
    waiting, entered = Event(), Event()

    def enter():
        waiting.set()
        with held("tea", patience=5) as taken:
            entered.set()
            return taken

    with held("tea"):
        other = elsewhere(enter)
        assert waiting.wait(5)
        assert not entered.wait(0.3)
    assert other.result(5) is True


def test_patience_ends(elsewhere):
    def enter():
        with held("tea", patience=0.1) as taken:
            return taken

    with held("tea"):
        assert elsewhere(enter).result(5) is False
        assert elsewhere(lambda: taken_at_once("tea")).result() is False
    assert elsewhere(enter).result(5) is True


def test_an_error_lets_go(elsewhere):
    with pytest.raises(ZeroDivisionError), held("tea"):
        raise ZeroDivisionError
    assert elsewhere(lambda: taken_at_once("tea")).result() is True


def test_it_ends_with_the_connection(elsewhere):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (holder,) = cursor.fetchone()

    def end_it():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [holder])

    with pytest.raises(Exception, match="terminat|closed"), held("tea"):
        elsewhere(end_it).result()
    connection.close()
    assert elsewhere(lambda: taken_at_once("tea")).result() is True


def test_a_transaction_holds_a_name_until_it_ends(elsewhere):
    def enter():
        with transaction.atomic():
            lock_until_commit("tea")

    with transaction.atomic():
        lock_until_commit("tea")
        other = elsewhere(enter)
        with pytest.raises(TimeoutError):
            other.result(0.3)
    other.result(5)

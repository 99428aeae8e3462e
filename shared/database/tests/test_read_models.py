import threading

import pytest
from django.db import connection, transaction

from shared.database.read_models import upsert_newer
from shared.testing.probe.models import Echo

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_newest_word_counts():
    assert upsert_newer(Echo, name="a", text="first", version=2)
    assert not upsert_newer(Echo, name="a", text="late", version=1)
    assert not upsert_newer(Echo, name="a", text="again", version=2)
    assert upsert_newer(Echo, name="a", text="newer", version=3)
    assert upsert_newer(Echo, name="b", text="other", version=0)

    assert list(Echo.objects.order_by("name").values_list("name", "text", "version")) == [
        ("a", "newer", 3),
        ("b", "other", 0),
    ]


def test_two_words_at_once_take_turns():
    upsert_newer(Echo, name="a", text="first", version=1)
    taken = []

    def second():
        taken.append(upsert_newer(Echo, name="a", text="second", version=2))
        connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        # Also a word that is not taken holds the row.
        assert not upsert_newer(Echo, name="a", text="late", version=0)
        thread.start()
        thread.join(0.3)
        assert taken == []
    thread.join()

    assert taken == [True]


def known():
    return list(Echo.objects.order_by("name").values_list("name", "text", "removed"))


def test_what_is_gone_for_good_is_not_revived():
    upsert_newer(Echo, name="a", text="first", version=5)
    assert upsert_newer(Echo, name="a", first={"text": ""}, removed=True, version=6)

    for version in (5, 6, 7):
        assert not upsert_newer(Echo, name="a", text="late", version=version)

    assert known() == [("a", "first", True)]


def test_a_tombstone_stands_where_nothing_was():
    assert upsert_newer(Echo, name="a", first={"text": ""}, removed=True, version=6)

    assert not upsert_newer(Echo, name="a", text="late", version=5)
    assert known() == [("a", "", True)]


def test_what_is_gone_is_gone_though_its_version_is_not_newer():
    upsert_newer(Echo, name="a", text="first", version=5)

    assert upsert_newer(Echo, name="a", first={"text": ""}, removed=True, version=0)
    assert not upsert_newer(Echo, name="a", first={"text": ""}, removed=True, version=0)

    assert known() == [("a", "first", True)]


def test_values_for_a_new_row_leave_one_that_is_there_alone():
    upsert_newer(Echo, name="a", first={"text": "new"}, version=1)
    upsert_newer(Echo, name="a", first={"text": "newer"}, version=2)

    assert known() == [("a", "new", False)]

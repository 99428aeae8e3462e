import threading

import pytest
from django.db import connection, transaction

from shared.database.copies import take_newer
from shared.testing.probe.models import Echo

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_newest_word_counts():
    assert take_newer(Echo, name="a", text="first", version=2)
    assert not take_newer(Echo, name="a", text="late", version=1)
    assert not take_newer(Echo, name="a", text="again", version=2)
    assert take_newer(Echo, name="a", text="newer", version=3)
    assert take_newer(Echo, name="b", text="other", version=0)

    assert list(Echo.objects.order_by("name").values_list("name", "text", "version")) == [
        ("a", "newer", 3),
        ("b", "other", 0),
    ]


def test_two_words_at_once_take_turns():
    take_newer(Echo, name="a", text="first", version=1)
    taken = []

    def second():
        taken.append(take_newer(Echo, name="a", text="second", version=2))
        connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        # Also a word that is not taken holds the row.
        assert not take_newer(Echo, name="a", text="late", version=0)
        thread.start()
        thread.join(0.3)
        assert taken == []
    thread.join()

    assert taken == [True]

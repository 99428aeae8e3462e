import threading
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from shared.database.rows import add, add_all, change, find, find_all, refresh
from shared.events.models import FailedEvent, InboxEntry
from shared.testing.probe.models import Echo, Effect

pytestmark = pytest.mark.django_db(transaction=True)


def failed_event() -> FailedEvent:
    return FailedEvent(
        event_id=uuid4(), handler="probe.ticked", envelope={"a": [1, None]}, error="no"
    )


def test_a_row_comes_back_as_it_was_put_in():
    one = failed_event()
    assert add(one)

    found = find(FailedEvent, event_id=one.event_id, handler="probe.ticked")

    assert found == FailedEvent.objects.get()
    for field in FailedEvent._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(one, field.attname)
    assert not found._state.adding


def test_what_is_not_there_is_none():
    assert find(Echo, name="nobody") is None
    assert find(Echo, pk="nobody", lock=False) is None


def test_a_unique_key_is_added_once():
    event_id = uuid4()

    assert add(InboxEntry(event_id=event_id, handler="a"))
    assert not add(InboxEntry(event_id=event_id, handler="a"))
    assert add(InboxEntry(event_id=event_id, handler="b"))

    assert InboxEntry.objects.count() == 2


def test_the_database_gives_a_row_its_number():
    one, two = Effect(tick_id=uuid4()), Effect(tick_id=uuid4())
    assert add(one)
    assert add(two)

    assert {one.pk, two.pk} == set(Effect.objects.values_list("pk", flat=True))
    one.tick_id = uuid4()
    one.save()
    assert Effect.objects.count() == 2


def test_rows_are_added_together():
    add_all([])
    add_all([Effect(tick_id=uuid4()) for _ in range(3)])
    add_all([Echo(name=name, text="", version=1) for name in "ab"])

    assert (Effect.objects.count(), Echo.objects.count()) == (3, 2)
    with pytest.raises(IntegrityError):
        add_all([Echo(name=name, text="", version=1) for name in "cb"])
    assert Echo.objects.count() == 2


def test_a_row_is_read_again():
    add(Echo(name="a", text="old", version=1))
    one = find(Echo, pk="a")
    Echo.objects.update(text="new", version=2)

    refresh(one)

    assert (one.text, one.version) == ("new", 2)


def test_a_row_whose_columns_are_as_expected_is_changed():
    add(Echo(name="a", text="old", version=1))

    assert change(Echo, {"pk": "a", "version": 2}, text="never") is None
    changed = change(Echo, {"pk": "a", "version": [1, 7]}, text="new", version=8)

    assert changed == find(Echo, pk="a")
    assert (changed.text, changed.version) == ("new", 8)
    assert change(Echo, {"pk": "a"}, bump="version").version == 9
    assert change(Echo, {"pk": "a"}, bump="version", text="newer").text == "newer"
    assert find(Echo, pk="a").version == 10


def test_none_is_a_value_that_is_not_there():
    one = failed_event()
    add(one)

    assert find(FailedEvent, pk=one.pk, resolved_at=None) == one
    assert change(FailedEvent, {"pk": one.pk, "resolved_at": None}, resolved_at=one.failed_at)

    assert find(FailedEvent, pk=one.pk, resolved_at=None) is None
    assert change(FailedEvent, {"pk": one.pk}, resolved_at=None).resolved_at is None


def test_of_two_who_change_a_row_one_is_late():
    add(Echo(name="a", text="old", version=1))
    found = []

    def second():
        found.append(change(Echo, {"pk": "a", "version": 1}, version=3))
        connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        assert change(Echo, {"pk": "a", "version": 1}, version=2)
        thread.start()
    thread.join()

    assert found == [None]
    assert find(Echo, pk="a").version == 2


def test_a_locked_row_makes_others_wait():
    add(Echo(name="a", text="old", version=1))
    order = []

    def second():
        with transaction.atomic():
            order.append(find(Echo, lock=True, name="a").text)
        connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        assert find(Echo, lock=True, name="a")
        thread.start()
        thread.join(0.3)
        assert order == []
        Echo.objects.update(text="new")
    thread.join()

    assert order == ["new"]


def test_all_rows_come_in_their_order():
    for name, text, version in (("a", "x", 3), ("b", "x", 1), ("c", "y", 2), ("d", "x", 1)):
        add(Echo(name=name, text=text, version=version))

    def names(**key):
        return [echo.name for echo in find_all(Echo, **key)]

    assert names(text="x") == ["a", "b", "d"]
    assert names(text="x", by="version") == ["b", "d", "a"]
    assert names(name=["d", "a", "z"], text="x") == ["a", "d"]
    assert names(name=[]) == []
    assert names(version=[1, 2], by="text") == ["b", "d", "c"]
    assert names(text="x" * 60 + "y") == []


def test_rows_are_found_by_what_they_belong_to():
    event_id = uuid4()
    add(InboxEntry(event_id=event_id, handler="a"))
    add(InboxEntry(event_id=uuid4(), handler="a"))

    assert [entry.event_id for entry in find_all(InboxEntry, event_id=[event_id])] == [event_id]

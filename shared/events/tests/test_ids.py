from itertools import count
from uuid import RFC_4122

from shared.events import ids

MOMENT = 1_796_000_000_123_456_789


def test_an_id_is_a_uuid_of_version_7_that_tells_its_time(monkeypatch):
    monkeypatch.setattr(ids.time, "time_ns", lambda: MOMENT)

    made = {ids.uuid7() for _ in range(1000)}

    assert len(made) == 1000
    assert {(one.version, one.variant) for one in made} == {(7, RFC_4122)}
    assert {one.int >> 80 for one in made} == {MOMENT // 1_000_000}


def test_ids_of_one_millisecond_are_in_the_order_they_were_made(monkeypatch):
    clock = count(MOMENT, 300)
    monkeypatch.setattr(ids.time, "time_ns", lambda: next(clock))

    made = [ids.uuid7() for _ in range(1000)]

    assert made == sorted(made)
    assert made[0].int >> 80 == made[-1].int >> 80

from datetime import UTC, datetime, timedelta

import pytest

from shared.events.ids import uuid7
from shared.events.statements import BATCH, PERIOD, SETTLE, in_batches, just_settled, turn_of_day

MIDNIGHT = datetime(2026, 5, 4, tzinfo=UTC)
TURN = timedelta(seconds=PERIOD)
RUNS = [MIDNIGHT + timedelta(seconds=17) + number * TURN for number in range(1440)]


def count(spans, moment):
    return sum(begin <= moment < end for begin, end in spans)


def test_a_change_is_stated_in_three_runs_once_it_has_settled():
    change = MIDNIGHT + timedelta(hours=3, seconds=5)
    runs = [now for now in RUNS if count([just_settled(now)], change)]

    assert len(runs) == 3
    assert min(runs) - change >= SETTLE


@pytest.mark.parametrize("days", [1, 3, 800])
def test_all_that_was_before_today_has_its_turn_twice_a_day(days):
    first = MIDNIGHT - timedelta(days=days)
    spans = [turn_of_day(first, now) for now in RUNS]
    moments = [first + number * timedelta(days=days) / 997 for number in range(997)]

    assert {count(spans, moment) for moment in moments} <= {1, 2, 3}
    assert sum(count(spans, moment) for moment in moments) == pytest.approx(2 * 997, rel=0.01)


def test_a_run_that_is_missed_leaves_nothing_out():
    first = MIDNIGHT - timedelta(days=30)
    spans = [turn_of_day(first, now) for number, now in enumerate(RUNS) if number != 700]
    moments = [first + number * timedelta(days=30) / 9973 for number in range(9973)]

    assert all(count(spans, moment) for moment in moments)


@pytest.mark.parametrize("first", [None, MIDNIGHT, MIDNIGHT + timedelta(hours=1)])
def test_where_nothing_is_older_than_today_nothing_has_its_turn(first):
    begin, end = turn_of_day(first, MIDNIGHT + timedelta(hours=9))

    assert begin == end


def test_batches_are_bounded_and_hold_each_id_once():
    ids = [uuid7() for _ in range(2 * BATCH + 1)]
    batches = list(in_batches([*ids, *ids]))

    assert [len(batch) for batch in batches] == [BATCH, BATCH, 1]
    assert sum(batches, []) == sorted(ids)
    assert list(in_batches([])) == []

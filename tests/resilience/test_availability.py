"""A bad answer is excused by what the request needs, and only while that was away."""

import json

import pytest

from tests.resilience import availability
from tests.resilience.availability import GRACE_SECONDS, Outage, Share, judge, unexcused

AWAY = Outage("orders", began=100.0, ended=110.0)


def request(name="order", *, t=105.0, ms=100.0, error="503"):
    return {"kind": "request", "name": name, "t": t, "ms": ms, "error": error}


def judged(entry, *outages):
    kind = "pages" if entry["name"].startswith("page ") else "API"
    return judge([entry], outages)[kind]


def test_a_good_answer_is_good_whatever_is_away():
    assert judged(request(error=""), AWAY) == Share(good=1)


def test_a_bad_answer_is_excused_while_what_it_needs_is_away():
    assert judged(request(), AWAY) == Share(excused=1)
    assert judged(request("page order"), AWAY) == Share(excused=1)


@pytest.mark.parametrize("name", ["product", "page cart", "an unknown request"])
def test_the_outage_of_another_part_is_no_excuse(name):
    assert judged(request(name), AWAY) == Share(bad=1)


def test_everything_needs_the_gateway():
    gateway = Outage("gateway", 100.0, 101.0)

    assert judged(request("page front", t=100.5), gateway) == Share(excused=1)


@pytest.mark.parametrize(
    ("t", "ms", "excused"),
    [
        (99.9, 100.0, 0),  # answered before it began
        (100.1, 500.0, 1),  # under way when it began
        (110.0 + GRACE_SECONDS, 100.0, 1),  # on its way when it ended
        (110.3 + GRACE_SECONDS, 100.0, 0),
        (130.0, 25_000.0, 1),  # waited through all of it
    ],
)
def test_the_time_of_the_outage_decides(t, ms, excused):
    assert judged(request(t=t, ms=ms), AWAY).excused == excused


def test_the_share_counts_what_is_promised_and_nothing_else():
    share = Share(good=98, excused=50, bad=2)

    assert (share.asked, share.well) == (150, 0.98)
    assert Share(excused=3).well == 1.0


def test_other_entries_of_the_journal_are_no_requests():
    shares = judge([{"kind": "checkout", "key": "k", "order_id": "o"}], [])

    assert shares == {"pages": Share(), "API": Share()}


def test_what_went_badly_without_an_excuse_is_counted_by_name_and_answer():
    journal = [request("product"), request("product"), request("register"), request()]

    assert list(unexcused(journal, [AWAY])) == ["2 x product: 503", "1 x register: 503"]


def test_a_line_that_was_cut_off_is_left_out(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_text(json.dumps(request()) + '\n{"kind": "requ')

    assert availability.read_journal(path) == [request()]
    assert availability.read_journal(tmp_path / "none") == []

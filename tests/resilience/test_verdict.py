"""What is printed and written when a run is over."""

import json

from tests.resilience import verdict
from tests.resilience.availability import WELL_ENOUGH, Share
from tests.resilience.evidence import Evidence
from tests.resilience.invariants import INVARIANTS, Breach
from tests.resilience.verdict import Line, Report

ORDER = "01a20f12-2e1b-7e37-ae0b-f40917fd962a"


def test_an_empty_world_proves_nothing():
    lines = verdict.judge(Evidence())

    assert [line.name for line in lines] == [rule.name for rule in INVARIANTS]
    assert not any(line.holds for line in lines)
    assert verdict.as_text(Report(1, "quick", lines))[1].strip().startswith("nothing to look at")


def test_a_line_holds_when_something_was_looked_at_and_nothing_breaks_it():
    assert Line("sound", 3).holds
    assert not Line("empty", 0).holds
    assert not Line("broken", 3, [Breach(ORDER, "is still placed")]).holds


def test_one_broken_line_breaks_the_report():
    sound, broken = Line("sound", 3), Line("broken", 3, [Breach(ORDER, "is still placed")])

    assert Report(1, "quick", [sound]).holds
    assert not Report(1, "quick", [sound, broken]).holds


def test_the_availability_lines_are_broken_below_the_promise_and_name_the_worst():
    bad = round((1 - WELL_ENOUGH) * 1000)
    enough, too_few = Share(good=1000 - bad, bad=bad), Share(good=999 - bad, bad=bad + 1)

    pages, api = verdict.judge_availability({"pages": enough, "API": too_few}, ["3 x order: 503"])

    assert (pages.count, pages.breaches) == (1000, [])
    assert [one.what for one in api.breaches] == [
        f"{bad + 1} answers without an excuse",
        "3 x order: 503",
    ]
    assert {one.id for one in api.breaches} == {"API"}


def test_a_share_below_the_promise_is_broken_even_when_nothing_explains_it():
    (line,) = verdict.judge_availability({"API": Share(good=1, bad=1)}, [])

    assert not line.holds


def test_orders_get_timelines_and_other_ids_do_not():
    many = [Breach(f"{number:08x}{ORDER[8:]}", "is still placed") for number in range(9)]
    lines = [Line("orders", 9, many), Line("again", 9, many), Line("SKUs", 1, [Breach("TEA", "")])]

    assert verdict.orders_in(lines) == [one.id for one in many[: verdict.SHOWN]]


def test_what_is_broken_is_printed_with_its_ids_and_its_timelines():
    many = [Breach(f"SKU-{number}", "on hand -1") for number in range(verdict.SHOWN + 2)]
    report = Report(7, "quick", [Line("stock", 9, many)], timelines={ORDER: ["12:00  orders"]})

    text = "\n".join(verdict.as_text(report))

    assert "BROKEN  stock" in text
    assert "SKU-0: on hand -1" in text
    assert f"SKU-{verdict.SHOWN}" not in text
    assert "and 2 more" in text
    assert "12:00  orders" in text


def test_the_file_holds_the_verdict_and_all_breaches(tmp_path):
    many = [Breach(f"SKU-{number}", "on hand -1") for number in range(12)]
    Report(7, "quick", [Line("stock", 9, many)]).write(tmp_path / "verdict.json")

    told = json.loads((tmp_path / "verdict.json").read_text())

    assert (told["seed"], told["holds"]) == (7, False)
    assert len(told["lines"][0]["breaches"]) == 12

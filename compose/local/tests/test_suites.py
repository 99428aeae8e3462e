from pathlib import Path

import pytest

from compose.local import suites
from compose.local.errors import UnknownName
from compose.local.layout import ROOT, Layout
from compose.local.suites import Counts
from compose.local.testing import run

REPORT = '<testsuites><testsuite tests="7" failures="1" errors="1" skipped="2"/></testsuites>'


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.xml"
    path.write_text(REPORT)
    return path


def test_passed_and_failed_are_read_from_the_report(report: Path) -> None:
    assert suites.count(report, exit_status=1) == Counts(3, 2)


def test_a_suite_that_crashed_counts_as_one_failed(tmp_path: Path) -> None:
    assert suites.count(tmp_path / "none.xml", exit_status=3) == Counts(0, 1)


def test_a_suite_that_found_no_test_counts_as_one_failed(report: Path) -> None:
    report.write_text('<testsuites><testsuite tests="0" failures="0" errors="0"/></testsuites>')
    assert suites.count(report, exit_status=5) == Counts(0, 1)


def test_counts_add_up() -> None:
    assert Counts(1, 2) + Counts(3, 4) == Counts(4, 6)


def test_a_suite_whose_folder_is_missing_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "orders" / "tests").mkdir(parents=True)
    (tmp_path / "orders" / "tests" / "test_it.py").touch()
    names = [suite.name for suite in suites.listed(Layout(tmp_path, tmp_path / ".run"))]
    assert names == ["orders"]


def test_an_unknown_suite_is_refused_before_anything_starts(tmp_path: Path) -> None:
    layout = Layout(ROOT, tmp_path)
    with pytest.raises(UnknownName, match="launcher"):
        run(layout, ["no-such-suite"], [])
    assert not (layout.for_the_tests().run / "state.json").exists()

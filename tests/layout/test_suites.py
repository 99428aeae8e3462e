"""Suites run side by side, and share their servers."""

from tests.layout.test_anatomy import ROOT


def test_no_suite_empties_the_cache_that_all_share():
    emptying = [
        str(path.relative_to(ROOT))
        for path in sorted(ROOT.glob("*/**/tests/**/*.py"))
        if not path.is_relative_to(ROOT / ".venv")
        and "cache.clear()" in path.read_text()
        and path.name != "test_suites.py"
    ]

    assert emptying == []

"""What HTML takes, in every template."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


HOURS = re.compile(r"\{\{[^}]*\|\s*(?:time\b|date\b(?!:)|date:\"[^\"]*[aAfgGhHiPsu])[^}]*\}\}")


def templates() -> list[Path]:
    return [
        path
        for ending in ("html", "txt")
        for path in ROOT.glob(f"*/**/templates/**/*.{ending}")
        if ".venv" not in path.parts
    ]


def test_a_time_is_written_by_the_filters_that_name_its_zone():
    found = [
        f"{path.relative_to(ROOT)}: {shown}"
        for path in templates()
        for shown in HOURS.findall(path.read_text())
        if "|utc|" not in shown
    ]

    assert not found


def test_moments_are_written_with_seconds_at_most():
    """`<time datetime>` takes three digits of a second, and Django's `c` has six."""
    moments = [
        moment
        for path in templates()
        for moment in re.findall(r'datetime="(\{\{[^"]*\}\})"', path.read_text())
    ]

    assert len(moments) >= 6
    assert [moment for moment in moments if not moment.endswith("|iso }}")] == []

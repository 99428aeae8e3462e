"""What HTML takes, in every template."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_moments_are_written_with_seconds_at_most():
    """`<time datetime>` takes three digits of a second, and Django's `c` has six."""
    templates = [
        path for path in ROOT.glob("*/**/templates/**/*.html") if ".venv" not in path.parts
    ]

    moments = [
        moment
        for path in templates
        for moment in re.findall(r'datetime="(\{\{[^"]*\}\})"', path.read_text())
    ]

    assert len(moments) >= 6
    assert [moment for moment in moments if not moment.endswith("|iso }}")] == []

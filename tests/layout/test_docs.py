"""Documents that are written from the code say what the code says."""

import json
import re
from pathlib import Path

import pytest

from shared.contracts.reference import consumers, producers, write_reference
from tests.layout.test_anatomy import SERVICES, consumed_by, fact_names
from tests.load.bench.readings import Figure

ROOT = Path(__file__).resolve().parents[2]


def test_the_event_reference_is_up_to_date():
    written = (ROOT / "docs" / "events.md").read_text()

    assert written == write_reference(), (
        "run: python -m shared.contracts.reference > docs/events.md"
    )


def test_the_benchmarks_can_be_read_again():
    """`bench --resume` begins with what was written before."""
    told = json.loads((ROOT / "docs" / "benchmarks.json").read_text())["figures"]

    assert told
    assert [Figure.from_json(figure).as_json() for figure in told] == told


def test_the_event_reference_names_every_fact_and_whoever_consumes_it():
    names = fact_names()
    facts = [fact for service in producers().values() for fact in service]
    told = {
        (names[fact], service) for fact, services in consumers().items() for service in services
    }

    assert {fact.name for fact in facts} == set(names.values())
    assert told == {(name, service) for service in SERVICES for name in consumed_by(service)}


DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_to_files_of_the_repository_lead_somewhere(path):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text())

    assert [link for link in links if not (path.parent / link).exists()] == []

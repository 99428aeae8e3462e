"""What a form says when the database would refuse: every service's models say it in words."""

import os
import re
import subprocess
import sys

import pytest

from compose.local.layout import ROOT
from shared.services import SERVICES

SETTINGS = {
    "SOUK_SECRET_KEY": "only-for-checks",
    "SOUK_CAPABILITY_KEY": "only-for-checks",
    "SOUK_DATABASE_URL": "postgres://nobody@127.0.0.1:1/nobody",
    "SOUK_BROKER_URL": "amqp://nobody@127.0.0.1:1//",
    "SOUK_CACHE_URL": "redis://127.0.0.1:1/0",
}


@pytest.mark.parametrize("service", SERVICES)
def test_constraints_behind_a_form_have_words(service):
    command = [sys.executable, "-m", f"{service}.manage", "check", "--tag", "backoffice"]
    asked = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **SETTINGS, "DJANGO_SETTINGS_MODULE": f"{service}.settings"},
        capture_output=True,
        text=True,
    )
    assert asked.returncode == 0, asked.stderr


NUMBER_FIELDS = re.compile(r"\bforms\.(?:Integer|Decimal|Float)Field\(")


@pytest.mark.parametrize("folder", [*SERVICES, "shared"])
def test_forms_take_numbers_as_people_write_them(folder):
    """The fields of shared.storefront.numbers: Django's own read "1_0" as ten."""
    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / folder).rglob("*.py")
        if "tests" not in path.parts and NUMBER_FIELDS.search(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize("folder", [*SERVICES, "shared"])
def test_no_page_claims_a_time_zone_of_its_own(folder):
    """`clock` and `when` name the shop's."""
    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / folder).rglob("templates/**/*")
        if path.is_file() and re.search(r"}}\s*(?:UTC|GMT)", path.read_text())
    ]
    assert found == []

import os
import subprocess
import sys

import pytest

from shared.timezones import UnknownTimeZone, check_time_zone


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_a_zone_of_the_iana_is_taken(name):
    assert check_time_zone(name) == name


@pytest.mark.parametrize(
    "name", ["", "Berlin", "Europe", "Europe/Berlín", "../etc/passwd", "+01:00"]
)
def test_another_name_is_refused_in_one_sentence(name):
    with pytest.raises(UnknownTimeZone) as refused:
        check_time_zone(name)
    assert str(refused.value) == f"{name!r} is not the name of a time zone, like Europe/Berlin"


@pytest.mark.parametrize(("name", "code"), [("Europe/Berlin", 0), ("Berlin", 1)])
def test_a_service_does_not_start_with_a_zone_that_is_none(name, code):
    started = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; print(settings.TIME_ZONE)"],
        env={**os.environ, "SOUK_TIME_ZONE": name},
        capture_output=True,
        text=True,
    )
    assert started.returncode == code
    assert started.stdout.strip() == (name if code == 0 else "")
    assert code == 0 or started.stderr.splitlines()[-1].endswith(
        "'Berlin' is not the name of a time zone, like Europe/Berlin"
    )

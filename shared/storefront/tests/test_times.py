from datetime import UTC, datetime

import pytest
from django.contrib.admin.utils import display_for_field, display_for_value
from django.db.models import DateTimeField
from django.template import engines
from django.template.loader import render_to_string

from shared.api.clock import UniversalTimeMiddleware
from shared.storefront.templatetags.storefront import clock, when

# In Berlin, clocks go back at 01:00 UTC of the 25th of October.
SUMMER, WINTER = (
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
)


@pytest.fixture
def berlin(settings):
    settings.TIME_ZONE = "Europe/Berlin"


def test_a_time_to_be_kept_names_its_zone(berlin):
    assert [clock(SUMMER), clock(WINTER)] == ["02:30 CEST", "02:30 CET"]
    assert when(SUMMER) == "25 October 2026, 02:30 CEST"
    assert clock(None) == when(None) == ""


def test_a_story_names_the_zone_of_its_times(berlin):
    entries = [{"title": "Paid", "at": SUMMER}]
    page = render_to_string("storefront/status_timeline.html", {"entries": entries})

    assert "25 October 2026, 02:30 CEST</time>" in page


def test_django_writes_a_moment_as_we_do(berlin):
    noon = datetime(2026, 7, 1, 10, tzinfo=UTC)

    assert display_for_value(noon, "-") == when(noon) == "1 July 2026, 12:00 CEST"
    assert display_for_field(noon, DateTimeField(), "-") == when(noon)


def test_without_a_setting_it_is_utc():
    assert clock(SUMMER) == "00:30 UTC"


def test_the_day_is_that_of_the_shop(berlin):
    late = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
    template = engines["django"].from_string(
        '{% load storefront %}{{ at|date:"j F" }} {{ at|iso }}'
    )
    assert template.render({"at": late}) == "25 October 2026-10-24T22:30:00+00:00"


@pytest.mark.parametrize(
    ("address", "shown"),
    [("api/v1/x/", "00:30 UTC"), ("x/", "02:30 CEST"), ("apiary/", "02:30 CEST")],
)
def test_programs_read_utc_and_people_the_clock_of_the_shop(berlin, rf, settings, address, shown):
    seen = []
    middleware = UniversalTimeMiddleware(lambda request: seen.append(clock(SUMMER)))
    middleware(rf.get(f"/{settings.SERVICE}/{address}"))
    assert seen == [shown]
    assert clock(SUMMER) == "02:30 CEST"

import re

import pytest
from django.conf import settings

pytestmark = pytest.mark.django_db
WORK = "/users/admin/tasks/"


def test_staff_begins_with_what_waits_in_every_service(browser):
    page = browser("mia@souk.example", ["fulfilment"]).get(WORK).text

    included = re.findall(r'include virtual="/(\w+)/admin/fragments/tasks/" stub="(\w+)"', page)
    assert sorted(service for service, stub in included) == sorted(settings.SERVICES)
    assert included[0][0] == "orders"
    for service, stub in included:
        block = re.search(rf'block name="{stub}" -->(.*?)<!--# endblock', page, re.DOTALL)
        assert f"{service.capitalize()} does not answer at the moment" in block[1]


def test_the_operators_tools_are_named_to_operators(browser):
    assert "/ops/flower/" in browser("otto@souk.example", ["owner"]).get(WORK).text
    assert "/ops/flower/" not in browser("mia@souk.example", ["fulfilment"]).get(WORK).text


def test_the_page_is_for_staff(browser, client):
    stranger = client.get(WORK)
    assert (stranger.status_code, stranger.url) == (302, f"/users/admin/login/?next={WORK}")
    alice = browser("alice@souk.example", []).get(WORK)
    assert alice.status_code == 302
    assert b"fragments/work" not in alice.content


def test_the_page_does_not_unfold_the_admin_of_accounts(browser):
    groups = browser("otto@souk.example", ["owner"]).get(WORK).context["sidebar_navigation"]

    items = [item for group in groups for item in group["items"]]
    assert (items[0]["title"], items[0]["link"], items[0]["active"]) == ("Work", "/admin/", True)
    assert [item["title"] for item in items[1:]] == [
        name.capitalize() for name in settings.SERVICES
    ]

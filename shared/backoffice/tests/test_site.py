from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from shared.backoffice.site import SoukAdminSite
from shared.testing.users import ALICE, MIA, OTTO

pytestmark = pytest.mark.django_db
FAILED = "admin:souk_events_failedevent_changelist"


def follow_to_login(client: Client, path: str):
    first = client.get(path)
    assert first.status_code == 302
    return client.get(first.url)


def test_the_admin_is_our_site():
    assert isinstance(admin.site, SoukAdminSite)


def test_a_stranger_is_sent_to_sign_in_and_back(client_of):
    target = reverse(FAILED)
    answer = follow_to_login(client_of(None), target)
    url = urlsplit(answer.url)
    assert (answer.status_code, url.path) == (302, "/users/login/")
    assert parse_qs(url.query) == {"next": [target]}


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/users/", "x"])
def test_it_sends_nobody_to_a_place_outside(client_of, target):
    answer = client_of(None).get(reverse("admin:login"), {"next": target})
    assert parse_qs(urlsplit(answer.url).query) == {"next": [reverse("admin:index")]}
    answer = client_of(OTTO).get(reverse("admin:login"), {"next": target})
    assert answer.url == reverse("admin:index")


def test_a_signed_in_shopper_is_refused_and_gets_no_account(client_of):
    answer = follow_to_login(client_of(ALICE), reverse("admin:index"))
    assert answer.status_code == 403
    assert b"Not allowed" in answer.content
    assert not User.objects.exists()


def test_no_password_is_taken_here(client_of):
    answer = client_of(None).post(reverse("admin:login"), {"username": "otto", "password": "x"})
    assert answer.status_code == 302
    assert answer.url.startswith("/users/login/")


def test_staff_come_in(client_of):
    answer = client_of(OTTO).get(reverse("admin:index"))
    assert answer.status_code == 200
    assert "Otto" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "place"), [("logout", "/users/logout/"), ("password_change", "/users/profile/")]
)
def test_what_belongs_to_the_account_is_done_at_its_owner(client_of, name, place):
    assert client_of(OTTO).get(reverse(f"admin:{name}")).url == place


def test_the_menu_signs_out_at_the_owner_and_shows_the_shop(client_of):
    html = client_of(OTTO).get(reverse("admin:index")).content.decode()
    assert '<form id="logout-form" method="post" action="/users/logout/"' in html
    assert "View shop" in html


def test_shadow_accounts_cannot_be_edited():
    assert not admin.site.is_registered(User)
    assert not admin.site.is_registered(Group)


def sidebar_links(client) -> list[str]:
    groups = client.get(reverse("admin:index")).context["sidebar_navigation"]
    return [str(item["link"]) for group in groups for item in group["items"]]


def test_the_sidebar_leads_to_every_admin_in_one_order(client_of):
    links = sidebar_links(client_of(OTTO))
    homes = [f"/{service}/admin/" for service in settings.SERVICES]
    assert [link for link in links if link in homes] == homes
    assert reverse(FAILED) in links


def test_the_sidebar_shows_only_what_the_role_may_see(client_of, settings):
    settings.STAFF_PERMISSIONS = {"owner": ["*"]}
    client = client_of(MIA)
    assert reverse(FAILED) not in sidebar_links(client)
    assert client.get(reverse(FAILED)).status_code == 403


def test_every_list_of_the_admin_opens(client_of):
    client = client_of(OTTO)
    for model in admin.site._registry:
        meta = model._meta
        url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
        assert client.get(url).status_code == 200, url


def test_the_fragment_of_what_waits_counts_what_failed(client_of, failed):
    page = client_of(OTTO).get(reverse("admin:work_fragment"))

    assert ">1</span> <span>Failed events" in page.text
    assert f'{reverse(FAILED)}?waits=failed"' in page.text
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize("who", [None, ALICE])
def test_the_fragment_of_what_waits_is_for_staff(client_of, failed, who):
    answer = client_of(who).get(reverse("admin:work_fragment"))

    assert answer.status_code == 403
    assert b"Failed events" not in answer.content


def test_the_fragment_is_empty_where_one_may_see_nothing(client_of, failed, settings):
    settings.STAFF_PERMISSIONS = {"owner": ["*"]}

    answer = client_of(MIA).get(reverse("admin:work_fragment"))

    assert (answer.status_code, answer.text.strip()) == (200, "")

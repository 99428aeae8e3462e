import csv
import io
import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import path, reverse
from import_export import resources

from shared.backoffice.base import ImportExportModelAdmin, column_of
from shared.testing.users import MIA, OTTO

pytestmark = pytest.mark.django_db


class GroupResource(resources.ModelResource):
    class Meta:
        model = Group
        fields = ("id", "name")


class GroupAdmin(ImportExportModelAdmin):
    resource_classes = [GroupResource]
    ordering = ["name"]


@pytest.fixture(autouse=True)
def _group_admin(settings) -> Iterator[None]:
    """An admin with import and export, for as long as the test runs."""
    admin.site.register(Group, GroupAdmin)
    settings.ROOT_URLCONF = (path("shop/admin/", admin.site.urls),)
    settings.STAFF_PERMISSIONS = {"owner": ["*"], "catalogue": ["auth.view_*"]}
    yield
    admin.site.unregister(Group)


def upload(client, text: str):
    file = SimpleUploadedFile("groups.csv", text.encode(), content_type="text/csv")
    data = {"import_file": file, "format": "0", "resource": "0"}
    return client.post(reverse("admin:auth_group_import"), data)


def test_the_list_offers_import_and_export(client_of):
    html = client_of(OTTO).get(reverse("admin:auth_group_changelist")).content.decode()
    assert reverse("admin:auth_group_import") in html
    assert reverse("admin:auth_group_export") in html


def test_a_file_is_shown_before_it_is_taken(client_of):
    client = client_of(OTTO)
    preview = upload(client, "id,name\n,packers\n,drivers\n")
    assert preview.status_code == 200
    assert "packers" in preview.content.decode()
    assert not Group.objects.filter(name="packers").exists()
    fields = dict(
        re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', preview.content.decode())
    )
    answer = client.post(reverse("admin:auth_group_process_import"), fields)
    assert answer.status_code == 302
    assert Group.objects.filter(name__in=["packers", "drivers"]).count() == 2


def test_who_may_only_look_may_export_but_not_import(client_of):
    client = client_of(MIA)
    assert client.get(reverse("admin:auth_group_export")).status_code == 200
    assert client.get(reverse("admin:auth_group_import")).status_code == 403
    assert upload(client, "id,name\n,packers\n").status_code == 403
    assert not Group.objects.filter(name="packers").exists()


def test_an_export_holds_no_formula(client_of):
    names = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "a=1", "-5.00", "plain"]
    Group.objects.bulk_create(Group(name=name) for name in names)
    client = client_of(OTTO)
    wish = {"format": "0", "resource": "0", "groupresource_id": "on", "groupresource_name": "on"}

    answer = client.post(reverse("admin:auth_group_export"), wish)

    rows = csv.DictReader(io.StringIO(answer.content.decode(), newline=""))
    told = {row["name"] for row in rows}
    assert told >= {"'=1+1", "'+1+1", "'-1+1", "'@SUM(A1)", "'\t=1", "'\r=1"}
    assert told >= {"a=1", "-5.00", "plain"}
    assert not told & set(names[:6])


@pytest.mark.parametrize(
    ("lookup", "column"),
    [
        ("action_time__year__gte", "action_time"),
        ("user__id__exact", "user"),
        ("user_id__in", "user"),
        ("user__password__startswith", "user__password"),
        ("user__groups__id__exact", "user__groups"),
        ("pk__in", ""),
        ("nothing__exact", ""),
    ],
)
def test_a_lookup_is_known_by_the_column_it_looks_at(lookup, column):
    assert column_of(LogEntry, lookup) == column


def test_a_list_is_filtered_by_what_it_offers_only(client_of, monkeypatch):
    monkeypatch.setattr(GroupAdmin, "list_filter", ["name"])
    page, client = reverse("admin:auth_group_changelist"), client_of(OTTO)

    assert client.get(page, {"name__exact": "packers"}).status_code == 200
    assert client.get(page, {"id__gt": "0"}).status_code == 400
    assert client.get(page, {"permissions__codename__startswith": "a"}).status_code == 400

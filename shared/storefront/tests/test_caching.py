import re

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation

from shared.storefront import assets, caching
from shared.storefront.caching import (
    OWN_SECONDS,
    make_etag,
    own,
    personal,
    public,
    render_changed,
)


def answer(decorate, status=200):
    return decorate(lambda request: HttpResponse(status=status))(RequestFactory().get("/"))


@pytest.mark.parametrize("status", [200, 301, 304, 404])
def test_what_is_public_is_kept_by_the_gateway_and_asked_for_again_by_browsers(status):
    response = answer(public(5), status)
    assert response["X-Accel-Expires"] == "5"
    assert response["Cache-Control"] == "public, max-age=0, s-maxage=5"


def test_a_public_page_that_failed_is_not_kept():
    assert not answer(public(5), 500).has_header("X-Accel-Expires")


def test_what_is_personal_is_kept_by_nobody():
    response = answer(personal)
    assert response["Cache-Control"] == "private, no-store"
    assert not response.has_header("X-Accel-Expires")


def test_an_own_part_is_kept_by_the_gateway_for_seconds_and_by_no_browser():
    response = answer(own)
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Accel-Expires"] == str(OWN_SECONDS)


@pytest.mark.parametrize("status", [204, 302, 403, 500])
def test_an_own_part_that_is_not_shown_is_not_kept(status):
    assert not answer(own, status).has_header("X-Accel-Expires")


def show(title, **headers):
    """A page of one title: its breadcrumbs."""
    request = RequestFactory().get("/tea/", headers=headers)
    template = "storefront/breadcrumbs.html"
    return render_changed(request, template, [title], lambda: {"items": [{"title": title}]})


def test_who_has_the_page_is_told_that_it_did_not_change():
    first = show("Green tea")
    again = show("Green tea", if_none_match=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])


def test_who_has_another_page_is_given_this_one():
    before = show("Green tea")["ETag"]
    answer = show("Black tea", if_none_match=before)
    assert (answer.status_code, "Black tea" in answer.text) == (200, True)
    assert answer["ETag"] != before


def test_a_page_has_no_etag_while_templates_change(settings):
    settings.DEBUG = True
    assert not show("Green tea").has_header("ETag")


def test_an_etag_is_the_same_in_every_process():
    assert re.fullmatch(r'"[0-9a-f]{32}"', make_etag("tea"))
    assert make_etag(["tea"]) == make_etag(["tea"])


def test_the_language_changes_every_etag():
    with translation.override("de"):
        assert make_etag("tea") != (german := make_etag("coffee"))
    assert make_etag("coffee") != german


def test_another_build_changes_every_etag(monkeypatch):
    before = make_etag("tea")
    monkeypatch.setattr(caching, "build_id", lambda: "later")
    assert make_etag("tea") != before


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("models.py", True),
        ("templates/a.html", True),
        ("static/a.css", True),
        ("tests/a.py", False),
    ],
)
def test_a_build_is_its_code_templates_and_static_files(tmp_path, settings, file, counts):
    settings.BASE_DIR, made = tmp_path, assets.build_id.__wrapped__
    before = made()
    path = tmp_path / "shared" / file
    path.parent.mkdir(parents=True)
    path.write_text("new")
    assert (made() != before) == counts

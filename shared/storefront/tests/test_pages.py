import re
from datetime import UTC, datetime

import pytest
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.template.loader import render_to_string
from django.test import RequestFactory

from shared.errors import problem, render_problem
from shared.storefront.context import storefront


class Untouchable:
    """Fails whoever looks: a public page is made for everybody."""

    def __bool__(self) -> bool:
        raise AssertionError("a public page read what is personal")

    __str__ = __iter__ = __len__ = __bool__  # type: ignore[assignment]


def stranger(path: str = "/"):
    return RequestFactory().get(path)


def test_the_base_page_defines_the_empty_stub_before_it_is_used():
    html = render_to_string("storefront/base.html", request=stranger())
    assert html.startswith('<!--# block name="none" --><!--# endblock --><!doctype html>')


def test_every_stub_that_a_page_names_is_defined():
    html = render_to_string("storefront/base.html", request=stranger())
    defined = set(re.findall(r'<!--# block name="(\w+)" -->', html))
    assert set(re.findall(r'stub="(\w+)"', html)) == defined


def test_directives_are_closed_and_not_nested():
    html = render_to_string("storefront/base.html", request=stranger())
    depth = 0
    for word in re.findall(r"<!--# (\w+)", html):
        depth += {"if": 1, "endif": -1}.get(word, 0)
        assert depth in (0, 1)
    assert depth == 0


def test_personal_slots_are_asked_for_only_with_the_cookie():
    html = render_to_string("storefront/base.html", request=stranger())
    for cookie, path in (("souk_session", "/users/"), ("cart", "/cart/")):
        assert re.search(
            rf'<!--# if expr="\$cookie_{cookie}" --><!--# include virtual="{path}', html
        )


def test_a_public_page_reads_nothing_personal():
    request = stranger()
    request.principal = request.user = request._messages = Untouchable()
    render_to_string("storefront/base.html", request=request)


def test_a_personal_page_shows_messages_and_is_not_indexed():
    request = stranger()
    request._messages = CookieStorage(request)
    messages.success(request, "Saved <b>it</b>")
    html = render_to_string("storefront/personal.html", request=request)
    assert "alert--success" in html
    assert "Saved &lt;b&gt;it" in html
    assert 'content="noindex"' in html


def test_the_context_names_the_shop_and_the_person(settings):
    settings.SHOP_NAME = "Bazaar"
    request = stranger()
    assert storefront(request)["principal"] is None
    request.principal = "alice"
    context = storefront(request)
    assert (context["shop_name"], context["principal"]) == ("Bazaar", "alice")
    assert context["currency"] == settings.CURRENCY


@pytest.mark.parametrize(
    ("path", "marker"),
    [("/cart/", "<!doctype html>"), ("/cart/fragments/badge/", '<div class="alert alert--error"')],
)
def test_a_problem_is_told_as_a_page_or_as_a_fragment(path, marker):
    body = problem(status=409, code="sold_out", title="Sold out", detail="Bob was quicker")
    response = render_problem(stranger(path), body)
    html = response.content.decode()
    assert response.status_code == 409
    assert marker in html
    assert "Bob was quicker" in html
    assert "sold_out" in html


def test_the_stepper_marks_the_present_step():
    steps = [
        {"title": "Cart", "state": "done", "url": "/cart/"},
        {"title": "Pay", "state": "current"},
    ]
    html = render_to_string("storefront/stepper.html", {"steps": steps})
    assert html.count('aria-current="step"') == 1
    assert 'href="/cart/"' in html


def test_the_timeline_says_what_has_not_happened_yet():
    entries = [
        {"title": "Placed", "at": datetime(2026, 5, 3, 9, 4, tzinfo=UTC)},
        {"title": "Delivered", "state": "todo"},
    ]
    html = render_to_string("storefront/status_timeline.html", {"entries": entries})
    assert 'datetime="2026-05-03T09:04:00+00:00"' in html
    assert html.count("(not yet)") == 1

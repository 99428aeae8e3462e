import pytest
from django.template import TemplateSyntaxError, engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from shared.storefront import assets
from shared.storefront.keeping import KeptPages


@pytest.fixture
def page():
    """`page(principal=…)`: a text of which a part is kept."""
    template = engines["django"].from_string(
        "{% load i18n storefront %}{% kept %}{{ shop_name }}{{ principal }}{{ other }}"
        "{% get_current_language as code %}[{{ code }}]{% asset 'storefront/souk.css' %}"
        "{% endkept %} for {{ principal }}"
    )

    def render(**context):
        request = RequestFactory().get("/")
        request.principal = context.get("principal")
        return template.render(context, request)

    return render


@pytest.fixture
def rendered(monkeypatch):
    """Grows by one whenever an asset's address is asked for."""
    times = []
    monkeypatch.setattr(assets, "static", lambda path: times.append(path) or f"/static/{path}")
    return times


def test_it_is_rendered_once_and_holds_nothing_of_a_person(page, rendered):
    first, second = page(principal="alice", other="x"), page(principal="bob", other="y")
    assert first.endswith(" for alice")
    assert second == first.replace("alice", "bob")
    assert first.count("alice") == 1
    assert "x[" not in first
    assert rendered == ["storefront/souk.css"]


def test_settings_of_the_shop_change_it(page, settings):
    before = page()
    settings.SHOP_NAME = "Bazaar <b>"
    assert page().startswith("Bazaar &lt;b&gt;")
    settings.STATIC_URL = "/elsewhere/"
    assert "/elsewhere/storefront/souk.css" in page()
    assert before.startswith("Souk")
    assert "/static/storefront/souk.css" in before


def test_every_language_has_its_own(page):
    with translation.override("de"):
        assert "[de]" in page()
    assert "[en]" in page()


def test_nothing_is_kept_while_files_change(page, settings, monkeypatch):
    settings.DEBUG = True
    before = page()
    monkeypatch.setattr(assets, "content_hash", lambda path: "changed1")
    assert before != page()
    assert "?v=changed1" in page()


def test_a_block_cannot_be_kept():
    with pytest.raises(TemplateSyntaxError, match="cannot be kept"):
        engines["django"].from_string(
            "{% load storefront %}{% kept %}<p>{% block main %}{% endblock %}</p>{% endkept %}"
        )


def test_the_shell_of_every_page_carries_the_name_of_the_shop(settings):
    request = RequestFactory().get("/")
    for name in ("Souk", "Bazaar"):
        settings.SHOP_NAME = name
        html = render_to_string("storefront/base.html", request=request)
        assert html.count(f"<span>{name}</span>") == 2
        assert f"{name} <span" in html


class Shop:
    """Shows a page of a title, and counts how often it was rendered."""

    def __init__(self, most=2):
        self.pages, self.rendered = KeptPages(most), 0

    def show(self, title, path="/tea/", **on_request):
        request = RequestFactory().get(path)
        for name, value in on_request.items():
            setattr(request, name, value)
        return self.pages.show(request, "storefront/breadcrumbs.html", [title], self._make(title))

    def _make(self, title):
        def make():
            self.rendered += 1
            return {"items": [{"title": title}]}

        return make


def test_a_page_is_rendered_until_something_else_was_read_for_it():
    shop = Shop()
    first, second = shop.show("Green tea"), shop.show("Green tea")
    assert first.content == second.content
    assert shop.rendered == 1
    assert "Black tea" in shop.show("Black tea").content.decode()
    assert "Green tea" in shop.show("Green tea").content.decode()
    assert shop.rendered == 3


def test_every_address_language_and_shop_has_its_own_page(settings):
    shop = Shop(most=9)
    for path in ("/tea/", "/tea/?page=2", "/coffee/"):
        shop.show("The same", path)
    with translation.override("de"):
        shop.show("The same")
    settings.SHOP_NAME = "Bazaar"
    shop.show("The same")
    assert shop.rendered == 5


def test_the_page_that_was_there_first_makes_room():
    shop = Shop(most=2)
    for path in ("/1/", "/2/", "/3/"):
        shop.show("The same", path)
    shop.show("The same", "/2/")
    assert shop.rendered == 3
    shop.show("The same", "/1/")
    assert shop.rendered == 4


def test_what_somebody_known_asks_for_is_not_kept_for_others():
    shop = Shop()
    for _ in range(2):
        shop.show("Green tea", principal="alice")
    shop.show("Green tea")
    assert shop.rendered == 3


def test_no_page_is_kept_while_files_change(settings):
    settings.DEBUG = True
    shop = Shop()
    for _ in range(2):
        shop.show("Green tea")
    assert shop.rendered == 2

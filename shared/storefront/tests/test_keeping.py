import pytest
from django.template import TemplateSyntaxError, engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from shared.storefront import assets


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

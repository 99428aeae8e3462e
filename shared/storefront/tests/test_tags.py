import re
from decimal import Decimal

import pytest
from django import forms
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator

from shared.money import Money
from shared.storefront.assets import UnknownAsset, asset_url, content_hash
from shared.storefront.composition import BadFragment
from shared.storefront.icons import ICONS

EURO = Money(Decimal("1234.50"), "EUR")


class AddressForm(forms.Form):
    email = forms.EmailField(label="E-mail", help_text="For the receipt.")
    name = forms.CharField(required=False)
    method = forms.ChoiceField(widget=forms.RadioSelect, choices=[("a", "Slow"), ("b", "Fast")])
    agree = forms.BooleanField(label="I agree")


def test_an_asset_carries_the_hash_of_its_content():
    digest = content_hash("storefront/souk.css")
    assert re.fullmatch("[0-9a-f]{8}", digest)
    assert asset_url("storefront/souk.css") == f"/static/storefront/souk.css?v={digest}"


def test_the_hash_follows_the_content(tmp_path, settings, monkeypatch):
    (tmp_path / "a.css").write_text("a{}")
    settings.STATICFILES_DIRS = [str(tmp_path)]
    finders.get_finder.cache_clear()
    try:
        before = content_hash("a.css")
        (tmp_path / "a.css").write_text("b{}")
        assert content_hash("a.css") != before
    finally:
        finders.get_finder.cache_clear()


def test_an_unknown_asset_is_an_error():
    with pytest.raises(UnknownAsset):
        asset_url("storefront/missing.css")


@pytest.mark.parametrize("value", [EURO, {"amount": "1234.50", "currency": "EUR"}])
def test_money_is_shown_with_its_symbol(render, value):
    assert render("{{ v|money }}", v=value) == "€1,234.50"


def test_no_money_is_nothing(render):
    assert render("{{ v|money }}", v=None) == ""


def test_a_former_price_is_struck_through_and_named(render):
    html = render("{% price a b %}", a=EURO, b=Money(Decimal("2000"), "EUR"))
    assert "<s " in html
    assert "before </span>€2,000.00" in html


def test_a_former_price_that_is_the_same_is_not_shown(render):
    assert "<s " not in render("{% price a b %}", a=EURO, b=EURO)


@pytest.mark.parametrize(
    ("rating", "halves", "words"),
    [(0, 0, "0"), (4.3, 9, "4.3"), (Decimal("4.26"), 9, "4.3"), (5, 10, "5"), (9, 10, "5")],
)
def test_stars_are_filled_to_the_half_and_read_aloud(render, rating, halves, words):
    html = render("{% stars r %}", r=rating)
    assert f"stars--{halves}" in html
    assert f'aria-label="{words} out of 5 stars"' in html


def test_no_rating_shows_no_stars(render):
    assert render("{% stars r %}", r=None) == ""


@pytest.mark.parametrize("name", sorted(ICONS))
def test_every_icon_is_hidden_from_screen_readers_unless_it_is_named(render, name):
    assert 'aria-hidden="true"' in render("{% icon n %}", n=name)
    named = render("{% icon n 'Remove' %}", n=name)
    assert 'role="img" aria-label="Remove"' in named
    assert "aria-hidden" not in named


def test_a_fragment_becomes_an_include_with_a_stub(render):
    html = render("{% fragment '/reviews/fragments/public/product/' id '/' %}", id=7)
    assert html == '<!--# include virtual="/reviews/fragments/public/product/7/" stub="none" -->'


def test_a_fragment_may_have_something_to_say_while_it_is_down(render):
    html = render(
        "{% fragment_or '/' s '/fragments/x/' %}<p>{{ e }}{% endfragment_or %}", s="a", e="<!--#"
    )
    assert html == (
        '<!--# block name="a_fragments_x" --><p>&lt;!--#<!--# endblock -->'
        '<!--# include virtual="/a/fragments/x/" stub="a_fragments_x" -->'
    )


def test_a_personal_fragment_is_asked_for_only_with_its_cookie(render):
    html = render("{% personal_fragment '/cart/fragments/badge/' cookie='cart' %}")
    assert html.startswith('<!--# if expr="$cookie_cart" -->')
    assert html.endswith("<!--# endif -->")


@pytest.mark.parametrize(
    "address",
    ["", "reviews/", "//evil.example/", "/a b/", '/a"/', "/a/--><!--# x", "/a\n", "/a<", "/ä/"],
)
def test_a_fragment_with_a_bad_address_is_an_error(render, address):
    with pytest.raises(BadFragment):
        render("{% fragment a %}", a=address)


def test_a_personal_fragment_with_a_bad_cookie_name_is_an_error(render):
    with pytest.raises(BadFragment):
        render("{% personal_fragment '/a/' cookie=c %}", c='x" -->')


def test_the_csrf_slot_is_filled_by_the_gateway(render):
    assert '<!--# echo var="csrf" -->' in render("{% csrf_slot %}")


def test_a_field_ties_label_help_and_error_to_its_control(render):
    html = render("{% field f.email autocomplete='email' %}", f=AddressForm({"email": "x"}))
    assert '<label class="field__label" for="id_email">E-mail' in html
    assert 'autocomplete="email"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_email_helptext id_email_error"' in html
    assert 'id="id_email_helptext"' in html
    assert 'id="id_email_error"' in html


def test_a_field_says_that_it_may_stay_empty(render):
    assert "(optional)" in render("{% field f.name %}", f=AddressForm())


def test_choices_are_a_group_with_a_legend(render):
    html = render("{% field f.method %}", f=AddressForm({"method": "b"}))
    assert '<fieldset id="id_method"' in html
    assert html.count('type="radio"') == 2
    assert html.count("checked") == 1


def test_a_checkbox_stands_before_its_label(render):
    html = render("{% field f.agree %}", f=AddressForm())
    assert html.index('type="checkbox"') < html.index("I agree")


def test_form_errors_link_to_the_wrong_fields(render):
    html = render("{% form_errors f %}", f=AddressForm({"email": "x", "method": "a"}))
    assert 'role="alert"' in html
    assert 'href="#id_email"' in html
    assert 'href="#id_agree"' in html
    assert "id_name" not in html


def test_a_form_without_errors_shows_no_alert(render):
    assert render("{% form_errors f %}", f=AddressForm()).strip() == ""


def test_pagination_keeps_the_rest_of_the_query(render):
    page = Paginator(range(100), 10).get_page(5)
    html = render("{% pagination p %}", path="/?q=tea+%26+cake&page=5", p=page)
    assert 'rel="prev" href="?q=tea+%26+cake&amp;page=4"' in html
    assert 'rel="next" href="?q=tea+%26+cake&amp;page=6"' in html
    assert html.count('aria-current="page"') == 1


def test_one_page_needs_no_pagination(render):
    assert render("{% pagination p %}", p=Paginator(range(3), 10).get_page(1)).strip() == ""

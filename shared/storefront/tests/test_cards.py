from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from shared.money import Money
from shared.storefront.parts import render_cached
from shared.storefront.tests.test_ssi_safety import EVIL

PRICE = {"amount": "5.00", "currency": "EUR"}


@pytest.fixture
def card(render):
    def to_html(**values):
        values = {"url": "/p/", "title": "Mug", "amount": PRICE} | values
        given = " ".join(f"{name}={name}" for name in values)
        return render(f"{{% product_card {given} %}}", **values)

    return to_html


def test_a_card_without_picture_rating_and_note_shows_none_of_them(card):
    html = card()
    assert "€5.00" in html
    assert "no-image" in html
    for absent in ("<img", "stars", "product-card__note", "badge"):
        assert absent not in html


def test_a_card_shows_what_it_is_given(card):
    html = card(
        compare_at=Money(Decimal(8), "EUR"),
        image_url="/media/a.webp",
        rating=Decimal("4.20"),
        rating_count=12,
        availability="Sold out",
        badge="−37 %",
    )
    for part in ("before </span>€8.00", 'src="/media/a.webp"', "4.2 out of 5", ">12<", "Sold out"):
        assert part in html
    assert '<span class="badge badge--accent product-card__badge">−37 %</span>' in html
    assert (html.count("<h3"), html.count("</h3>"), 'loading="lazy"' in html) == (1, 1, True)


@pytest.mark.parametrize("is_first", [True, False])
def test_the_picture_of_a_first_card_is_loaded_at_once(card, is_first):
    html = card(is_first=is_first, image_url="/a.webp")
    assert ('fetchpriority="high"' in html, "lazy" in html) == (is_first, not is_first)


def test_the_main_list_of_a_page_has_headings_under_its_title(card):
    html = card(is_main=True)
    assert (html.count("<h2"), html.count("</h2>"), "<h3" in html) == (1, 1, False)


def test_a_card_lets_no_text_become_a_directive_or_a_script(card):
    words = ("url", "title", "image_url", "availability", "badge")
    html = card(**dict.fromkeys(words, EVIL), rating=4)
    for bad in ("<!--", "<script>", '" onload="'):
        assert bad not in html
    assert html.count("&lt;script&gt;") == 5


@pytest.mark.parametrize(
    ("highest", "shown"),
    [(None, "€5.00"), (PRICE, "€5.00"), ({"amount": "9.00", "currency": "EUR"}, "from €5.00")],
)
def test_a_card_says_that_its_price_is_the_lowest_of_several(card, highest, shown):
    html = card(highest=highest)
    assert f'<span class="price__now">{shown}</span>' in html
    assert "9.00" not in html


@pytest.mark.parametrize(("count", "words"), [(1, "1<"), (2, "2<")])
def test_a_card_counts_reviews_as_people_do(card, count, words):
    html = card(rating=4, rating_count=count)
    assert words in html
    assert (" review</span>" in html, " reviews</span>" in html) == (count == 1, count != 1)


def options(name="brand", **values):
    option = {"value": "x", "label": "Acme", "count": 12, "selected": False} | values
    context = {"name": name, "options": [option], "is_counted": True} | values
    return render_to_string("storefront/facet_options.html", context)


def test_an_option_of_a_facet_names_its_value_and_number():
    assert options() == (
        '<label class="facet__option"><input type="checkbox" name="brand" value="x">'
        '<span>Acme</span> <span class="facet__count">12</span></label>'
    )
    assert 'value="x" checked>' in options(selected=True)
    assert 'type="radio"' in options(is_single=True)
    assert "facet__count" not in options(is_counted=False)
    assert ">0</span>" in options(count=0)


def test_an_option_lets_no_text_become_a_directive_or_a_script():
    html = options(name=EVIL, value=EVIL, label=EVIL)
    assert "<!--" not in html
    assert "<script>" not in html
    assert '" onload="' not in html


def test_a_part_is_rendered_once_and_never_mistakes_text_for_html(settings):
    values = {"path": "<b>", "label": ""}
    first = render_cached("storefront/icon.html", **values)
    assert render_cached("storefront/icon.html", **values) is first
    assert "<b>" in render_cached("storefront/icon.html", **values | {"path": mark_safe("<b>")})
    assert "&lt;b&gt;" in render_cached("storefront/icon.html", **values)
    settings.DEBUG = True
    assert render_cached("storefront/icon.html", **values) is not first


@pytest.mark.parametrize("name", ["nope", ""])
@pytest.mark.parametrize("label", ["", "Remove"])
def test_an_icon_that_is_not_drawn_is_an_error(render, name, label):
    with pytest.raises(KeyError):
        render("{% icon name label %}", name=name, label=label)


def test_a_moment_in_markup_has_no_more_digits_than_html_takes(render):
    moment = datetime(2026, 5, 4, 12, 0, 1, 123456, tzinfo=UTC)
    assert render("{{ m|iso }}", m=moment) == "2026-05-04T12:00:01+00:00"
    assert render("{{ m|iso }}", m=None) == ""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from shared.money import Money
from shared.storefront import markup
from shared.storefront.tests.test_ssi_safety import EVIL

PRICE = {"amount": "5.00", "currency": "EUR"}


def card(**values):
    return markup.product_card(**{"url": "/p/", "title": "Mug", "amount": PRICE} | values)


def test_a_card_without_picture_rating_and_note_shows_none_of_them():
    html = card()
    assert "€5.00" in html
    assert "no-image" in html
    for absent in ("<img", "stars", "product-card__note", "badge"):
        assert absent not in html


def test_a_card_shows_what_it_is_given():
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


def test_the_main_list_of_a_page_has_headings_under_its_title():
    html = card(is_main=True, is_first=True, image_url="/a.webp")
    assert (html.count("<h2"), html.count("</h2>"), "<h3" in html) == (1, 1, False)
    assert 'fetchpriority="high"' in html
    assert "lazy" not in html


def test_a_card_lets_no_text_become_a_directive_or_a_script():
    words = ("url", "title", "image_url", "rating_count", "availability", "badge")
    html = card(**dict.fromkeys(words, EVIL), rating=4, amount=PRICE)
    for bad in ("<!--", "<script>", '" onload="'):
        assert bad not in html
    assert html.count("&lt;script&gt;") == 6


def option(**values):
    given = {"name": "brand", "value": "x", "label": "Acme", "count": 12, "selected": False}
    return markup.facet_option(**given | values)


def test_an_option_of_a_facet_names_its_value_and_number():
    assert option() == (
        '<label class="facet__option"><input type="checkbox" name="brand" value="x">'
        '<span>Acme</span> <span class="facet__count">12</span></label>'
    )
    assert 'value="x" checked>' in option(selected=True)
    assert 'type="radio"' in option(is_single=True)
    assert "facet__count" not in option(count=None)
    assert ">0</span>" in option(count=0)


def test_an_option_lets_no_text_become_a_directive_or_a_script():
    html = option(name=EVIL, value=EVIL, label=EVIL)
    assert "<!--" not in html
    assert "<script>" not in html
    assert '" onload="' not in html


def test_the_tag_gives_the_same_card(render):
    html = render("{% product_card url=u title='Mug' amount=p badge=b %}", u="/p/", p=PRICE, b="<")
    assert html == card(badge="<")


@pytest.mark.parametrize("name", ["nope", ""])
def test_an_icon_that_is_not_drawn_is_an_error(name):
    for label in ("", "Remove"):
        with pytest.raises(KeyError):
            markup.icon(name, label)


@pytest.mark.parametrize(
    ("highest", "shown"),
    [(None, "€5.00"), (PRICE, "€5.00"), ({"amount": "9.00", "currency": "EUR"}, "from €5.00")],
)
def test_a_card_says_that_its_price_is_the_lowest_of_several(highest, shown):
    html = card(highest=highest)
    assert f'<span class="price__now">{shown}</span>' in html
    assert "9.00" not in html


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (
            1,
            "1<",
        ),
        (2, "2<"),
    ],
)
def test_a_card_counts_reviews_as_people_do(count, words):
    html = card(rating=4, rating_count=count)
    assert words in html
    assert (" review</span>" in html, " reviews</span>" in html) == (count == 1, count != 1)


def test_a_moment_in_markup_has_no_more_digits_than_html_takes():
    moment = datetime(2026, 5, 4, 12, 0, 1, 123456, tzinfo=UTC)
    assert markup.iso(moment) == "2026-05-04T12:00:01+00:00"
    assert markup.iso(None) == ""

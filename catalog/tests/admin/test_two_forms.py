"""Two people have the same page open; whoever saves second undoes nothing."""

import html
import re
from decimal import Decimal

import pytest

from catalog import operations
from catalog.models import Brand, Category, Product, Variant
from catalog.tests.admin.test_admin import ADMIN, form_of
from catalog.tests.conftest import NOW, variant
from shared.contracts.catalog import ProductChanged
from shared.contracts.reviews import RatingChanged
from shared.testing.events import deliver, published, published_names
from shared.testing.users import MIA

pytestmark = pytest.mark.django_db


def shown(page):
    return html.unescape(re.search(r'name="_shown" value="([^"]*)"', page.text).group(1))


@pytest.fixture
def page(client_of, shelved):
    """An open page of a product for 10.00, and what it would send."""
    product = shelved("Tea", tags=["a", "b"], description="<p>x</p>")
    address = f"{ADMIN}product/{product.pk}/change/"
    opened = shown(client_of(MIA).get(address))

    form = form_of(product, **{"variants-0-price": "10.00", "description": "<p>x</p>"})

    def save(**changes):
        return client_of(MIA).post(address, {"_shown": opened, **form, **changes})

    return save


def import_meanwhile(**changes):
    pk = Product.objects.get().pk
    operations.update_product(product_id=pk, changes=changes, now=NOW)


def test_a_page_that_is_up_to_date_is_saved(page):
    answer = page(title="Green tea")

    assert answer.status_code == 302, answer.text[:3000]
    assert [x.title for x in published(ProductChanged)] == ["Green tea"]
    assert Product.objects.get().tags == ["a", "b"]


def test_a_save_without_a_change_publishes_nothing(page):
    assert page().status_code == 302

    assert published_names() == []
    assert Product.objects.get().version == 1


def test_a_price_that_changed_meanwhile_is_not_undone(page):
    import_meanwhile(variants=[variant("TEA-1", "15.00")], tags=["sale"])

    answer = page(title="Green tea")

    assert answer.status_code == 200
    text = html.unescape(answer.text)
    assert "it was “10.00” and is “15.00” now" in text
    assert "it was “a,b” and is “sale” now" in text
    assert Variant.objects.get().price == Decimal("15.00")
    assert (Product.objects.get().title, Product.objects.get().tags) == ("Tea", ["sale"])
    assert [x.title for x in published(ProductChanged)] == ["Tea"]


def test_what_nobody_typed_is_taken_over_so_that_saving_again_undoes_nothing(page):
    import_meanwhile(variants=[variant("TEA-1", "15.00")], tags=["sale"])
    refused = page(title="Green tea")
    (price,) = re.findall(r'name="variants-0-price" value="([^"]*)"', refused.text)
    (tags,) = re.findall(r'<textarea name="tags"[^>]*>\s*([^<]*)<', refused.text)

    again = page(
        _shown=shown(refused),
        title="Green tea",
        tags=tags,
        **{"variants-0-price": price},
    )

    assert again.status_code == 302, again.text[:3000]
    product = Product.objects.get()
    assert (product.title, product.tags, product.version) == ("Green tea", ["sale"], 3)
    assert Variant.objects.get().price == Decimal("15.00")


def test_both_values_are_shown_where_both_changed_it(page):
    import_meanwhile(variants=[variant("TEA-1", "15.00")])

    answer = page(**{"variants-0-price": "12.00"})

    assert "it is “15.00” now, you have “12.00”" in html.unescape(answer.text)
    assert Variant.objects.get().price == Decimal("15.00")


def test_the_same_change_twice_is_no_conflict(page):
    import_meanwhile(variants=[variant("TEA-1", "15.00")])

    assert page(**{"variants-0-price": "15.00"}).status_code == 302


def test_a_rating_that_arrived_meanwhile_stays_and_no_version_comes_twice(page):
    pk = Product.objects.get().pk
    import_meanwhile(seo_title="Tea")
    deliver(RatingChanged(product_id=pk, average=Decimal("4.50"), count=12), version=1)

    page(title="Green tea", seo_title="Tea")

    product = Product.objects.get()
    assert (product.rating_average, product.rating_count) == (Decimal("4.50"), 12)
    assert (product.title, product.version) == ("Green tea", 3)
    assert [x.title for x in published(ProductChanged)] == ["Tea", "Green tea"]


def test_a_variant_that_went_meanwhile_is_not_made_again(page):
    import_meanwhile(variants=[variant("TEA-2", "15.00")])

    refused = page(title="Green tea")

    assert refused.status_code == 200
    assert "Somebody deleted a row while the page was open" in refused.text
    assert list(Variant.objects.values_list("sku", flat=True)) == ["TEA-2"]


@pytest.mark.parametrize("sent", ["", "x", "[1]", '{"title": 1}', "{" * 3000])
def test_a_page_that_tells_nonsense_of_itself_breaks_nothing(page, sent):
    assert page(_shown=sent, title="Green tea").status_code in (200, 302)


@pytest.mark.parametrize(("model", "page"), [(Category, "category"), (Brand, "brand")])
def test_a_shelf_that_was_renamed_meanwhile_keeps_its_name(client_of, db, model, page):
    if model is Category:
        row = operations.create_category(title="Teas")
    else:
        row = operations.ensure_brand(title="Teas")
    address = f"{ADMIN}{page}/{row.pk}/change/"
    opened = shown(client_of(MIA).get(address))
    model.objects.filter(pk=row.pk).update(title="Fine teas")

    form = {"_shown": opened, "title": "Teas", "slug": "tea-shelf"}
    answer = client_of(MIA).post(address, form)

    assert answer.status_code == 200
    assert "it was “Teas” and is “Fine teas” now" in html.unescape(answer.text)
    row = model.objects.get()
    assert (row.title, row.slug) == ("Fine teas", "teas")
    assert published_names() == []

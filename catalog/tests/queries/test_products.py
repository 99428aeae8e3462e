"""One statement reads a whole product: here beside what the models say of the same rows."""

from decimal import Decimal

import pytest
from django.utils.safestring import SafeString

from catalog import operations
from catalog.models import Category, Product
from catalog.queries.products import ProductNotFound, get_product
from catalog.rules.product import ImageState
from catalog.tests.conftest import NOW, variant
from shared.money import Money

pytestmark = pytest.mark.django_db
EVIL = '</script><b a="1">\\"\u2028 %s {} é'
PRODUCTS = {
    "plain": {},
    "shelved": {"shelf": ("Home",), "brand": "Ada"},
    "deep": {"shelf": ("Home", "Kitchen", "Pots & pans", EVIL[:60])},
    "hostile": {"brand": EVIL[:60], "tags": [EVIL, "a,b", "{}"], "description": f"<p>{EVIL}</p>"},
    "many": {
        "variants": [
            variant("B", "0.10", options={"Size": EVIL, "": "x"}, compare_at_price=Decimal("0.30")),
            variant("A", "9999999.99", options={"Size": ""}, tax_class="zero", barcode="007"),
            variant("C", "5.00", compare_at_price=Decimal("5.00"), weight_grams=70),
        ],
        "images": [ImageState(source_url=f"https://x.example/{n}", alt=EVIL) for n in (2, 1)],
        "seo_title": EVIL,
        "seo_description": EVIL,
    },
}


@pytest.fixture(params=PRODUCTS)
def product(request, shelved):
    return shelved(request.param, **PRODUCTS[request.param])


def test_it_shows_what_the_models_hold(product):
    product.images.filter(position=0).update(key="abc", sizes=[640, 320])
    operations.apply_stock(sku="A", available=3, version=1)
    shown, fresh = get_product(product.slug), Product.objects.get(pk=product.pk)

    for name in ("id", "slug", "title", "status", "tags", "in_stock", "version", "seo_title"):
        assert getattr(shown, name) == getattr(fresh, name), name
    assert (shown.updated_at, shown.published_at) == (fresh.updated_at, fresh.published_at)
    assert isinstance(shown.description, SafeString)
    assert shown.description == fresh.description
    assert shown.price == Money(fresh.min_price, "EUR")
    assert shown.price_max == Money(fresh.max_price, "EUR")
    assert (shown.brand and shown.brand.title) == (fresh.brand and fresh.brand.title)
    assert (shown.category and shown.category.slug) == (fresh.category and fresh.category.slug)


def test_its_variants_are_those_of_the_models(product):
    columns = ("sku", "options", "tax_class", "barcode", "weight_grams", "available", "track_stock")
    rows = list(product.variants.order_by("position", "id"))
    shown = get_product(product.slug).variants

    assert rows
    for name in columns:
        assert [getattr(v, name) for v in shown] == [getattr(v, name) for v in rows], name
    assert [v.price.amount for v in shown] == [v.price for v in rows]
    assert all(isinstance(v.price.amount, Decimal) for v in shown)


def test_a_former_price_is_one_that_was_higher(shelved):
    shelved("many", **PRODUCTS["many"])
    befores = [variant.compare_at_price for variant in get_product("many").variants]
    assert befores == [Money(Decimal("0.30"), "EUR"), None, None]


def test_its_pictures_are_in_order_and_only_our_own_have_an_address(shelved):
    product = shelved("many", **PRODUCTS["many"])
    product.images.filter(position=1).update(key="abc", sizes=[640, 320])
    first, second = get_product("many").images
    assert (first.url, first.srcset, first.alt) == ("", "", EVIL)
    assert first.source_url == "https://x.example/2"
    assert second.url == "/media/catalog/abc-640.webp"
    assert second.srcset == "/media/catalog/abc-320.webp 320w, /media/catalog/abc-640.webp 640w"


def test_the_path_leads_from_the_root_to_its_shelf(shelved):
    shelved("Other", shelf=("Home", "Bath"))
    shelved("deep", **PRODUCTS["deep"])
    path = get_product("deep").category_path
    assert [link.title for link in path][:3] == ["Home", "Kitchen", "Pots & pans"]
    assert [link.slug for link in path] == list(
        Category.objects.exclude(title="Bath").order_by("depth").values_list("slug", flat=True)
    )
    assert path[0].url == f"/catalog/categories/{path[0].slug}/"


def test_a_product_takes_one_query(product, django_assert_num_queries):
    with django_assert_num_queries(1):
        get_product(product.slug)


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_what_is_hidden_is_found_only_when_asked_for(shelved, status):
    product = shelved("Tea")
    operations.change_status(product_ids=[product.pk], status=status, now=NOW)
    with pytest.raises(ProductNotFound):
        get_product("tea")
    assert get_product("tea", hidden=True).status == status


def test_a_draft_without_variants_has_no_price(db):
    operations.create_product(changes={"title": "Bare", "status": "draft"}, now=NOW)
    shown = get_product("bare", hidden=True)
    assert (shown.price, shown.variants, shown.images, shown.category) == (None, [], [], None)
    assert shown.chosen is None

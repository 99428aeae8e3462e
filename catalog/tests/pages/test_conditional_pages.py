"""A page has an ETag of what was read for it: whatever changes is seen at once, and only then."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from catalog import operations
from catalog.models import Brand, Category
from catalog.tests.conftest import NOW, variant
from shared.storefront import caching

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
ADDRESSES = [
    "/",
    "/catalog/",
    "/catalog/categories/drinks/",
    "/catalog/search/?q=mint",
    "/catalog/products/mint-tea/",
]


@pytest.fixture
def tea(shelved):
    return shelved("Mint tea", shelf=("Drinks",), brand="Dar")


def cost_more(tea):
    new = [variant("MINT-TEA-1", "11.50")]
    operations.update_product(product_id=tea.pk, changes={"variants": new}, now=LATER)


def get_another_title(tea):
    operations.update_product(product_id=tea.pk, changes={"title": "Mint of Fez"}, now=LATER)


def sell_out(tea):
    operations.apply_stock(sku="MINT-TEA-1", available=0, version=1)


def be_rated(tea):
    operations.apply_rating(product_id=tea.pk, average=Decimal("4.30"), count=3, version=1)


def get_another_shelf_title(tea):
    shelf = Category.objects.get(slug="drinks")
    operations.change_category(category=shelf, title="Hot drinks", slug="drinks", parent=None)


def get_another_brand_title(tea):
    operations.rename_brand(brand=Brand.objects.get(), title="Darna", slug="dar")


@pytest.mark.parametrize(
    ("change", "sign", "places"),
    [
        (cost_more, "11.50", ADDRESSES),
        (get_another_title, "Mint of Fez", ADDRESSES),
        (sell_out, "Sold out", ADDRESSES[1:]),
        (be_rated, "4.3 out of 5", ADDRESSES),
        (get_another_shelf_title, "Hot drinks", ADDRESSES),
        (get_another_brand_title, "Darna", ADDRESSES[1:]),
    ],
)
def test_whatever_changes_is_seen_by_who_has_the_page(tea, change, sign, places):
    before = {place: Client().get(place) for place in places}
    assert [place for place in places if sign in before[place].text] == []

    change(tea)

    for place in places:
        answer = Client().get(place, headers={"If-None-Match": before[place]["ETag"]})
        assert (answer.status_code, sign in answer.text) == (200, True), place


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_did_not_change_is_not_rendered_again(
    tea, address, monkeypatch, django_assert_max_num_queries
):
    first = Client().get(address)
    monkeypatch.setattr(caching, "render", None)

    with django_assert_max_num_queries(1 if "products" in address else 6):
        again = Client().get(address, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    for name in ("ETag", "Cache-Control", "X-Accel-Expires"):
        assert again[name] == first[name]


@pytest.mark.parametrize("name", ["SHOP_NAME", "PUBLIC_URL", "CURRENCY"])
def test_values_of_the_shop_change_every_page(tea, settings, name):
    before = Client().get("/catalog/")["ETag"]
    setattr(settings, name, "CHF")
    assert Client().get("/catalog/", headers={"If-None-Match": before}).status_code == 200

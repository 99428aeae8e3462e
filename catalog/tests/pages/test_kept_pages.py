"""Pages are kept by what was read for them: whatever changes is on them at once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from catalog import operations, pages
from catalog.models import Brand, Category
from catalog.tests.conftest import NOW, variant

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
def test_what_changes_is_on_every_page_at_once(tea, change, sign, places):
    before = {place: Client().get(place).text for place in places}
    assert [place for place in places if sign in before[place]] == []

    change(tea)

    assert [place for place in places if sign not in Client().get(place).text] == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_did_not_change_is_not_rendered_again(tea, address, monkeypatch):
    first = Client().get(address).text
    monkeypatch.setattr(pages, "_cards", None)
    monkeypatch.setattr(pages, "_structured_data", None)
    assert Client().get(address).text == first

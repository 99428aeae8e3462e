from dataclasses import replace

import pytest

from catalog.models import Product, Variant
from catalog.tests.admin.test_admin import ADMIN, form_of
from shared.contracts.catalog import ProductChanged, StockDeclared
from shared.testing.events import published
from shared.testing.users import MIA

pytestmark = pytest.mark.django_db


def save(client_of, product, **changes):
    form = form_of(product, **changes)
    return client_of(MIA).post(f"{ADMIN}product/{product.pk}/change/", form)


def test_a_first_count_is_passed_on_once(shelved, client_of):
    product = shelved("Tea", units=None)

    for _ in range(2):
        answer = save(client_of, product, **{"variants-0-first_count": "12"})
        assert answer.status_code == 302, answer.text[:2000]

    declared = published(StockDeclared)
    assert [(x.sku, x.quantity) for x in declared] == [("TEA-1", 12)]
    assert declared[0].source.startswith("product form, ")


def test_a_new_product_is_made_with_its_first_count(client_of, db):
    form = {
        **{"title": "Tea", "slug": "tea", "status": "active", "tags": "", "description": ""},
        **{"variants-TOTAL_FORMS": "1", "variants-INITIAL_FORMS": "0", "variants-0-sku": "HM1"},
        **{"variants-0-options": "{}", "variants-0-price": "8.00", "variants-0-position": "0"},
        **{"variants-0-tax_class": "standard", "variants-0-weight_grams": "0"},
        **{"variants-0-track_stock": "on", "variants-0-first_count": "3"},
        **{"images-TOTAL_FORMS": "0", "images-INITIAL_FORMS": "0"},
    }

    answer = client_of(MIA).post(f"{ADMIN}product/add/", form)

    assert answer.status_code == 302, answer.text[:2000]
    assert [(x.sku, x.quantity) for x in published(StockDeclared)] == [("HM1", 3)]


@pytest.mark.parametrize("count", ["-1", "1.5", "two", "1000001"])
def test_a_count_that_is_none_is_refused(shelved, client_of, count):
    product = shelved("Tea", units=None)

    answer = save(client_of, product, **{"variants-0-first_count": count})

    assert answer.status_code == 200
    assert published(StockDeclared) == published(ProductChanged) == []


def test_what_inventory_counted_is_shown_and_stays(shelved, client_of):
    product = shelved("Tea", units=7)
    page = client_of(MIA).get(f"{ADMIN}product/{product.pk}/change/").text
    assert "7 available" in page
    assert "/inventory/admin/inventory/stockitem/?q=TEA-1" in page

    late = save(client_of, product, **{"variants-0-first_count": "12"})

    assert "It was counted meanwhile: 7 are available" in late.text
    assert published(StockDeclared) == []


def test_the_stock_item_is_linked_for_who_may_open_it(shelved, client_of):
    product = shelved("Tea", units=7)
    support = replace(MIA, roles=frozenset({"support"}))

    page = client_of(support).get(f"{ADMIN}product/{product.pk}/change/").text

    assert "7 available" in page
    assert "stockitem" not in page


def test_stock_that_is_not_tracked_is_told(shelved, client_of):
    product = shelved("Tea", units=None)
    form = form_of(product)
    del form["variants-0-track_stock"]

    client_of(MIA).post(f"{ADMIN}product/{product.pk}/change/", form)

    assert [x.variants[0].tracked for x in published(ProductChanged)] == [False]
    assert not Variant.objects.get().track_stock
    assert Product.objects.get().in_stock
    page = client_of(MIA).get(f"{ADMIN}product/{product.pk}/change/").text
    assert "not tracked" in page

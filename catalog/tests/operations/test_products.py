from decimal import Decimal

import pytest

from catalog import operations
from catalog.models import Product, SlugRedirect, Variant
from catalog.queries.products import ProductNotFound
from catalog.rules.product import DuplicateVariant
from catalog.tests.conftest import NOW, variant
from shared.contracts.catalog import ProductChanged, ProductRemoved, StockDeclared
from shared.events.ids import uuid7
from shared.testing.events import published, published_names, run_enqueued_jobs

pytestmark = pytest.mark.django_db


def test_a_product_is_told_whole(db):
    product = operations.create_product(
        changes={
            "title": "Mint tea",
            "brand": "Dar Chai",
            "status": "active",
            "variants": [
                variant("T1", "5.00", options={"Size": "S"}, tax_class="reduced", quantity=4)
            ],
        },
        now=NOW,
    )

    (fact,) = published(ProductChanged)
    assert (fact.slug, fact.active, fact.brand) == ("mint-tea", True, "Dar Chai")
    assert fact.variants[0].price.amount == Decimal("5.00")
    assert (fact.variants[0].options, fact.variants[0].tax_class) == ("Size: S", "reduced")
    assert [x.quantity for x in published(StockDeclared)] == [4]
    product.refresh_from_db()
    assert (product.version, product.min_price, product.in_stock) == (1, Decimal("5.00"), False)


def test_an_update_that_changes_nothing_tells_nothing(shelved):
    product = shelved("Tea")

    changed = operations.update_product(
        product_id=product.pk,
        changes={"title": "Tea", "variants": [variant("TEA-1")]},
        now=NOW,
    )[1]

    assert not changed
    assert published_names() == []
    assert Product.objects.get().version == 1


def test_an_update_counts_a_version_and_takes_variants_away(shelved):
    product = shelved("Tea", options=[{"Size": "S"}, {"Size": "M"}])

    operations.update_product(
        product_id=product.pk,
        changes={"variants": [variant("TEA-2", "12.00", options={"Size": "M"})]},
        now=NOW,
    )

    (fact,) = published(ProductChanged)
    assert [v.sku for v in fact.variants] == ["TEA-2"]
    assert Product.objects.get().version == 2
    assert Variant.objects.get().price == Decimal("12.00")


def test_a_new_address_leaves_a_way_from_the_old_one(shelved):
    product = shelved("Tea")

    operations.update_product(product_id=product.pk, changes={"slug": "chai"}, now=NOW)
    operations.update_product(product_id=product.pk, changes={"slug": "tea"}, now=NOW)

    assert list(SlugRedirect.objects.values_list("slug", flat=True)) == ["chai"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"title": " "}, operations.InvalidProduct),
        ({"slug": "coffee"}, operations.SlugTaken),
        ({"slug": "no good"}, operations.InvalidProduct),
        ({"variants": [variant("COFFEE-1")]}, operations.SkuTaken),
        ({"variants": []}, operations.NotSellable),
        ({"variants": [variant("A"), variant("A")]}, DuplicateVariant),
        ({"variants": [variant("A"), variant("B")]}, DuplicateVariant),
    ],
)
def test_a_refused_change_leaves_everything(shelved, changes, error):
    shelved("Coffee")
    product = shelved("Tea")

    with pytest.raises(error):
        operations.update_product(product_id=product.pk, changes=changes, now=NOW)

    assert published_names() == []
    assert Product.objects.get(pk=product.pk).version == 1
    assert list(product.variants.values_list("sku", flat=True)) == ["TEA-1"]
    assert Product.objects.get(pk=product.pk).slug == "tea"


def test_a_removed_product_is_told_gone(shelved):
    product = shelved("Tea")

    operations.remove_product(product_id=product.pk, now=NOW)

    (fact,) = published(ProductRemoved)
    assert fact.skus == ("TEA-1",)
    assert not Product.objects.exists()


def test_what_is_not_there_cannot_be_removed(db):
    with pytest.raises(ProductNotFound):
        operations.remove_product(product_id=uuid7(), now=NOW)
    assert published_names() == []


def test_archiving_takes_it_out_of_the_shop(shelved):
    ids = [shelved("Tea").pk, shelved("Coffee").pk]

    assert operations.change_status(product_ids=ids, status="archived", now=NOW) == 2
    assert operations.change_status(product_ids=ids, status="archived", now=NOW) == 0
    assert [fact.active for fact in published(ProductChanged)] == [False, False]


def test_republishing_tells_each_product_with_a_newer_version(shelved):
    shelved("Tea")
    shelved("Coffee")

    assert operations.republish_products(now=NOW) == 2
    assert published_names() == ["product.changed"] * 2
    assert set(Product.objects.values_list("version", flat=True)) == {2}


def test_a_renamed_category_republishes_its_products(shelved):
    product = shelved("Tea", shelf=("Drinks",))

    operations.change_category(
        category=product.category, title="Hot drinks", slug="drinks", parent=None
    )
    run_enqueued_jobs()

    assert [fact.category for fact in published(ProductChanged)] == ["Hot drinks"]


def test_a_renamed_brand_republishes_its_products(shelved):
    product = shelved("Tea", brand="Dar")

    operations.rename_brand(brand=product.brand, title="Dar Chai", slug="dar-chai")
    run_enqueued_jobs()

    assert [fact.brand for fact in published(ProductChanged)] == ["Dar Chai"]


def test_a_shelf_moves_but_not_into_itself(db):
    top = operations.ensure_category(path=("A",))
    leaf = operations.ensure_category(path=("A", "B"))
    with pytest.raises(operations.MoveIntoItself):
        operations.change_category(category=top, title="A", slug="a", parent=leaf)
    operations.change_category(category=leaf, title="B", slug="b", parent=None)
    leaf.refresh_from_db()
    assert leaf.depth == 1


def test_a_shelf_with_things_on_it_stays(shelved):
    product = shelved("Tea", shelf=("Drinks",))
    with pytest.raises(operations.CategoryInUse):
        operations.remove_category(category=product.category)

"""What files know products by."""

from importlib import import_module

import pytest
from django.apps import apps

from catalog import operations
from catalog.models import Product, SlugRedirect
from catalog.tests.conftest import NOW, variant

pytestmark = pytest.mark.django_db


def move(product, slug):
    operations.update_product(product_id=product.pk, changes={"slug": slug}, now=NOW)


def handles():
    return dict(Product.objects.values_list("slug", "handle"))


def test_a_product_is_known_by_its_first_address_for_ever(shelved):
    move(shelved("Tea"), "chai")
    assert handles() == {"chai": "tea"}


def test_a_handle_is_of_one_product(shelved):
    tea = shelved("Tea")
    move(tea, "chai")
    SlugRedirect.objects.all().delete()
    shelved("Tea", slug="tea", variants=[variant("T2")])
    assert handles() == {"chai": "tea", "tea": ""}


def test_products_from_before_get_the_handle_that_files_have(shelved, monkeypatch):
    """A former address only where no other product lives."""
    migration = import_module("catalog.migrations.0013_handles_and_warnings")
    monkeypatch.setattr(migration, "BATCH", 2)
    moved, taken = shelved("Tea"), shelved("Pot")
    move(moved, "chai")
    move(moved, "mint")
    move(taken, "kettle")
    for title in ("Cup", "Plate", "Jug"):
        shelved(title)
    shelved("New pot", slug="pot-3")
    Product.objects.filter(slug="pot-3").update(slug="pot")
    Product.objects.update(handle="")

    migration.fill(apps, None)

    assert handles() == {
        "mint": "tea",
        "kettle": "kettle",
        "pot": "pot",
        "cup": "cup",
        "plate": "plate",
        "jug": "jug",
    }


HEAD = "Handle,Title,Variant SKU,Variant Price"


def send(*rows):
    data = "\n".join([HEAD, *rows]).encode()
    run = operations.import_products(data=data, file_name="f.csv", format="shopify", now=NOW)
    return run.created, run.updated, run.unchanged, run.failed


@pytest.fixture
def before(shelved):
    """As an earlier release left `Mint Tea`, whose handle it had folded."""
    product = shelved("Mint tea", variants=[variant("M1", "5.00")])
    Product.objects.update(handle_guessed=True)
    return product


@pytest.mark.parametrize("row", ["Mint Tea,Mint tea,,5", "Mint Tea,Other,M1,5"])
def test_a_file_from_before_finds_its_products_again(before, row):
    assert send(row)[0] == 0
    assert Product.objects.get().handle == "Mint Tea"
    assert send(row) == (0, 0, 1, 0)


def test_an_exact_handle_is_told_to_nobody(before):
    assert send("mint-tea,Mint tea,M1,5") == (0, 0, 1, 0)
    product = Product.objects.get()
    assert (product.handle, product.handle_guessed, product.version) == ("mint-tea", False, 1)


@pytest.mark.parametrize(
    "rows",
    [
        ["Mint Tea,Another,A1,5"],
        ["Mint Tea,Mint tea,A1,5", "mint-tea,Mint tea,M1,5"],
    ],
)
def test_nothing_else_is_taken_for_a_product_from_before(before, rows):
    assert send(*rows)[0] == 1
    assert sorted(Product.objects.values_list("handle", flat=True)) == ["Mint Tea", "mint-tea"]
    assert before.variants.get().sku == "M1"


def test_what_has_a_sure_handle_is_never_recognised(before):
    Product.objects.update(handle_guessed=False)
    assert send("Mint Tea,Mint tea,A1,5") == (1, 0, 0, 0)

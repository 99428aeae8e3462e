from pathlib import Path

import pytest
from django.conf import settings as django_settings

from catalog import operations
from catalog.management.illustrations import draw
from catalog.models import Category, ImportRun, Product, ProductImage, Variant
from catalog.queries.imports import list_import_errors
from catalog.tests.conftest import NOW, variant
from shared.contracts.catalog import StockDeclared
from shared.events.models import OutboxMessage
from shared.testing.events import published, published_names

pytestmark = pytest.mark.django_db
HEAD = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,"
    "Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src,Image Alt Text"
)
TEA = 'tea,Tea,<p>x</p><script>1</script>,Dar,Drinks,"a, b",true,Size,S,,5,6.90,8.00,https://x.example/t.jpg,Leaves'
TEA_M = "tea,,,,,,,,M,,7,9.90,,,"
POT = "pot,Pot,,Dar,Home > Kitchen,,false,,,POT,,20,,,"


def run(*rows, **options):
    data = "\r\n".join([HEAD, *rows]).encode("utf-8-sig")
    return operations.import_products(
        data=data, file_name="f.csv", format="shopify", now=NOW, **options
    )


def rows_of(report):
    return list(list_import_errors(report))


def counts(report):
    return report.created, report.updated, report.unchanged, report.failed


def test_a_file_becomes_products():
    report = run(TEA, TEA_M, POT)

    assert counts(report) == (2, 0, 0, 0)
    tea = Product.objects.get(slug="tea")
    assert (tea.status, tea.description, tea.tags) == ("active", "<p>x</p>", ["a", "b"])
    assert list(tea.variants.order_by("position").values_list("sku", flat=True)) == [
        "tea-s",
        "tea-m",
    ]
    assert tea.images.get().source_url == "https://x.example/t.jpg"
    assert (tea.image_url, str(tea.compare_at_price)) == ("", "8.00")
    pot = Product.objects.get(slug="pot")
    assert (pot.status, pot.category.title, Category.objects.get_parent(pot.category).title) == (
        "draft",
        "Kitchen",
        "Home",
    )
    assert [fact.quantity for fact in published(StockDeclared)] == [5, 7]


def test_the_same_file_again_changes_and_tells_nothing():
    run(TEA, TEA_M, POT)
    OutboxMessage.objects.all().delete()

    assert counts(run(TEA, TEA_M, POT)) == (0, 0, 2, 0)
    assert published_names() == []
    assert set(Product.objects.values_list("version", flat=True)) == {1}


def test_a_change_updates_what_it_names():
    run(TEA, TEA_M, POT)
    OutboxMessage.objects.all().delete()

    assert counts(run(TEA.replace("6.90", "5.90"), TEA_M, POT)) == (0, 1, 1, 0)
    assert published_names() == ["product.changed"]


def test_a_dry_run_tells_the_same_and_keeps_nothing():
    report = run(TEA, TEA_M, POT, "x,X,,,,,,,,,,bad,,,", dry_run=True)

    assert counts(report) == (2, 0, 0, 1)
    assert not Product.objects.exists()
    assert published_names() == []
    assert ImportRun.objects.get().dry_run


def test_good_products_land_beside_bad_ones():
    report = run(
        "bad,Bad,,,,,,,,B1,,free,,,", TEA, "tea,,,,,,,,L,,,-2,,,", POT, ",No,,,,,,,,,,1,,,"
    )

    assert counts(report) == (2, 0, 0, 2)
    assert [(r.row, r.handle, r.code) for r in rows_of(report)] == [
        (2, "bad", "bad_price"),
        (4, "tea", "negative_price"),
        (6, "", "missing_handle"),
    ]
    assert set(Product.objects.values_list("slug", flat=True)) == {"pot", "tea"}
    saved = ImportRun.objects.get()
    assert (saved.status, saved.failed, saved.errors.count()) == ("done", 2, 3)


def test_a_sku_of_another_product_stays_there(shelved):
    coffee = shelved("Coffee")

    for created, updated in ((1, 0), (0, 0)):
        report = run("pot,Pot,,,,,,,,COFFEE-1,,5,,,")

        assert (report.created, report.updated, report.failed) == (created, updated, 0)
        assert [(r.row, r.code, r.severity) for r in rows_of(report)] == [
            (2, "sku_taken", "warning")
        ]
    assert Product.objects.get(slug="pot").variants.get().sku == "pot"
    assert coffee.variants.get().sku == "COFFEE-1"


def test_a_row_without_sku_keeps_the_one_that_its_options_have():
    run(TEA, TEA_M)
    Variant.objects.filter(sku="tea-m").update(sku="MY-M")

    assert counts(run(TEA, TEA_M)) == (0, 0, 1, 0)
    assert Variant.objects.filter(sku="MY-M").exists()


def test_a_product_that_moved_is_found_by_its_old_handle():
    run(TEA)
    operations.update_product(
        product_id=Product.objects.get().pk, changes={"slug": "chai"}, now=NOW
    )

    assert counts(run(TEA)) == (0, 0, 1, 0)
    assert Product.objects.get().slug == "chai"


def test_what_is_archived_stays_archived():
    run(TEA)
    operations.change_status(product_ids=[Product.objects.get().pk], status="archived", now=NOW)

    assert counts(run(TEA)) == (0, 0, 1, 0)


def test_pictures_beside_the_file_are_kept_as_our_own():
    row = "pot,Pot,,,,,,,,P,,5,,pot.webp,"
    from catalog.clients import store_image

    report = run(row, resolve=lambda name: store_image(draw("bowl", "mint")))

    assert report.created == 1
    image = ProductImage.objects.get()
    assert image.sizes == [320, 640, 1280]
    url = Product.objects.get().image_url
    assert (Path(django_settings.MEDIA_ROOT) / url.removeprefix("/media/")).exists()

    again = run(row)

    assert (again.unchanged, again.warnings) == (1, 0)
    assert ProductImage.objects.get().sizes == [320, 640, 1280]


def test_a_relative_picture_that_nobody_has_is_named():
    report = run("pot,Pot,,,,,,,,P,,5,,pot.webp,")
    assert [(r.code, r.severity) for r in rows_of(report)] == [("bad_image", "warning")]
    assert not ProductImage.objects.exists()


def test_too_large_a_file_and_an_unknown_format_are_refused(settings):
    settings.IMPORT_MAX_BYTES = 10
    with pytest.raises(operations.FileTooLarge):
        run(TEA)
    settings.IMPORT_MAX_BYTES = 10_000
    with pytest.raises(operations.UnknownFormat):
        operations.import_products(data=b"x", file_name="x", format="xml", now=NOW)
    assert not ImportRun.objects.exists()


def test_a_variant_made_by_hand_can_be_imported_over(shelved):
    product = shelved("Tea", variants=[variant("HAND")])

    assert counts(run("tea,Tea,,,,,,,,HAND,,12,,,")) == (0, 1, 0, 0)
    assert product.variants.get().sku == "HAND"

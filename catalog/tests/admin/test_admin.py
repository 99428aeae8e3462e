import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from catalog import operations
from catalog.models import Category, ImportRun, Product, ProductImage, SlugRedirect
from catalog.operations import importing
from shared.testing.events import published_names, run_enqueued_jobs
from shared.testing.users import ALICE, MIA

pytestmark = pytest.mark.django_db
ADMIN = "/catalog/admin/catalog/"


def form_of(product: Product, **changes: object) -> dict[str, object]:
    (variant,) = product.variants.all()
    return {
        "title": product.title,
        "slug": product.slug,
        "status": product.status,
        "tags": "a,b",
        "description": "<p>x</p><script>x</script>",
        "seo_title": "",
        "seo_description": "",
        "variants-TOTAL_FORMS": "1",
        "variants-INITIAL_FORMS": "1",
        "variants-0-id": variant.pk,
        "variants-0-product": product.pk,
        "variants-0-sku": variant.sku,
        "variants-0-options": "{}",
        "variants-0-price": "12.50",
        "variants-0-tax_class": "standard",
        "variants-0-weight_grams": "0",
        "variants-0-position": "0",
        "variants-0-track_stock": "on",
        "images-TOTAL_FORMS": "0",
        "images-INITIAL_FORMS": "0",
        **changes,
    }


def picture() -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", (800, 600), "red").save(buffer, "PNG")
    return SimpleUploadedFile("red.png", buffer.getvalue())


@pytest.mark.parametrize(
    "page",
    [
        "product/",
        "product/add/",
        "category/",
        "category/add/",
        "brand/",
        "importrun/",
        "importrun/import/",
    ],
)
def test_the_pages_open(client_of, db, page):
    answer = client_of(MIA).get(ADMIN + page, follow=True)
    assert answer.status_code == 200


def test_a_save_is_told_once_with_everything(shelved, client_of):
    product = shelved("Tea")

    form = form_of(product, slug="chai", **{"variants-0-price": "15.00"})
    answer = client_of(MIA).post(f"{ADMIN}product/{product.pk}/change/", form)

    assert answer.status_code == 302, answer.text[:2000]
    assert published_names() == ["product.changed"]
    product.refresh_from_db()
    assert (product.version, str(product.min_price), product.slug) == (2, "15.00", "chai")
    assert product.description == "<p>x</p>"
    assert SlugRedirect.objects.get().slug == "tea"


def test_a_picture_is_uploaded(shelved, client_of):
    product = shelved("Tea")
    form = form_of(product, **{"images-TOTAL_FORMS": "1", "images-0-position": "0"})

    client_of(MIA).post(
        f"{ADMIN}product/{product.pk}/change/", {**form, "images-0-upload": picture()}
    )

    assert ProductImage.objects.get().sizes == [320, 640]
    assert Product.objects.get().image_url.endswith("-640.webp")


@pytest.mark.parametrize(
    "changes",
    [
        {"variants-0-DELETE": "on"},
        {"variants-0-price": "-1"},
        {"variants-0-price": "10000000.00"},
        {"variants-0-compare_at_price": "10000000.00"},
        {"variants-0-options": "[1]"},
        {"variants-0-options": '{"A": "1", " A": "2"}'},
        {"variants-0-sku": ""},
        {"variants-0-sku": "TEA/1"},
        {"variants-0-sku": "TEA%1"},
        {"title": ""},
        {
            "images-TOTAL_FORMS": "1",
            "images-0-position": "0",
            "images-0-upload": SimpleUploadedFile("x.png", b"no picture"),
        },
    ],
)
def test_a_mistake_stands_in_the_form_and_changes_nothing(shelved, client_of, changes):
    product = shelved("Tea")

    answer = client_of(MIA).post(
        f"{ADMIN}product/{product.pk}/change/", form_of(product, **changes)
    )

    assert answer.status_code == 200
    assert Product.objects.get().version == 1
    assert published_names() == []


def test_pictures_that_a_mistake_loses_are_named(shelved, client_of):
    product = shelved("Tea")
    images = {"images-TOTAL_FORMS": "1", "images-0-position": "0"}
    form = {**form_of(product, title="", **images), "images-0-upload": picture()}

    address = f"{ADMIN}product/{product.pk}/change/"
    answer = client_of(MIA).post(address, form)

    assert answer.status_code == 200
    assert "The chosen pictures were not kept" in answer.text
    assert not ProductImage.objects.exists()
    plain = client_of(MIA).post(address, form_of(product, title=""))
    assert "The chosen pictures were not kept" not in plain.text


def test_many_are_archived_and_removed_at_once(shelved, client_of):
    ids = [str(shelved(title).pk) for title in ("Tea", "Pot")]
    mia = client_of(MIA)

    mia.post(f"{ADMIN}product/", {"action": "archive_selected", "_selected_action": ids})
    assert set(Product.objects.values_list("status", flat=True)) == {"archived"}
    chosen = {"action": "delete_selected", "_selected_action": ids, "post": "yes"}
    mia.post(f"{ADMIN}product/", chosen)

    assert not Product.objects.exists()
    assert published_names() == ["product.changed"] * 2 + ["product.removed"] * 2


def test_a_category_is_made_under_another(client_of, db):
    mia = client_of(MIA)
    mia.post(f"{ADMIN}category/add/", {"title": "A", "slug": "a"})
    parent = Category.objects.get()
    mia.post(f"{ADMIN}category/add/", {"title": "B", "slug": "b", "parent": parent.pk})
    child = Category.objects.get(slug="b")
    assert Category.objects.get_parent(child) == parent
    answer = mia.post(
        f"{ADMIN}category/{parent.pk}/change/", {"title": "A", "slug": "a", "parent": child.pk}
    )
    assert answer.status_code == 200
    assert "part of itself" in answer.text


@pytest.mark.parametrize(("title", "slug"), [("Посуда", "посуда"), ("Thé vert", "the-vert")])
def test_a_shelf_needs_no_more_than_its_title(client_of, db, title, slug):
    mia = client_of(MIA)
    for address in (slug, f"{slug}-2"):
        answer = mia.post(f"{ADMIN}category/add/", {"title": title, "slug": ""})
        assert answer.status_code == 302
        assert Category.objects.order_by("-pk").first().slug == address
    shelf = Category.objects.get(slug=slug)
    mia.post(f"{ADMIN}category/{shelf.pk}/change/", {"title": "Other", "slug": ""})
    assert Category.objects.get(pk=shelf.pk).slug == slug


def test_a_shelf_s_address_may_be_of_any_script(client_of, db):
    answer = client_of(MIA).post(f"{ADMIN}category/add/", {"title": "Dishes", "slug": "посуда"})
    assert (answer.status_code, Category.objects.get().slug) == (302, "посуда")


def test_a_product_made_by_hand_is_known_to_files_by_its_address(client_of, db, shelved):
    tea = form_of(shelved("Tea"), title="Pot", slug="чайник")
    new = {"variants-INITIAL_FORMS": "0", "variants-0-id": "", "variants-0-product": ""}
    answer = client_of(MIA).post(f"{ADMIN}product/add/", {**tea, **new, "variants-0-sku": "POT"})
    assert answer.status_code == 302, answer.text[:2000]
    assert Product.objects.get(slug="чайник").handle == "чайник"


def test_a_file_is_imported_and_its_rows_shown(client_of, db):
    file = SimpleUploadedFile("f.csv", b"Handle,Title,Variant Price\ntea,Tea,5\nbad,Bad,x\n")

    mia = client_of(MIA)
    answer = mia.post(f"{ADMIN}importrun/import/", {"file": file, "format": "shopify"})
    waiting = mia.get(answer["Location"])
    run_enqueued_jobs()
    done = mia.get(answer["Location"])

    assert (waiting["Refresh"], "Queued" in waiting.text) == ("2", True)
    assert ("Refresh" in done, "bad_price" in done.text) == (False, True)
    assert "2 of 2 products" in done.text
    assert ("Done" in done.text, "&#x27;done&#x27;" in done.text) == (True, False)
    assert Product.objects.get().title == "Tea"


def test_what_was_left_out_is_shown_as_a_warning(client_of, db):
    data = b"Handle,Title,Variant Inventory Qty,Variant Price\ntea,Tea,-2,5\n"
    file = SimpleUploadedFile("f.csv", data)

    mia = client_of(MIA)
    answer = mia.post(f"{ADMIN}importrun/import/", {"file": file, "format": "shopify"})
    run_enqueued_jobs()
    page = mia.get(answer["Location"]).text

    assert ("negative_quantity" in page, "Warning" in page) == (True, True)
    run = ImportRun.objects.get()
    assert (run.created, run.failed, run.warnings) == (1, 0, 1)


def test_an_import_that_got_stuck_says_so(client_of, db):
    run = ask_for_import()
    later = timezone.now() + importing.PATIENCE
    ImportRun.objects.update(calls=importing.MOST_CALLS)
    operations.resume_imports(now=later)

    page = client_of(MIA).get(f"{ADMIN}importrun/{run.pk}/change/")

    assert "Failed" in page.text
    assert "The import got stuck, and trying it again did not help." in page.text
    assert "Refresh" not in page


def ask_for_import():
    data = b"Handle,Title,Variant Price\ntea,Tea,5"
    return operations.request_import(data=data, format="shopify", now=timezone.now())


@pytest.mark.parametrize("wish", [{}, {"url": "https://x.example/f.csv", "file": "both"}])
def test_a_file_or_an_address_is_wanted(client_of, db, wish):
    if "file" in wish:
        wish = {**wish, "file": SimpleUploadedFile("f.csv", b"Handle,Title,Variant Price\n")}
    page = client_of(MIA).post(f"{ADMIN}importrun/import/", {**wish, "format": "shopify"})

    assert "Choose a file, or give the address of one." in page.text
    assert not ImportRun.objects.exists()


def test_a_private_address_is_told_in_the_form(client_of, db):
    wish = {"url": "http://169.254.169.254/f.csv", "format": "shopify"}
    page = client_of(MIA).post(f"{ADMIN}importrun/import/", wish)

    assert "public hosts" in page.text
    assert not ImportRun.objects.exists()
    assert published_names() == []


def test_a_file_that_is_none_is_told_in_the_form(client_of, db):
    file = SimpleUploadedFile("f.csv", b"hello")
    page = client_of(MIA).post(f"{ADMIN}importrun/import/", {"file": file, "format": "shopify"})
    assert "has no column" in page.text
    assert not ImportRun.objects.exists()


def test_a_shopper_gets_in_nowhere(client_of, db):
    assert client_of(ALICE).get(ADMIN + "product/", follow=True).status_code == 403

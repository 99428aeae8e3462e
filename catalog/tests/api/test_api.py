from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import ImportRun, Product, Variant
from shared.contracts.catalog import ProductChanged
from shared.testing.events import published, published_names, run_enqueued_jobs
from shared.testing.users import ALICE, MIA

pytestmark = pytest.mark.django_db
IMPORTS = "/catalog/api/v1/imports/"
URL = "/catalog/api/v1/products/"
MONEY = {"amount": "5.00", "currency": "EUR"}
# Python takes them for numbers.
ODD = ("19_99", "１９.９９", "٣.٥٠", "1e1", "+5", "5.")
BODY = {"title": "Mint tea", "status": "active", "variants": [{"sku": "T1", "price": MONEY}]}


def test_anybody_lists_and_the_gateway_may_keep_it(shelved, api_of):
    shelved("Mint tea", brand="Dar")

    answer = api_of(None).get(URL + "?search=mint")

    body = answer.json()
    assert (body["count"], body["next"], body["previous"]) == (1, None, None)
    assert body["results"][0]["price"] == {"amount": "10.00", "currency": "EUR"}
    assert {f["name"] for f in body["facets"]} >= {"brand", "in_stock"}
    assert answer["X-Accel-Expires"] == "5"


def test_the_gateway_keeps_for_a_second_that_a_product_is_gone(client, api_of):
    gone = client.get(URL + "tea/")
    assert (gone.status_code, gone["X-Accel-Expires"]) == (404, "1")
    assert "no-store" in api_of(MIA).get(URL + "tea/")["Cache-Control"]


def test_one_product_has_its_skus(shelved, api_of):
    shelved("Mint tea", options=[{"Size": "S"}])

    body = api_of(None).get(URL + "mint-tea/").json()

    (variant,) = body["variants"]
    assert (variant["sku"], variant["options"]) == ("MINT-TEA-1", {"Size": "S"})
    assert variant["availability"] == "in_stock"


def test_the_merchant_makes_changes_and_removes(api_of, db):
    mia = api_of(MIA)

    assert mia.post(URL, BODY).status_code == 201
    changed = mia.patch(URL + "mint-tea/", {"title": "Nana tea"})
    assert changed.json()["title"] == "Nana tea"
    assert mia.delete(URL + "mint-tea/", {"sku": "MINT-S"}).status_code == 400
    assert mia.delete(URL + "mint-tea/").status_code == 204
    assert [f.title for f in published(ProductChanged)] == ["Mint tea", "Nana tea"]
    assert published_names()[-1] == "product.removed"


@pytest.mark.parametrize(("person", "status"), [(None, 401), (ALICE, 403)])
def test_nobody_else_writes(shelved, api_of, person, status):
    shelved("Tea")
    api = api_of(person)

    assert api.post(URL, BODY).status_code == status
    assert api.patch(URL + "tea/", {"title": "x"}).status_code == status
    assert api.delete(URL + "tea/").status_code == status
    assert api.post("/catalog/api/v1/imports/", {}, format="multipart").status_code == status
    assert Product.objects.get().title == "Tea"
    assert published_names() == []


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"variants": [{"sku": "A", "price": {"amount": "-1", "currency": "EUR"}}]},
        {"variants": [{"sku": "A", "price": {"amount": "1", "currency": "USD"}}]},
        {"variants": [{"sku": "A", "price": "5"}]},
        {"variants": [{"sku": "A", "price": {"amount": "1e99", "currency": "EUR"}}]},
        *({"variants": [{"sku": "A", "price": {"amount": x, "currency": "EUR"}}]} for x in ODD),
        {"variants": [{"sku": "A", "price": MONEY, "quantity": "1_0"}]},
        {"variants": [{"sku": "A", "price": MONEY, "weight_grams": "٥"}]},
        {"variants": "x"},
        {"category": "nope"},
        {"status": "sold"},
        {"slug": "a b"},
        {"images": [{"source_url": "javascript:x"}]},
    ],
)
def test_senseless_input_is_refused(api_of, db, change):
    answer = api_of(MIA).post(URL, {**BODY, **change})

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_input"
    assert not Product.objects.exists()
    assert published_names() == []


@pytest.mark.parametrize(
    "change",
    [
        {"published_at": "2030-01-01T00:00:00Z"},
        {"variants": [{"sku": "T1", "price": MONEY, "currency": "EUR"}]},
        {"images": [{"source_url": "https://shop.example/a.jpg", "position": 2}]},
    ],
)
def test_a_field_that_nobody_reads_is_refused(api_of, db, change):
    answer = api_of(MIA).post(URL, {**BODY, **change})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert not Product.objects.exists()
    assert published_names() == []


@pytest.mark.parametrize("sku", ["A/B", "A%2FB", "A?B", "A#B", "..", "A\tB"])
def test_a_sku_that_cannot_stand_in_a_path_is_refused(shelved, api_of, sku):
    shelved("Tea")
    wrong = {"variants": [{"sku": sku, "price": MONEY}]}

    made = api_of(MIA).post(URL, {**BODY, **wrong})
    changed = api_of(MIA).patch(URL + "tea/", {**wrong, "version": 1})

    assert [(a.status_code, a.json()["code"]) for a in (made, changed)] == [(400, "bad_sku")] * 2
    assert Product.objects.get().variants.get().sku == "TEA-1"
    assert published_names() == []


@pytest.mark.parametrize("options", [{"": "M"}, {"Size": "\x1e"}, {"Size": "M", " Size": "L"}])
def test_an_option_needs_a_name_of_its_own_and_a_value(api_of, options):
    made = api_of(MIA).post(URL, {**BODY, "variants": [{"price": MONEY, "options": options}]})

    assert made.status_code == 400
    assert not Product.objects.exists()


def test_options_are_kept_as_filters_ask_for_them(api_of):
    options = {" Inner\x1e size": "extra   large"}
    made = api_of(MIA).post(URL, {**BODY, "variants": [{"price": MONEY, "options": options}]})

    assert made.status_code == 201
    assert Variant.objects.get().options == {"Inner size": "extra large"}


def test_a_new_price_leaves_the_rest_of_a_variant_as_it_is(shelved, api_of):
    shelved("Tea")
    kept = {
        "options": {"Size": "M"},
        "compare_at_price": Decimal("12.00"),
        "tax_class": "reduced",
        "barcode": "4006381333931",
        "weight_grams": 250,
        "track_stock": False,
    }
    Variant.objects.update(**kept)
    mia = api_of(MIA)

    price = {"sku": "TEA-1", "price": {"amount": "7.00", "currency": "EUR"}}
    assert mia.patch(URL + "tea/", {"variants": [price], "version": 1}).status_code == 200
    bare = {"variants": [{"sku": "TEA-1"}], "version": 2}
    assert mia.patch(URL + "tea/", bare).status_code == 400

    product, variant = Product.objects.get(), Variant.objects.get()
    assert (product.title, str(product.min_price), product.version) == ("Tea", "7.00", 2)
    assert {name: getattr(variant, name) for name in kept} == kept


@pytest.mark.parametrize("lists", [{"variants": []}, {"images": []}])
def test_whole_lists_need_the_version_that_was_read(shelved, api_of, lists):
    shelved("Tea", status="draft")
    mia = api_of(MIA)

    blind = mia.patch(URL + "tea/", lists)
    assert (blind.status_code, blind.json()["code"]) == (428, "version_required")
    assert mia.patch(URL + "tea/", lists, HTTP_IF_MATCH="*").status_code == 200


def test_who_removes_another_version_than_was_read_is_told(shelved, api_of):
    shelved("Tea")

    late = api_of(MIA).delete(URL + "tea/", HTTP_IF_MATCH='"0"')

    assert (late.status_code, late.json()["code"]) == (412, "stale_version")
    assert Product.objects.exists()
    assert api_of(MIA).delete(URL + "tea/", HTTP_IF_MATCH='"1"').status_code == 204


def test_a_first_count_that_comes_too_late_is_refused(shelved, api_of):
    shelved("Tea")
    Variant.objects.update(available=3)
    body = {"variants": [{"sku": "TEA-1", "price": MONEY, "quantity": 80}], "version": 1}

    late = api_of(MIA).patch(URL + "tea/", body)

    assert (late.status_code, late.json()["code"]) == (409, "already_counted")
    assert published_names() == []


def test_conflicts_have_their_codes(shelved, api_of):
    shelved("Tea")
    mia = api_of(MIA)
    taken = mia.post(URL, {**BODY, "variants": [{"sku": "TEA-1", "price": MONEY}]})
    assert (taken.status_code, taken.json()["code"]) == (409, "sku_taken")
    bare = mia.post(URL, {"title": "Bare", "status": "active"})
    assert (bare.status_code, bare.json()["code"]) == (409, "product_not_sellable")
    assert Product.objects.count() == 1


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("min_price=x", 400, "invalid_input"),
        ("page=0", 400, "invalid_input"),
        ("page=7", 404, "page_not_found"),
        ("ordering=id", 400, "invalid_input"),
    ],
)
def test_senseless_filters_are_told(api_of, db, query, status, code):
    answer = api_of(None).get(f"{URL}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_draft_is_the_merchants(shelved, api_of):
    shelved("Tea", status="draft")
    assert api_of(None).get(URL + "tea/").json()["code"] == "product_not_found"
    assert api_of(MIA).get(URL + "tea/").status_code == 200


def test_the_tree_is_listed(shelved, api_of):
    shelved("Tea", shelf=("Drinks", "Teas"))
    rows = api_of(None).get("/catalog/api/v1/categories/").json()
    assert [(r["slug"], r["parent"], r["count"]) for r in rows] == [
        ("drinks", "", 1),
        ("teas", "drinks", 1),
    ]


def upload(api, data, **fields):
    file = SimpleUploadedFile("products.csv", data)
    return api.post("/catalog/api/v1/imports/", {"file": file, **fields}, format="multipart")


def test_a_file_is_imported_and_its_report_kept(api_of, db):
    mia = api_of(MIA)

    answer = upload(mia, b"Handle,Title,Variant Price\ntea,Tea,5\nbad,Bad,x\n", format="shopify")

    body = answer.json()
    assert (answer.status_code, body["status"], body["total"]) == (202, "queued", 0)
    assert answer["Location"] == f"/catalog/api/v1/imports/{body['id']}/"
    assert mia.get(answer["Location"]).json() == body
    assert run_enqueued_jobs() == ["job.catalog.run_import"]
    body = mia.get(answer["Location"]).json()
    assert (body["status"], body["total"], body["created"], body["failed"]) == ("done", 2, 1, 1)
    assert body["rows"] == [
        {
            "row": 3,
            "handle": "bad",
            "severity": "error",
            "code": "bad_price",
            "message": "Variant Price is 'x'; it must be an amount like 19.99.",
        }
    ]


def test_imports_are_listed_the_newest_first(api_of, db):
    mia = api_of(MIA)
    ids = [upload(mia, b"Handle,Title,Variant Price\n").json()["id"] for _ in range(3)]

    body = mia.get(IMPORTS).json()

    assert (body["count"], body["next"], body["previous"]) == (3, None, None)
    assert [(run["id"], run["status"]) for run in body["results"]] == [
        (pk, "queued") for pk in reversed(ids)
    ]


def test_an_address_waits_for_the_worker(api_of, db):
    mia = api_of(MIA)

    answer = mia.post(IMPORTS, {"url": "https://feeds.example/a%20b.csv?x=1"})

    body = answer.json()
    assert (answer.status_code, body["status"]) == (202, "queued")
    assert (body["url"], body["file_name"]) == ("https://feeds.example/a%20b.csv?x=1", "a b.csv")
    assert published_names() == ["job.catalog.run_import"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_input"),
        ({"url": ""}, "invalid_input"),
        ({"url": ["https://x.example"]}, "invalid_input"),
        ({"file": "Handle"}, "invalid_input"),
        ({"url": "https://x.example/" + "a" * 1000}, "invalid_input"),
        ({"url": "file:///etc/passwd"}, "import_url_refused"),
        ({"url": "http://127.0.0.1/f.csv"}, "import_url_refused"),
        ({"url": "https://x.example:8000/f.csv"}, "import_url_refused"),
    ],
)
def test_an_address_that_is_none_is_refused(api_of, db, body, code):
    answer = api_of(MIA).post(IMPORTS, body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not ImportRun.objects.exists()
    assert published_names() == []


def test_a_file_and_an_address_are_too_much(api_of, db):
    answer = upload(api_of(MIA), b"Handle,Title,Variant Price\n", url="https://x.example/f.csv")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(("person", "status"), [(None, 401), (ALICE, 403)])
def test_nobody_else_sees_imports(api_of, db, person, status):
    pk = upload(api_of(MIA), b"Handle,Title,Variant Price\n").json()["id"]

    assert api_of(person).get(IMPORTS).status_code == status
    assert api_of(person).get(f"{IMPORTS}{pk}/").status_code == status


def test_a_dry_run_keeps_nothing(api_of, db):
    mia = api_of(MIA)
    answer = upload(mia, b"Handle,Title,Variant Price\ntea,Tea,5\n", dry_run="true")
    run_enqueued_jobs()
    body = mia.get(answer["Location"]).json()
    assert (body["status"], body["dry_run"], body["created"]) == ("done", True, 1)
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("data", "fields", "status", "code"),
    [
        (b"", {}, 400, "not_csv"),
        (b"hello", {}, 400, "not_csv"),
        (b"Handle,Title,Variant Price,\x81", {}, 400, "wrong_encoding"),
        (b"x" * 11_000_000, {}, 413, "file_too_large"),
        (b"x", {"format": "xml"}, 400, "invalid_input"),
        (b"x", {"dry_run": "perhaps"}, 400, "invalid_input"),
    ],
)
def test_a_file_that_is_none_is_refused(api_of, db, data, fields, status, code):
    answer = upload(api_of(MIA), data, **fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not ImportRun.objects.exists()
    assert published_names() == []


def test_the_schema_is_served(api_of, db):
    assert api_of(None).get("/catalog/api/v1/schema/").status_code == 200


def test_a_change_that_names_its_version_undoes_nothing(shelved, api_of):
    shelved("Tea")
    mia = api_of(MIA)
    assert mia.patch(URL + "tea/", {"title": "Green tea", "version": 1}).status_code == 200

    late = mia.patch(URL + "tea/", {"title": "Black tea", "version": 1})
    blind = mia.patch(URL + "tea/", {"title": "Red tea"}, HTTP_IF_MATCH='"1"')

    assert (late.status_code, late.json()["code"]) == (409, "stale_version")
    assert (blind.status_code, blind.json()["code"]) == (412, "stale_version")
    assert [x.title for x in published(ProductChanged)] == ["Green tea"]
    assert mia.patch(URL + "tea/", {"tags": ["x"]}, HTTP_IF_MATCH='W/"2"').status_code == 200
    assert mia.patch(URL + "tea/", {"seo_title": "Tea"}).json()["title"] == "Green tea"


@pytest.mark.parametrize("match", ["1", '"one"', '"1_0"', '"' + "9" * 40 + '"'])
def test_what_is_no_version_matches_nothing(shelved, api_of, match):
    shelved("Tea")

    answer = api_of(MIA).patch(URL + "tea/", {"title": "x"}, HTTP_IF_MATCH=match)

    assert answer.status_code == 412
    assert Product.objects.get().title == "Tea"
    assert published_names() == []


def test_two_versions_at_once_are_a_mistake(shelved, api_of):
    shelved("Tea")

    body = {"title": "x", "version": 1}
    answer = api_of(MIA).patch(URL + "tea/", body, HTTP_IF_MATCH='"2"')

    assert answer.status_code == 400
    assert Product.objects.get().title == "Tea"

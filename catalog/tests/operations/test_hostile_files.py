"""Whatever the bytes are, an import ends with a report: good products land, bad rows are named."""

import csv
import io

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from catalog import operations
from catalog.models import Brand, Product, Variant
from catalog.queries.imports import list_import_errors
from catalog.rules.tables import NotCsv, WrongEncoding
from catalog.tests.conftest import NOW
from shared.errors import DomainError
from shared.testing.events import run_enqueued_jobs

COLUMNS = [
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published",
    "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Variant SKU",
    "Variant Grams", "Variant Inventory Qty", "Variant Price", "Variant Compare At Price",
    "Variant Tax Code", "Variant Barcode", "Image Src", "Image Alt Text", "SEO Title", "Status",
]  # fmt: skip
GOOD = {"Handle": "good-one", "Title": "Good", "Variant SKU": "GOOD-1", "Variant Price": "5.00"}
NASTY = [
    "", " ", "x", "tea", "TEA", "Té", "a/b", "..", "-1", "0", "1e5", "NaN", "9" * 40, "1.999", "٣",
    "true", "=1+1", "+1", "@SUM(A1)", "\t=1", "'", '"', "a\nb", "\r\n", "\ufeff", "\u202ex",
    "\u0130", "i", "ı", "ß", "ﷺ" * 90, "😀" * 250, "\x1f", "\x7f", "\x85", "\ud7ff\ue000", "\uffff",
    "<b>" * 400, "</script><!--# include -->", "A > B > C", " > ", "https://x.example/a.jpg",
    "javascript:alert(1)", "../../etc/passwd", "%00", "' OR 1=1 --", "a" * 300, "é" * 255,
]  # fmt: skip
cells = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
)
rows = st.lists(st.dictionaries(st.sampled_from(COLUMNS), cells, max_size=12), max_size=6)


def write(rows, columns=COLUMNS):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def run(data, **options):
    return operations.import_products(
        data=data, file_name="f.csv", format="shopify", now=NOW, **options
    )


calm = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class AnyTable(TestCase):
    @calm
    @given(rows)
    @example([{**GOOD, "Handle": "x", "Vendor": "i"}, {**GOOD, "Handle": "y", "Vendor": "\u0130"}])
    def test_each_row_lands_or_is_named_and_the_good_ones_land(self, rows):
        report = run(write([*rows, GOOD]))

        errors = list(list_import_errors(report))
        assert report.status == "done"
        assert "internal_error" not in {error.code for error in errors}
        assert all(2 <= error.row <= len(rows) + 2 for error in errors)
        landed = report.created + report.updated + report.unchanged
        assert landed + report.failed == report.total
        assert any(error.severity == "error" for error in errors) == bool(report.failed)
        assert report.warnings == sum(error.severity == "warning" for error in errors)
        spoilt = any(r.get("Variant SKU", "").strip() == "GOOD-1" for r in rows)
        assert spoilt or Product.objects.filter(slug="good-one").exists()

    @calm
    @given(rows)
    def test_the_same_table_again_changes_nothing(self, rows):
        data = write(rows)
        first = run(data)
        again = run(data)

        assert (again.created, again.updated) == (0, 0)
        assert again.failed == first.failed


class AnyBytes(TestCase):
    @settings(max_examples=200, deadline=None)
    @given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(write([GOOD]).__add__)))
    def test_it_is_refused_or_imported(self, data):
        try:
            report = run(data)
        except (NotCsv, WrongEncoding):
            return
        assert report.status == "done"


pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xef\xbb\xbf", "not_csv"),
        ("Handle,Title,Variant Price\na,A,1".encode("utf-16-le"), "not_csv"),
        (write([{**GOOD, "Title": "é"}]) + "é".encode("latin-1"), "wrong_encoding"),
        (write([GOOD]) + b"\x81", "wrong_encoding"),
        (write([GOOD]) + b"\0", "not_csv"),
        (write([GOOD]) + b'"open', "not_csv"),
        (",".join(f"c{n}" for n in range(100_000)).encode(), "not_csv"),
        ((",".join(["Handle,Title,Variant Price", *["x"] * 900])).encode(), "not_csv"),
        (b"PK\x03\x04" + b"\0" * 100, "not_csv"),
    ],
    ids=repr,
)
def test_a_file_of_another_kind_is_refused(data, code):
    with pytest.raises(DomainError) as refusal:
        run(data)
    assert refusal.value.code == code
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"Title": "x" * 1_000_000}, "too_long"),
        ({"Option1 Name": "\U00020000" * 100, "Option1 Value": "\U00020001" * 255,
          "Option2 Name": "\U00020002" * 100, "Option2 Value": "\U00020003" * 255}, "too_long"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)  # fmt: skip
def test_a_cell_that_is_too_much_spoils_its_product_alone(cells, code):
    report = run(write([{**GOOD, "Handle": "bad", "Variant SKU": "B", **cells}, GOOD]))

    assert [(e.row, e.code) for e in list_import_errors(report)] == [(2, code)]
    assert list(Product.objects.values_list("slug", flat=True)) == ["good-one"]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"Body (HTML)": "x" * 9_000_000}, "cut"),
        ({"Variant SKU": "a" * 65}, "sku_changed"),
        ({"Variant SKU": "a/b"}, "sku_changed"),
        ({"Image Src": "/etc/passwd"}, "bad_image"),
        ({"Image Src": "file:///etc/passwd"}, "bad_image"),
        ({"Image Src": "javascript:alert(1)"}, "bad_image"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_part_that_cannot_land_is_left_out_of_its_product(cells, code):
    report = run(write([{**GOOD, "Handle": "odd", "Variant SKU": "B", **cells}, GOOD]))

    assert [(e.row, e.code, e.severity) for e in list_import_errors(report)] == [
        (2, code, "warning")
    ]
    assert (report.created, report.failed, report.warnings) == (2, 0, 1)
    product = Product.objects.get(slug="odd")
    assert len(product.description) <= 50_000
    assert not product.images.exists()


def test_a_row_of_a_hundred_thousand_cells_spoils_its_product_alone():
    wide = b'"wide"' + b',"x"' * 100_000 + b"\r\n"
    report = run(write([GOOD]) + wide)

    assert [(e.row, e.code) for e in list_import_errors(report)] == [(3, "too_many_cells")]
    assert Product.objects.get().slug == "good-one"


def test_line_breaks_and_quotes_in_cells_stay_in_them():
    run(write([{**GOOD, "Title": 'A "nice"\nthing', "Body (HTML)": "<p>a,\r\nb</p>"}]))

    product = Product.objects.get()
    assert (product.title, product.description) == ('A "nice" thing', "<p>a,\nb</p>")


def test_formulas_are_only_words():
    run(write([{**GOOD, "Title": "=HYPERLINK(1)", "Vendor": "@SUM(A1)"}]))
    assert Product.objects.get().title == "=HYPERLINK(1)"
    assert Brand.objects.get().title == "@SUM(A1)"


def test_deeply_nested_markup_is_cleaned():
    run(write([{**GOOD, "Body (HTML)": "<b>" * 16_000}]))
    assert Product.objects.get().slug == "good-one"


def test_a_hostile_file_in_the_queue_ends_with_a_reason():
    wish = operations.request_import(
        data=write([GOOD]) + b'\r\n"open', file_name="../../x\0.csv", format="shopify", now=NOW
    )
    run_enqueued_jobs()

    wish.refresh_from_db()
    assert (wish.status, wish.error_code, wish.file_name) == ("failed", "not_csv", "../../x .csv")


@pytest.mark.parametrize(
    "sku", ["", ".", "..", "a/b", "a\\b", "a%b", "a?b", "a#b", " a", "a ", "a\nb"]
)
def test_the_database_holds_no_sku_that_fits_no_address(shelved, sku):
    product = shelved("Tea")
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        with pytest.raises(Exception, match="variant_(sku_fits|has_a)"):
            cursor.execute("UPDATE catalog_variant SET sku = %s", [sku])
        cursor.execute("ROLLBACK TO before")
    assert product.variants.get().sku == "TEA-1"


@pytest.mark.parametrize("sku", ["A", "a b", "é-1", "A.B", "100€", "日本", "a'b", 'a"b', "(x)[y]"])
def test_the_database_holds_every_other_sku(shelved, sku):
    shelved("Tea")
    assert Variant.objects.update(sku=sku) == 1

"""Product files as shops write them, sent to the API; what the API and the pages say afterwards."""

from urllib.parse import quote

import pytest

from catalog import operations
from catalog.models import Category, Product, SlugRedirect, Variant
from catalog.tests.api.reports import counts, notes, variants
from catalog.tests.conftest import NOW
from shared.events.models import OutboxMessage
from shared.testing.events import published_names

pytestmark = pytest.mark.django_db
OPTIONS = "Handle,Title,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty"


def test_handles_that_fold_alike_stay_two_products(send, see, client):
    report = send(
        f"{OPTIONS},Variant Price",
        "maté-x,Maté cup x,TRUE,Colour,Red,F1,10,12.00",
        "mate-x,Mate tea x,TRUE,Weight,100 g,F2,10,99.00",
    )

    assert counts(report) == (2, 0, 0, 0, 1)
    assert notes(report) == [(3, "warning", "address_taken")]
    assert "maté-x" in report["rows"][0]["message"]
    assert report["rows"][0]["handle"] == "mate-x"
    cup, tea = see("mate-x"), see("mate-x-2")
    assert (cup["title"], variants(cup)) == ("Maté cup x", {"F1": "12.00"})
    assert (tea["title"], variants(tea)) == ("Mate tea x", {"F2": "99.00"})
    assert "Maté cup x" in client.get("/catalog/products/mate-x/").text
    assert "Mate tea x" in client.get("/catalog/products/mate-x-2/").text


def test_a_second_file_takes_no_other_product_over(send, see, client):
    head = "Handle,Title,Variant SKU,Variant Price"
    assert counts(send(head, "чайник-x-1,Чайник,KET,40.00")) == (1, 0, 0, 0, 0)
    assert counts(send(head, "чашка-x-1,Чашка,CUP,5.00")) == (1, 0, 0, 0, 0)

    assert Product.objects.count() == 2
    assert variants(see("чайник-x-1")) == {"KET": "40.00"}
    assert variants(see("чашка-x-1")) == {"CUP": "5.00"}
    assert counts(send(head, "чашка-x-1,Чашка,CUP,6.00")) == (0, 1, 0, 0, 0)
    assert variants(see("чайник-x-1")) == {"KET": "40.00"}
    page = client.get(f"/catalog/products/{quote('чайник-x-1')}/")
    assert page.status_code == 200
    assert f"/catalog/products/{quote('чайник-x-1')}/" in page.text
    assert quote("чашка-x-1") in client.get("/sitemap.xml").text


@pytest.mark.parametrize("handle", ["чашка", "急須", "فنجان", "κούπα", "чайник-vqhrg"])
def test_handles_of_any_script_land(send, see, client, handle):
    report = send("Handle,Title,Type,Variant Price", f"{handle},Thing,Посуда,5")

    assert counts(report) == (1, 0, 0, 0, 0)
    product = see(handle)
    assert product["slug"] == handle
    assert product["category"]["title"] == "Посуда"
    assert client.get(product["url"]).status_code == 200
    assert client.get(product["category"]["url"]).text.count("Thing") > 0
    assert product["url"].isascii()


@pytest.mark.parametrize(
    ("handle", "slug"), [("Smørkvist", "smorkvist"), ("straße-łódź", "strasse-lodz")]
)
def test_latin_letters_become_plain_in_addresses(send, see, handle, slug):
    assert counts(send("Handle,Title,Variant Price", f"{handle},Thing,5")) == (1, 0, 0, 0, 0)
    assert see(slug)["title"] == "Thing"


def test_three_bags_are_not_one(send, see):
    report = send(
        "Handle,Title,Option1 Name,Option1 Value,Variant Price",
        "сумка-1,Bag,Colour,Red,5",
        "туфли-1,Shoes,Colour,Blue,9",
        "шапка-1,Hat,Colour,Green,5",
    )

    assert counts(report) == (3, 0, 0, 0, 0)
    found = {
        see(slug)["title"]: see(slug)["variants"] for slug in ("сумка-1", "туфли-1", "шапка-1")
    }
    assert [[v["options"] for v in each] for each in found.values()] == [
        [{"Colour": "Red"}],
        [{"Colour": "Blue"}],
        [{"Colour": "Green"}],
    ]
    assert Variant.objects.values("sku").distinct().count() == 3


@pytest.mark.parametrize(
    ("handles", "meet"), [(("đá-x", "á-x"), 0), (("PR_A-B", "pr_a--b", "pr_a-b"), 2)]
)
def test_handles_that_differ_in_anything_are_kept_apart(send, handles, meet):
    head, rows = "Handle,Title,Variant Price", [f"{handle},Thing,5" for handle in handles]

    assert counts(send(head, *rows)) == (len(handles), 0, 0, 0, meet)
    assert counts(send(head, *rows)) == (0, 0, len(handles), 0, 0)
    assert set(Product.objects.values_list("handle", flat=True)) == set(handles)


def test_a_former_address_is_no_handle(send, see, shelved):
    product = shelved("Tea")
    operations.update_product(product_id=product.pk, changes={"slug": "chai"}, now=NOW)
    shelved("Chai two")
    Product.objects.filter(slug="chai-two").update(handle="", slug="chai-3")
    other = Product.objects.get(slug="chai-3")
    SlugRedirect.objects.create(slug="pot", product=other)

    report = send("Handle,Title,Variant Price", "tea,Tea,5", "pot,Pot,7")

    assert counts(report)[:2] == (1, 1)
    assert see("chai")["title"] == "Tea"
    assert see("pot-2")["title"] == "Pot"
    assert see("chai-3")["title"] == "Chai two"


def test_a_row_that_contradicts_its_product_is_named(send):
    head = "Handle,Title,Option1 Name,Option1 Value,Variant Price"
    report = send(head, "tea,Tea,Size,S,5", "tea,Pot,Colour,M,6")

    assert counts(report) == (1, 0, 0, 0, 2)
    assert notes(report) == [(3, "warning", "other_title"), (3, "warning", "other_options")]


FULL = (
    "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Compare At Price,"
    "Variant Barcode,Variant Grams,Variant Tax Code,Image Src"
)
FULL_ROWS = (
    "a,A,Size,S,k1,5.00,9.00,4006381333931,500,reduced,https://x.example/1.jpg",
    "a,,,M,k2,6.00,,,,reduced,",
)


def facts(product, sku):
    (found,) = (v for v in product["variants"] if v["sku"] == sku)
    before = found["compare_at_price"]
    return (
        found["price"]["amount"], before and before["amount"], found["barcode"],
        found["weight_grams"], found["tax_class"], found["options"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price", "a,A,Size,S,k1,6.00"),
        ("Handle,Title,Option1 Name,Option1 Value,Variant Price", "a,A,Size,S,6.00"),
        ("Handle,Title,Variant SKU,Variant Price", "a,A,k1,6.00"),
        ("URL handle,Title,SKU,Price", "a,A,k1,6.00"),
    ],
)
def test_a_price_list_changes_prices_and_takes_nothing_away(send, see, head, row):
    send(FULL, *FULL_ROWS)

    report = send(head, row)

    assert counts(report) == (0, 1, 0, 0, 1)
    assert notes(report) == [(2, "warning", "variants_kept")]
    assert "k2" in report["rows"][0]["message"]
    product = see("a")
    assert facts(product, "k1") == ("6.00", "9.00", "4006381333931", 500, "reduced", {"Size": "S"})
    assert facts(product, "k2") == ("6.00", None, "", 0, "reduced", {"Size": "M"})
    assert [image["source_url"] for image in product["images"]] == ["https://x.example/1.jpg"]
    assert counts(send(head, row)) == (0, 0, 1, 0, 1)


def test_a_price_list_of_some_variants_leaves_their_order(send, see):
    send(FULL, *FULL_ROWS)
    send("Handle,Title,Variant SKU,Variant Price", "a,A,k2,7.00")
    assert list(variants(see("a")).items()) == [("k1", "5.00"), ("k2", "7.00")]


def test_a_row_that_may_mean_several_variants_is_refused(send, see):
    send(FULL, *FULL_ROWS)
    before = see("a")
    OutboxMessage.objects.all().delete()

    report = send("Handle,Title,Variant Price", "a,A,1.00")

    assert (counts(report), notes(report)) == ((0, 0, 0, 1, 0), [(2, "error", "unknown_variant")])
    assert see("a") == before
    assert "product.changed" not in published_names()


def test_a_price_for_the_only_variant_needs_no_sku(send, see):
    send("Handle,Title,Variant SKU,Variant Barcode,Variant Price", "a,A,k1,4006381333931,5")

    assert counts(send("Handle,Title,Variant Price", "a,A,6")) == (0, 1, 0, 0, 0)
    assert facts(see("a"), "k1")[:3] == ("6.00", None, "4006381333931")


def test_a_file_with_all_columns_of_variants_tells_them_all(send, see):
    send(FULL, *FULL_ROWS)

    report = send(FULL, FULL_ROWS[0].replace("https://x.example/1.jpg", ""))

    assert counts(report) == (0, 1, 0, 0, 2)
    assert [code for _, _, code in notes(report)] == ["variants_removed", "images_removed"]
    assert "k2" in report["rows"][0]["message"]
    assert report["rows"][1]["message"] == "1 picture is not in the file; taken away."
    product = see("a")
    assert (list(variants(product)), product["images"]) == (["k1"], [])
    assert counts(send(FULL, FULL_ROWS[0].replace("https://x.example/1.jpg", "")))[-1] == 0


def test_a_quantity_that_comes_too_late_is_named(send, see):
    head = "Handle,Title,Variant SKU,Variant Inventory Qty,Variant Price"
    send(head, "a,A,k1,30,5")
    operations.apply_stock(sku="k1", available=27, version=1)
    OutboxMessage.objects.all().delete()

    for _ in range(2):
        report = send(head, "a,A,k1,80,5")
        assert counts(report) == (0, 0, 1, 0, 1)
        assert notes(report) == [(2, "warning", "quantity_ignored")]
        assert "inventory" in report["rows"][0]["message"]
    assert counts(send(head, "a,A,k1,30,5")) == (0, 0, 1, 0, 0)
    assert see("a")["variants"][0]["available"] == 27
    assert "product.stock_declared" not in published_names()


def test_what_old_shops_write_lands_with_a_word(send, see):
    report = send(
        "Handle,Title,Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,Image Src,"
        "Status",
        "half,Half a pound,H1,226.796185,4,5,,",
        "gone,Oversold,G1,,-2,5,,",
        "nut,Nut,GP/39440,,1,5,,",
        "twin,Twin,H1,,1,5,,",
        "pic,Pictured,P1,,1,5,ftp://x.example/a.jpg,",
        "quiet,Quiet,Q1,,1,5,,unlisted",
        'bad,Bad,B1,,1,"12,50",,',
    )

    assert counts(report) == (6, 0, 0, 1, 5)
    assert notes(report) == [
        (3, "warning", "negative_quantity"),
        (4, "warning", "sku_changed"),
        (5, "warning", "duplicate_sku"),
        (6, "warning", "bad_image"),
        (7, "warning", "unlisted"),
        (8, "error", "bad_price"),
    ]
    assert see("half")["variants"][0]["weight_grams"] == 227
    assert list(variants(see("nut"))) == ["GP-39440"]
    assert list(variants(see("twin"))) == ["twin"]
    assert see("quiet")["status"] == "draft"
    assert Variant.objects.get(sku="G1").declared_quantity == 0


def test_goods_that_nobody_counts_are_there_without_a_quantity(send, see):
    head = "Handle,Title,Variant Inventory Tracker,Variant Inventory Qty,Variant Price"
    assert counts(send(head, "a,A,,0,5")) == (1, 0, 0, 0, 0)

    assert see("a")["variants"][0]["availability"] == "in_stock"
    assert Variant.objects.get().declared_quantity is None


def test_what_is_odd_in_many_rows_is_said_once(send):
    head = "Handle,Title,Option1 Name,Option1 Value,Variant Inventory Qty,Variant Price"
    report = send(head, "a,A,Size,1,-1,5", *(f"a,,,{n},-1,5" for n in range(2, 8)))

    assert counts(report) == (1, 0, 0, 0, 1)
    assert "6 more rows" in report["rows"][0]["message"]


def test_a_semicolon_file_of_windows_is_read_and_says_so(send, see):
    report = send("Handle;Title;Variant Price", "cafe;Café crème;5", encoding="cp1252")

    assert (counts(report), notes(report)) == ((1, 0, 0, 0, 1), [(1, "warning", "old_encoding")])
    assert see("cafe")["title"] == "Café crème"


def test_a_wide_text_of_a_spreadsheet_is_read(send, see):
    report = send("Handle\tTitle\tVariant Price", "cafe\tCafé\t5", encoding="utf-16")
    assert (counts(report), see("cafe")["title"]) == ((1, 0, 0, 0, 0), "Café")


def test_another_shop_s_file_is_named_at_once(send):
    answer = send("ID,Type,SKU,Name,In stock?,Regular price", "1,simple,A,Tea,1,5")

    assert answer["code"] == "not_csv"
    assert "WooCommerce" in answer["detail"]
    assert "ID, Type, SKU" in answer["detail"]
    assert not Product.objects.exists()


def test_a_stray_quote_spares_the_other_rows(send):
    report = send("Handle,Title,Variant Price", "a,A,5", 'b,"Ring 5" silver",5', "c,C,5")

    assert counts(report) == (2, 0, 0, 1, 0)
    assert notes(report) == [(3, "error", "bad_row")]
    assert report["rows"][0]["handle"] == "b"


def test_a_dry_run_warns_of_the_same(send):
    send(FULL, *FULL_ROWS)
    report = send("Handle,Title,Variant SKU,Variant Price", "a,A,k1,6.00", dry_run="true")

    assert (counts(report), notes(report)) == (
        (0, 1, 0, 0, 1),
        [(2, "warning", "variants_kept")],
    )
    assert Variant.objects.get(sku="k1").price == 5


def test_shelves_of_any_script_are_made_once(send):
    for _ in range(2):
        send("Handle,Title,Type,Variant Price", "a,A,Посуда > Чашки,5", "b,B,Посуда,5")
    assert list(Category.objects.order_by("path").values_list("slug", flat=True)) == [
        "посуда",
        "чашки",
    ]

import pytest

from catalog.rules.shopify import parse_shopify
from catalog.rules.tables import NotCsv, TooManyRows, WrongEncoding

HEAD = "Handle,Title,Variant SKU,Variant Price,Option1 Name,Option1 Value,Variant Inventory Qty"


def parse(*rows: str, head: str = HEAD):
    return parse_shopify("\r\n".join([head, *rows]).encode())


def errors(parsed):
    found = [error for product in parsed.products for error in product.errors]
    return [(e.row, e.code) for e in [*found, *parsed.strays]]


def warnings(parsed):
    found = [note for product in parsed.products for note in product.warnings]
    return [(note.row, note.code) for note in [*found, *parsed.warnings]]


def test_rows_of_a_handle_are_one_product():
    parsed = parse("tea,Tea,T1,5,Size,S,3", "tea,,T2,6.50,,M,", ",,,,,,")

    (product,) = parsed.products
    assert [v.sku for v in product.variants] == ["T1", "T2"]
    assert product.variants[1].options == {"Size": "M"}
    assert [v.quantity for v in product.variants] == [3, None]
    assert errors(parsed) == []


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (",Tea,T1,5,,,", "missing_handle"),
        ("!!!,Tea,T1,5,,,", "bad_handle"),
        ("tea,,T1,5,,,", "missing_title"),
        ("tea,Tea,T1,,,,", "bad_price"),
        ("tea,Tea,T1,free,,,", "bad_price"),
        ("tea,Tea,T1,NaN,,,", "bad_price"),
        ("tea,Tea,T1,1e3,,,", "bad_price"),
        ("tea,Tea,T1,1.9999,,,", "bad_price"),
        ("tea,Tea,T1,99999999999,,,", "bad_price"),
        ("tea,Tea,T1,-1,,,", "negative_price"),
        ("tea,Tea,T1,5,,,some", "bad_quantity"),
        ("tea,Tea,T1,5,,,1.5", "bad_quantity"),
        ("tea,Tea,T1,5,Size,,", "missing_option"),
        ("tea,Tea,T1,5,,M,", "missing_option"),
        (f"tea,{'x' * 256},T1,5,,,", "too_long"),
        ("tea,Tea,T1,5,,,,more", "too_many_cells"),
        ('tea,"Tea 5" silver",T1,5,,,', "bad_row"),
    ],
)
def test_a_bad_row_is_named_and_others_land(row, code):
    parsed = parse("good,Good,G1,5,,,", row, "fine,Fine,F1,5,,,")

    assert errors(parsed) == [(3, code)]
    assert [p.handle for p in parsed.products if not p.errors] == ["good", "fine"]


@pytest.mark.parametrize(
    ("sku", "lands_as"),
    [
        ("T/1", "T-1"),
        ("T%2F1", "T-2F1"),
        ("T?1", "T-1"),
        ("T#1", "T-1"),
        ("T\x071", "T1"),
        ("..", ""),
        ("TFRG-JB9630 GP/39440", "TFRG-JB9630 GP-39440"),
    ],
)
def test_a_sku_that_fits_no_address_is_changed_and_named(sku, lands_as):
    parsed = parse(f"tea,Tea,{sku},5,,,")

    assert (errors(parsed), warnings(parsed)) == ([], [(2, "sku_changed")])
    assert parsed.products[0].variants[0].sku == lands_as


def test_a_long_sku_is_cut_the_same_way_each_time_and_stays_distinct():
    first, again, other = (
        parse(f"tea,Tea,{'x' * 70}{end},5,,,").products[0].variants[0].sku for end in "aab"
    )
    assert first == again != other
    assert len(first) == 64


def test_a_sku_that_comes_twice_is_kept_by_the_first():
    for parsed in (
        parse("a,A,X,5,,,", "b,B,X,5,,,"),
        parse("a,A,X,5,Size,S,", "a,,X,5,,M,"),
    ):
        assert (errors(parsed), warnings(parsed)) == ([], [(3, "duplicate_sku")])
        assert [v.sku for p in parsed.products for v in p.variants] == ["X", ""]


def test_a_sku_of_a_product_that_cannot_land_is_free_for_others():
    parsed = parse("a,A,X,free,,,", "b,B,X,5,,,")
    assert (errors(parsed), warnings(parsed)) == ([(2, "bad_price")], [])
    assert parsed.products[1].variants[0].sku == "X"


def test_options_that_come_twice_are_named():
    assert errors(parse("a,A,X,5,Size,S,", "a,,Y,5,,S,")) == [(3, "duplicate_variant")]


@pytest.mark.parametrize(
    ("head", "cell", "code"),
    [
        ("Published", "perhaps", "bad_published"),
        ("Status", "sold", "bad_status"),
    ],
)
def test_other_columns_are_checked_too(head, cell, code):
    parsed = parse(f"tea,Tea,5,{cell}", head=f"Handle,Title,Variant Price,{head}")
    assert errors(parsed) == [(2, code)]


@pytest.mark.parametrize(
    ("head", "cell", "code"),
    [
        ("Variant Grams", "heavy", "bad_weight"),
        ("Variant Grams", "-5", "bad_weight"),
        ("Variant Compare At Price", "x", "bad_compare_at_price"),
    ],
)
def test_a_price_of_before_or_a_weight_that_is_none_is_left_out(head, cell, code):
    parsed = parse(f"tea,Tea,5,{cell}", head=f"Handle,Title,Variant Price,{head}")

    assert (errors(parsed), warnings(parsed)) == ([], [(2, code)])
    (variant,) = parsed.products[0].variants
    assert {"weight_grams", "compare_at_price"} <= variant.unsaid


@pytest.mark.parametrize(
    ("column", "cell", "code", "field", "value"),
    [
        ("Tags", "x" * 61, "cut", "tags", ["x" * 60]),
        ("Vendor", "x" * 101, "cut", "brand", "x" * 100),
        ("SEO Title", "x" * 256, "cut", "seo_title", "x" * 255),
        ("SEO Description", "x" * 501, "cut", "seo_description", "x" * 500),
        ("Body (HTML)", "x" * 50_001, "cut", "description", "x" * 50_000),
        ("Type", "a > b > c > d > e > f > g", "cut", "category", tuple("abcdef")),
        ("Status", "unlisted", "unlisted", "status", "draft"),
    ],
)
def test_what_is_too_much_is_cut_and_named(column, cell, code, field, value):
    parsed = parse(f"tea,Tea,5,{cell}", head=f"Handle,Title,Variant Price,{column}")

    assert (errors(parsed), warnings(parsed)) == ([], [(2, code)])
    assert parsed.products[0].fields[field] == value


@pytest.mark.parametrize(
    ("column", "cell", "code", "field", "value"),
    [
        ("Variant Grams", "453.59237", None, "weight_grams", 454),
        ("Variant Grams", "0.4", None, "weight_grams", 1),
        ("Variant Grams", "0.0", None, "weight_grams", 0),
        ("Variant Inventory Qty", "-2", "negative_quantity", "quantity", 0),
        ("Variant Barcode", "8.80123E+12", "damaged_barcode", "barcode", ""),
        ("Variant Barcode", "'4006381333931", None, "barcode", "4006381333931"),
        ("Variant Barcodes", "4006381333931;42", "more_barcodes", "barcode", "4006381333931"),
        ("Barcodes", "4006381333931", None, "barcode", "4006381333931"),
        ("Variant SKU", "'00123", None, "sku", "00123"),
        ("Variant Inventory Policy", "continue", None, "track_stock", False),
        ("Continue selling when out of stock", "TRUE", None, "track_stock", False),
        ("Variant Inventory Tracker", "", None, "track_stock", False),
        ("Variant Inventory Tracker", "shopify", None, "track_stock", True),
    ],
)
def test_cells_are_taken_as_shops_write_them(column, cell, code, field, value):
    parsed = parse(f"tea,Tea,5,{cell}", head=f"Handle,Title,Variant Price,{column}")

    assert errors(parsed) == []
    assert warnings(parsed) == ([(2, code)] if code else [])
    assert getattr(parsed.products[0].variants[0], field) == value


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("https://x.example/a b.jpg", "https://x.example/a%20b.jpg"),
        ("https://x.example/a%20b.jpg", "https://x.example/a%20b.jpg"),
        ("//cdn.example/a.jpg", "https://cdn.example/a.jpg"),
    ],
)
def test_an_odd_address_of_a_picture_is_mended(address, taken):
    parsed = parse(f"tea,Tea,5,{address}", head="Handle,Title,Variant Price,Image Src")
    assert [image.source_url for image in parsed.products[0].images] == [taken]


def test_pictures_stand_in_the_order_of_their_positions():
    parsed = parse(
        "tea,Tea,5,https://x.example/2.jpg,2",
        "tea,,,https://x.example/1.jpg,1",
        "tea,,,https://x.example/3.jpg,",
        head="Handle,Title,Variant Price,Image Src,Image Position",
    )
    names = [image.source_url[-5] for image in parsed.products[0].images]
    assert names == ["1", "2", "3"]


@pytest.mark.parametrize(("word", "status"), [("WAHR", "active"), ("FAUX", "draft")])
def test_published_is_read_in_other_languages(word, status):
    parsed = parse(f"tea,Tea,5,{word}", head="Handle,Title,Variant Price,Published")
    assert parsed.products[0].fields["status"] == status


def test_entities_in_titles_are_letters_and_blocks_keep_their_words_apart():
    (product,) = parse(
        "tea,Salt &amp; Pepper,5,M&amp;S,<div>oak.</div><div>Weighs</div>,Uncategorized",
        head="Handle,Title,Variant Price,Vendor,Body (HTML),Product Category",
    ).products
    assert product.fields == {
        "title": "Salt & Pepper",
        "brand": "M&S",
        "description": "oak.  Weighs",
    }


def test_the_newer_template_and_any_case_of_names_are_read():
    (product,) = parse(
        "Tea,tea,<p>x</p>,TRUE,T1,5,8,250,shopify,3,DENY,https://x.example/t.jpg,Leaves",
        head="Title,URL handle,Description,Published on online store,SKU,PRICE,Compare-at price,"
        "Weight value (grams),Inventory tracker,Inventory quantity,"
        "Continue selling when out of stock,Product image URL,Image alt text",
    ).products

    (variant,) = product.variants
    assert (product.handle, product.fields["status"]) == ("tea", "active")
    assert (variant.sku, variant.price, variant.compare_at_price) == ("T1", 5, 8)
    assert (variant.weight_grams, variant.quantity, variant.track_stock) == (250, 3, True)
    assert [(image.source_url, image.alt) for image in product.images] == [
        ("https://x.example/t.jpg", "Leaves")
    ]


@pytest.mark.parametrize("cells", ["4006381333931,", ",4006381333931", "4006381333931,42"])
def test_of_an_older_and_a_newer_column_the_one_that_is_filled_counts(cells):
    head = "Handle,Title,Variant Price,Variant Barcode,Variant Barcodes"
    (product,) = parse(f"tea,Tea,5,{cells}", head=head).products
    assert product.variants[0].barcode == "4006381333931"


def test_handles_that_differ_by_a_letter_are_different_products():
    handles = ["PR_A-B", "pr_a--b", "pr_a-b", "đá-x", "á-x", "кольцо", "チャ"]
    parsed = parse(*(f"{handle},Tea,,5,,," for handle in handles))

    assert errors(parsed) == []
    assert [product.handle for product in parsed.products] == handles


def test_a_row_that_contradicts_its_product_is_named():
    parsed = parse("tea,Tea,A,5,Size,S,", "tea,Pot,B,6,Colour,M,", "tea,Tea,C,7,Size,L,")
    assert (errors(parsed), warnings(parsed)) == (
        [],
        [(3, "other_title"), (3, "other_options")],
    )


def test_unknown_columns_a_bom_and_breaks_in_cells_do_no_harm():
    text = '\ufeffTitle,Zodiac,Handle,Variant Price,Body (HTML)\r\nTea,Lion,tea,5,"<p>a\nb</p>"\r\n'
    (product,) = parse_shopify(text.encode()).products
    assert product.fields["description"] == "<p>a\nb</p>"
    assert not product.errors


def test_a_formula_is_only_text():
    (product,) = parse('tea,"=HYPERLINK(""http://x"")",T1,5,,,').products
    assert product.fields["title"] == '=HYPERLINK("http://x")'


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", NotCsv),
        (b"hello", NotCsv),
        (b"PK\x03\x04rest", NotCsv),
        (b"Handle,Title,Variant Price\x00", NotCsv),
        (b'Handle,Title,Variant Price\n"tea', NotCsv),
        (b"Handle,Title,Variant Price,Title\n", NotCsv),
        ("Handle,Title,Variant Price\né,日,1".encode() + b"\xe9", WrongEncoding),
        ("Handle,Title,Variant Price".encode("utf-16-le"), NotCsv),
        (b"Handle,Title,Variant Price\n" + b"a,,\n" * 20_001, TooManyRows),
    ],
)
def test_what_is_no_product_csv_is_refused(data, error):
    with pytest.raises(error):
        parse_shopify(data)

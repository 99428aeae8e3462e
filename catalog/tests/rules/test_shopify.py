import pytest

from catalog.rules.shopify import NotCsv, TooManyRows, WrongEncoding, parse_shopify

HEAD = "Handle,Title,Variant SKU,Variant Price,Option1 Name,Option1 Value,Variant Inventory Qty"


def parse(*rows: str, head: str = HEAD):
    return parse_shopify("\r\n".join([head, *rows]).encode())


def errors(parsed):
    found = [error for product in parsed.products for error in product.errors]
    return [(e.row, e.code) for e in [*found, *parsed.strays]]


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
        ("tea,Tea,T1,5,,,-3", "negative_quantity"),
        ("tea,Tea,T1,5,,,some", "bad_quantity"),
        ("tea,Tea,T1,5,,,1.5", "bad_quantity"),
        ("tea,Tea,T1,5,Size,,", "missing_option"),
        ("tea,Tea,T1,5,,M,", "missing_option"),
        (f"tea,{'x' * 256},T1,5,,,", "too_long"),
        (f"tea,Tea,{'x' * 65},5,,,", "too_long"),
        ("tea,Tea,T1,5,,,,more", "too_many_cells"),
        ("tea,Tea,T/1,5,,,", "bad_sku"),
        ("tea,Tea,T%2F1,5,,,", "bad_sku"),
        ("tea,Tea,T?1,5,,,", "bad_sku"),
        ("tea,Tea,T#1,5,,,", "bad_sku"),
        ("tea,Tea,..,5,,,", "bad_sku"),
        ("tea,Tea,T\x071,5,,,", "bad_sku"),
    ],
)
def test_a_bad_row_is_named_and_others_land(row, code):
    parsed = parse("good,Good,G1,5,,,", row, "fine,Fine,F1,5,,,")

    assert errors(parsed) == [(3, code)]
    assert [p.slug for p in parsed.products if not p.errors] == ["good", "fine"]


def test_a_sku_that_comes_twice_is_named():
    assert errors(parse("a,A,X,5,,,", "b,B,X,5,,,")) == [(3, "duplicate_sku")]
    assert errors(parse("a,A,X,5,Size,S,", "a,,X,5,,M,")) == [(3, "duplicate_sku")]


def test_options_that_come_twice_are_named():
    assert errors(parse("a,A,X,5,Size,S,", "a,,Y,5,,S,")) == [(3, "duplicate_variant")]


@pytest.mark.parametrize(
    ("head", "cell", "code"),
    [
        ("Published", "perhaps", "bad_published"),
        ("Status", "sold", "bad_status"),
        ("Variant Grams", "heavy", "bad_weight"),
        ("Variant Compare At Price", "x", "bad_compare_at_price"),
        ("Image Src", "a b", "bad_image"),
        ("Tags", "x" * 61, "too_long"),
        ("Type", "a > b > c > d > e > f > g", "too_long"),
        ("Body (HTML)", "x" * 50_001, "too_long"),
    ],
)
def test_other_columns_are_checked_too(head, cell, code):
    parsed = parse(f"tea,Tea,5,{cell}", head=f"Handle,Title,Variant Price,{head}")
    assert errors(parsed) == [(2, code)]


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
        ("Handle,Title,Variant Price\né,é,1".encode("latin-1"), WrongEncoding),
        ("Handle,Title,Variant Price".encode("utf-16"), WrongEncoding),
        (b"Handle,Title,Variant Price\n" + b"a,,\n" * 20_001, TooManyRows),
    ],
)
def test_what_is_no_product_csv_is_refused(data, error):
    with pytest.raises(error):
        parse_shopify(data)

"""A second file about products that are there: what it takes over, and what it leaves alone."""

import pytest

from catalog.tests.api.reports import counts, notes, variants
from catalog.tests.api.test_imports import FULL, FULL_ROWS

pytestmark = pytest.mark.django_db


def test_a_sku_that_no_variant_has_takes_none_over(send, see):
    send(FULL, *FULL_ROWS)

    report = send("Handle,Title,Variant SKU,Variant Price", "a,A,k1,7", "a,,new,11")

    assert notes(report) == [(2, "warning", "variants_kept"), (3, "warning", "unknown_variant")]
    assert variants(see("a")) == {"k1": "7.00", "k2": "6.00"}


def test_the_only_variant_is_not_called_otherwise_by_a_price_list(send, see):
    send("Handle,Title,Variant SKU,Variant Price", "a,A,k1,5")

    refused = send("Handle,Title,Variant SKU,Variant Price", "a,A,k9,6")
    assert notes(refused) == [(2, "error", "unknown_variant")]
    assert variants(see("a")) == {"k1": "5.00"}

    told = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price"
    renamed = send(told, "a,A,Title,Default Title,k9,6")
    assert notes(renamed) == [(2, "warning", "sku_renamed")]
    assert variants(see("a")) == {"k9": "6.00"}


def test_options_that_the_file_has_no_column_for_stay(send, see):
    two = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,"
    rows = "w,W,Size,S,Colour,Red,W1,5", "w,,,S,,Blue,W2,5", "w,,,M,,Red,W3,5"
    send(f"{two}Variant Price", *rows)

    one = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price"
    report = send(one, "w,W,Size,S,W1,20", "w,,,L,W3,22")

    assert notes(report) == [(2, "warning", "variants_kept")]
    assert [v["options"] for v in see("w")["variants"]] == [
        {"Size": "S", "Colour": "Red"},
        {"Size": "S", "Colour": "Blue"},
        {"Size": "L", "Colour": "Red"},
    ]
    assert notes(send(one, "w,W,Size,S,,20")) == [(2, "error", "unknown_variant")]
    mixed = send(one, "w,W,Grösse,XL,W9,20")
    assert [code for _, _, code in notes(mixed)] == ["variants_kept", "mixed_options"]


def test_a_variant_without_a_price_is_left_out_and_the_others_land(send, see):
    head = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price"
    send(head, "a,A,Size,S,S1,5", "a,,,M,M1,5")

    report = send(head, "a,A,Size,S,S1,6", "a,,,M,M1,", "a,,,L,L1,7")

    assert notes(report) == [(2, "warning", "variants_kept"), (3, "warning", "bad_price")]
    assert variants(see("a")) == {"S1": "6.00", "M1": "5.00", "L1": "7.00"}


def test_the_same_handle_written_in_two_ways_is_one_product(send, see):
    head = "Handle,Title,Variant SKU,Variant Price"
    send(head, "mat\u00e9,Cup,C1,5")

    assert counts(send(head, "mate\u0301,Cup,C1,6")) == (0, 1, 0, 0, 0)


def test_another_alphabet_is_not_read_as_accents(send):
    answer = send("Handle,Title,Variant Price", "kettle,Чайник,5", encoding="cp1251")

    assert answer["code"] == "wrong_encoding"


def test_an_archived_product_stays_so_and_the_report_says_it(send, see):
    send("Handle,Title,Status,Variant Price", "a,A,archived,5")

    report = send("Handle,Title,Status,Variant Price", "a,A,active,5")

    assert notes(report) == [(2, "warning", "stays_archived")]


def test_each_thing_that_was_cut_is_named(send):
    report = send(
        "Handle,Title,Tags,Type,Variant Price", f"a,A,{'x' * 61},a > b > c > d > e > f > g,5"
    )

    assert [code for _, _, code in notes(report)] == ["cut", "cut"]
    assert "tags" in report["rows"][0]["message"]
    assert "category" in report["rows"][1]["message"]

import pytest

from catalog.rules.tables import NotCsv, read_table

HEAD = "Handle,Title,Price"
NEEDED = ("Handle", "Title", "Price")


def read(data):
    data = data if isinstance(data, bytes) else data.encode()
    table = read_table(data, name=list, needed=NEEDED)
    return [(row.number, list(row.cells.values()), row.problem) for row in table.rows], table


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Handle,Title,Price\r\ntea,Té,5\r\n", 2),
        ("Handle;Title;Price\ntea;Té;5", 2),
        ("Handle\tTitle\tPrice\ntea\tTé\t5", 2),
        ("sep=;\nHandle;Title;Price\ntea;Té;5", 2),
        ("\nHandle,Title,Price\ntea,Té,5", 3),
        (",,\n\nHandle,Title,Price\ntea,Té,5", 4),
        ("Handle,Title,Price\rtea,Té,5\r", 2),
        ('"Handle","Title","Price"\n"tea","Té","5"', 2),
    ],
)
def test_delimiters_and_blank_rows_are_found_out(text, number):
    rows, table = read(text)
    assert (rows, table.guessed) == ([(number, ["tea", "Té", "5"], "")], "")


@pytest.mark.parametrize(
    ("encoding", "guessed"),
    [("utf-8", ""), ("utf-8-sig", ""), ("utf-16", ""), ("cp1252", "Windows-1252")],
)
def test_encodings_are_read_that_can_be_told(encoding, guessed):
    rows, table = read("Handle,Title,Price\ntea,Té,5".encode(encoding))
    assert (rows, table.guessed) == ([(2, ["tea", "Té", "5"], "")], guessed)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (" \n ,, \n", "empty"),
        ("<?xml version='1.0'?><rss xmlns:g='http://base.google.com/ns/1.0'>", "Google"),
        ("<catalog/>", "XML"),
        ('{"products": []}', "JSON"),
        ("ID,Type,SKU,Name,In stock?,Regular price", "WooCommerce"),
        ("ID;Typ;Artikelnummer;Name;Vorrätig?;Regulärer Preis", "WooCommerce"),
        ("handleId,fieldType,name", "Wix"),
        ("TITLE,DESCRIPTION,PRICE,CURRENCY_CODE", "Etsy"),
        ("id,title,image_link", "Google"),
        ("Handle,Title,Location,On hand", "inventory"),
        ("one,two", "Its columns are: one, two."),
        ("one,two", "no column Handle, Title, Price"),
    ],
)
def test_another_kind_of_file_is_named(text, words):
    with pytest.raises(NotCsv, match=words.replace("?", ".")):
        read(text)


def test_a_stray_quote_refuses_its_row_alone():
    rows, _ = read(f'{HEAD}\ntea,Tea,5\na,"Ring 5" silver",5\npot,Pot,6')

    assert [number for number, _, problem in rows if not problem] == [2, 4]
    assert rows[1][0] == 3
    assert rows[1][1][0] == "a"


def test_a_quote_that_swallows_rows_refuses_the_file():
    with pytest.raises(NotCsv, match="Line 3"):
        read(f'{HEAD}\ntea,Tea,5\na,"Ring\npot,Pot" x,6\n')

import pytest

from shared.addresses import address_lines, clean_address, country_codes, country_name, list_regions
from shared.contracts.parts import Address

STREET = {"name": "Ada", "line1": "Old Street 1"}


def clean(**values):
    return clean_address({**STREET, **values})


@pytest.mark.parametrize(
    "values",
    [
        {"country": "DE", "postal_code": "10115", "city": "Berlin"},
        {"country": "HK", "region": "Kowloon"},
        {"country": "IE", "city": "Dublin"},
        {"country": "AE", "region": "Dubai"},
        {"country": "QA", "city": "Doha"},
        {"country": "GB", "postal_code": "GIR 0AA", "city": "Bootle"},
        {"country": "US", "postal_code": "94016", "city": "Daly City", "region": "CA"},
        {"country": "US", "postal_code": "94016", "city": "Daly City", "region": "California"},
        {"country": "CN", "postal_code": "100000", "city": "Dongcheng", "region": "Beijing"},
        {"country": "JP", "postal_code": "150-0002", "city": "Shibuya", "region": "東京都"},
    ],
)
def test_an_address_that_its_post_delivers_is_taken_as_it_is(values):
    kept, errors = clean(**values)

    assert errors == {}
    assert {name: kept[name] for name in values} == values


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"country": "XX", "city": "Nowhere"}, {"country"}),
        ({"country": "de", "city": "Berlin", "postal_code": "10115"}, {"country"}),
        ({"country": "DE", "city": "Berlin"}, {"postal_code"}),
        ({"country": "DE", "postal_code": "99"}, {"postal_code", "city"}),
        ({"country": "US", "postal_code": "94016", "city": "Daly City"}, {"region"}),
        (
            {"country": "US", "postal_code": "94016", "city": "Daly City", "region": "Bavaria"},
            {"region"},
        ),
        ({"country": "IE", "city": "Dublin", "phone": "hallo"}, {"phone"}),
    ],
)
def test_what_the_post_would_not_deliver_is_named(values, wrong):
    assert set(clean(**values)[1]) == wrong


@pytest.mark.parametrize(
    ("country", "typed", "written"),
    [
        ("PL", "00950", "00-950"),
        ("US", "941031234", "94103-1234"),
        ("NL", "1011 ab", "1011 AB"),
        ("SE", "114 55", "114 55"),
        ("DE", " 10115 ", "10115"),
    ],
)
def test_a_postal_code_is_written_as_its_country_writes_it(country, typed, written):
    kept, errors = clean(country=country, postal_code=typed, city="x", region="CA")

    assert "postal_code" not in errors
    assert kept["postal_code"] == written


def test_a_phone_number_is_kept_in_its_international_form():
    assert clean(country="IE", city="Dublin", phone="01 555 1234")[0]["phone"] == "+35315551234"


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        (
            {"country": "DE", "postal_code": "10115", "city": "Berlin", "line2": "Hof 2"},
            ["Ada", "Old Street 1", "Hof 2", "10115 Berlin", "Germany"],
        ),
        (
            {"country": "US", "postal_code": "94016", "city": "Daly City", "region": "CA"},
            ["Ada", "Old Street 1", "Daly City, CA 94016", "United States"],
        ),
        (
            {"country": "AE", "city": "Dubai", "region": "Dubai"},
            ["Ada", "Old Street 1", "Dubai", "Dubai", "United Arab Emirates"],
        ),
        ({"country": "", "city": "Berlin"}, ["Ada", "Old Street 1", "Berlin"]),
    ],
)
def test_a_label_reads_as_in_its_country_and_loses_nothing(values, lines):
    assert address_lines(Address(**{**STREET, **values})) == lines


def test_every_country_has_a_name_and_rules():
    for code in country_codes():
        assert country_name(code) != code
        list_regions(code)
        clean(country=code)
    assert country_name("DE", "fr") == "Allemagne"

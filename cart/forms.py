"""What a shopper may write at the checkout, checked the same way for the page and the API."""

import re
from typing import Any

import phonenumbers
from django import forms

from shared.contracts.parts import Address

# Countries that we send to most; elsewhere any code is taken as it is written.
POSTAL_CODES = {
    "AT": r"\d{4}",
    "BE": r"\d{4}",
    "CH": r"\d{4}",
    "DE": r"\d{5}",
    "DK": r"\d{4}",
    "ES": r"\d{5}",
    "FR": r"\d{5}",
    "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
    "IT": r"\d{5}",
    "NL": r"\d{4} ?[A-Z]{2}",
    "PL": r"\d{2}-\d{3}",
    "US": r"\d{5}(-\d{4})?",
}


class AddressForm(forms.Form):
    """A postal address. `countries` are the ISO codes that may be chosen."""

    name = forms.CharField(max_length=100, label="Full name")
    line1 = forms.CharField(max_length=100, label="Street and number")
    line2 = forms.CharField(max_length=100, required=False, label="Apartment, company")
    postal_code = forms.CharField(max_length=12, label="Postal code")
    city = forms.CharField(max_length=80)
    region = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)
    country = forms.ChoiceField()
    phone = forms.CharField(
        max_length=30, required=False, label="Phone", help_text="Only for the carrier."
    )

    def __init__(self, *args: Any, countries: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = countries  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        country = data.get("country", "")
        self._check_postal_code(country, data)
        self._check_phone(country, data)
        return data

    def _check_postal_code(self, country: str, data: dict[str, Any]) -> None:
        code = data.get("postal_code", "").upper()
        pattern = POSTAL_CODES.get(country)
        if code and pattern and not re.fullmatch(pattern, code, re.ASCII):
            self.add_error("postal_code", "That is no postal code of this country.")

    def _check_phone(self, country: str, data: dict[str, Any]) -> None:
        if not data.get("phone"):
            return
        try:
            number = phonenumbers.parse(data["phone"], country or None)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            self.add_error("phone", "That is no phone number.")
            return
        data["phone"] = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    @property
    def address(self) -> Address:
        """The cleaned address."""
        return Address(**{name: self.cleaned_data[name] for name in ADDRESS_FIELDS})


ADDRESS_FIELDS = (
    "name",
    "line1",
    "line2",
    "postal_code",
    "city",
    "region",
    "country",
    "phone",
)


class CheckoutForm(AddressForm):
    """The whole checkout page. `key` makes a second click the same checkout."""

    email = forms.EmailField(max_length=254, label="E-mail", help_text="For the confirmation.")
    shipping_method = forms.ChoiceField(widget=forms.RadioSelect)
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(self, *args: Any, methods: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shipping_method"].choices = methods  # type: ignore[attr-defined]

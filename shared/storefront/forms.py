"""Form parts that several services show."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from shared.addresses import (
    FIELDS,
    clean_address,
    country_codes,
    country_name,
    find_region,
    has_regions,
    list_regions,
    requires,
)
from shared.contracts.parts import Address


def country_choices(codes: "frozenset[str] | list[str]") -> list[tuple[str, str]]:
    """Code and name of countries, by name in the visitor's language."""
    language = get_language() or "en"
    named = [(code, country_name(code, language)) for code in codes]
    return sorted(named, key=lambda choice: choice[1].casefold())


def _region_choices(country: str, typed: str) -> list[tuple[str, str]]:
    """The country's, with what was typed in place of the one that it means."""
    meant = find_region(country, typed)
    return [(typed if name == meant else value, name) for value, name in list_regions(country)]


class AddressForm(forms.Form):
    """A postal address. It asks for what the chosen country's post asks for; `countries` are the
    codes that may be chosen, every country without it. Show it by storefront/address_fields.html.
    """

    name = forms.CharField(max_length=100, label=_("Full name"))
    line1 = forms.CharField(max_length=100, label=_("Street and number"))
    line2 = forms.CharField(max_length=100, required=False, label=_("Apartment, company"))
    postal_code = forms.CharField(max_length=12, required=False, label=_("Postal code"))
    city = forms.CharField(max_length=80, required=False, label=_("City"))
    region = forms.CharField(max_length=80, required=False, label=_("State or province"))
    country = forms.ChoiceField(label=_("Country"))
    phone = forms.CharField(
        max_length=30, required=False, label=_("Phone"), help_text=_("Only for the carrier.")
    )

    def __init__(
        self,
        *args: Any,
        countries: "frozenset[str] | list[str] | None" = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        known = country_codes() if countries is None else countries
        self.fields["country"].choices = country_choices(known)  # type: ignore[attr-defined]
        country = str(self["country"].value() or "")
        if country in country_codes():
            self._follow(country)

    def _follow(self, country: str) -> None:
        """Fits the fields to the country. Whether one is needed is judged by `clean_address`,
        after the country that is sent; here it is what a browser asks for and the label says."""
        for name in ("postal_code", "city", "region"):
            self.fields[name].required = requires(country, name)
        if list_regions(country):
            choices = _region_choices(country, str(self["region"].value() or ""))
            self.fields["region"].widget = forms.Select(choices=[("", "—"), *choices])
        elif not has_regions(country):
            self.fields["region"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "country" not in data:
            return data
        values, errors = clean_address(data)
        for name, texts in errors.items():
            if name not in self.errors:
                self.add_error(name, texts)
        return {**data, **{name: value for name, value in values.items() if name in data}}

    @property
    def address(self) -> Address:
        """The cleaned address."""
        return Address(**{name: self.cleaned_data[name] for name in FIELDS})

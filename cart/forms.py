"""What a shopper may write at the checkout."""

from typing import Any

from django import forms

from shared.storefront.forms import AddressForm
from shared.storefront.numbers import PlainDecimalField


class CheckoutForm(AddressForm):
    """The whole checkout page. `key` makes a second click the same checkout, `expected_total` is
    the total that the page showed."""

    email = forms.EmailField(max_length=254, label="E-mail", help_text="For the confirmation.")
    shipping_method = forms.ChoiceField(widget=forms.RadioSelect)
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)
    expected_total = PlainDecimalField(
        max_digits=12, min_value=0, required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, methods: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shipping_method"].choices = methods  # type: ignore[attr-defined]

"""What a shopper fills in to find an order, and the merchant for a step of one."""

from uuid import UUID, uuid4

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from shared.database.amounts import amount_limits
from shared.storefront.numbers import PlainDecimalField

# A page that was opened before the shop was updated.
OUTDATED = {"required": "Nothing was done: open the order again and repeat the step."}


class ConfirmForm(forms.Form):
    """Nothing to fill in."""


class FindForm(forms.Form):
    """What a shopper has from the mail of an order."""

    number = forms.CharField(
        max_length=20, label="Order number", help_text="From our mail; it begins with S-."
    )
    email = forms.EmailField(max_length=254, label="E-mail", help_text="The one of the order.")


class ShipForm(forms.Form):
    carrier = forms.CharField(max_length=60, required=False, widget=UnfoldAdminTextInputWidget)
    tracking_number = forms.CharField(
        max_length=80, required=False, widget=UnfoldAdminTextInputWidget
    )


class RefundForm(forms.Form):
    """`key` makes a second click the same refund, and `left` is what could go back when the form
    was shown."""

    amount = PlainDecimalField(**amount_limits(), min_value=0, widget=UnfoldAdminDecimalFieldWidget)
    reason = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget)
    key = forms.CharField(
        max_length=100, required=False, initial=lambda: uuid4().hex, widget=forms.HiddenInput
    )
    left = PlainDecimalField(widget=forms.HiddenInput, error_messages=OUTDATED)


class TakeBackForm(forms.Form):
    """`returns` are those that were shown; what was announced since is not back yet."""

    returns = forms.CharField(widget=forms.HiddenInput, error_messages=OUTDATED)

    def clean_returns(self) -> list[UUID]:
        try:
            return [UUID(text) for text in self.cleaned_data["returns"].split()]
        except ValueError as error:
            raise forms.ValidationError("These are no returns.") from error

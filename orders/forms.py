"""What the merchant fills in for a step of an order."""

from uuid import uuid4

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from shared.database.amounts import amount_limits
from shared.storefront.numbers import PlainDecimalField


class ConfirmForm(forms.Form):
    """Nothing to fill in."""


class ShipForm(forms.Form):
    carrier = forms.CharField(max_length=60, required=False, widget=UnfoldAdminTextInputWidget)
    tracking_number = forms.CharField(
        max_length=80, required=False, widget=UnfoldAdminTextInputWidget
    )


class RefundForm(forms.Form):
    """`key` makes a second click the same refund."""

    amount = PlainDecimalField(**amount_limits(), min_value=0, widget=UnfoldAdminDecimalFieldWidget)
    reason = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget)
    key = forms.CharField(
        max_length=100, required=False, initial=lambda: uuid4().hex, widget=forms.HiddenInput
    )

"""What the merchant fills in for a step of an order."""

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget


class ConfirmForm(forms.Form):
    """Nothing to fill in."""


class ShipForm(forms.Form):
    carrier = forms.CharField(max_length=60, required=False, widget=UnfoldAdminTextInputWidget)
    tracking_number = forms.CharField(
        max_length=80, required=False, widget=UnfoldAdminTextInputWidget
    )


class RefundForm(forms.Form):
    amount = forms.DecimalField(
        max_digits=12, decimal_places=2, min_value=0, widget=UnfoldAdminDecimalFieldWidget
    )
    reason = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget)

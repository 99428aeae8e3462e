"""What a person may write about themselves."""

from django import forms

from shared.storefront.forms import AddressForm
from users.models import User


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("name",)
        labels = {"name": "Name"}


class AddressBookForm(AddressForm):
    """An entry of the address book."""

    is_default = forms.BooleanField(required=False, label="Use this address first")


class ConfirmPasswordForm(forms.Form):
    """For what cannot be undone."""

    password = forms.CharField(widget=forms.PasswordInput, label="Your password")

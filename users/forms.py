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

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self._user.check_password(password):
            raise forms.ValidationError("That is not your password.")
        return password

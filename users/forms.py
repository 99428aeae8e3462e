"""What a person may write about themselves."""

from django import forms

from users.models import Address, User


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("name",)
        labels = {"name": "Name"}


class AddressForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Address
        fields = (
            "name",
            "line1",
            "line2",
            "postal_code",
            "city",
            "country",
            "phone",
            "is_default",
        )
        labels = {
            "name": "Full name",
            "line1": "Street and number",
            "line2": "Apartment, company (optional)",
            "phone": "Phone (optional)",
            "is_default": "Use this address first",
        }
        help_texts = {"country": "Two letters, such as DE"}

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"].upper()
        if len(country) != 2 or not country.isascii() or not country.isalpha():
            raise forms.ValidationError("Two letters, such as DE.")
        return country


class ConfirmPasswordForm(forms.Form):
    """For what cannot be undone."""

    password = forms.CharField(widget=forms.PasswordInput, label="Your password")

"""What a shopper writes about a product."""

from django import forms


class ReviewForm(forms.Form):
    rating = forms.TypedChoiceField(
        coerce=int,
        choices=[(stars, f"{stars} star{'s' if stars > 1 else ''}") for stars in range(5, 0, -1)],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one to five stars."},
    )
    title = forms.CharField(max_length=120, label="In a few words")
    body = forms.CharField(
        max_length=4000, label="Your review", widget=forms.Textarea(attrs={"rows": 6})
    )

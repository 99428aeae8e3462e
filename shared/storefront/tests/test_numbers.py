from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError

from shared.storefront.numbers import PlainDecimalField, PlainFloatField, PlainIntegerField

FIELDS = [PlainIntegerField, PlainDecimalField, PlainFloatField]
ODD = [
    "1_0",
    "_1",
    "1e3",
    "1E3",
    "٣",
    "１２",
    "०",
    "NaN",
    "Infinity",
    "0x1f",
    "1 000",
    "1,5",
    "½",
    "-",
]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("typed", ODD)
def test_what_only_a_program_reads_so_is_refused(field, typed):
    with pytest.raises(ValidationError) as refused:
        field().clean(typed)
    assert refused.value.code == "invalid"
    assert "in digits, like 12" in refused.value.message


@pytest.mark.parametrize(
    ("field", "typed", "number"),
    [
        (PlainIntegerField, "12", 12),
        (PlainIntegerField, " -3 ", -3),
        (PlainIntegerField, "+3", 3),
        (PlainDecimalField, "12.50", Decimal("12.50")),
        (PlainDecimalField, "-1", Decimal(-1)),
        (PlainFloatField, "0.25", 0.25),
    ],
)
def test_digits_are_taken(field, typed, number):
    assert field().clean(typed) == number


@pytest.mark.parametrize("field", FIELDS)
def test_nothing_is_nothing(field):
    assert field(required=False).clean("") is None
    with pytest.raises(ValidationError) as refused:
        field().clean("")
    assert refused.value.code == "required"


def test_limits_and_widgets_are_those_of_django():
    assert isinstance(PlainIntegerField().widget, forms.NumberInput)
    with pytest.raises(ValidationError):
        PlainIntegerField(max_value=9).clean("10")

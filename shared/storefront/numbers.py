"""Fields of forms that take numbers as people write them. Django's own take whatever is a number to
Python, where "1_0" is ten and "1e3" a thousand."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_WHOLE = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


class _Plain(forms.Field):
    """Refuses a text that is not written so. What is no text, or empty, the field judges."""

    pattern = _DECIMAL
    default_error_messages = {"plain": _("Write a number in digits, like 12 or 12.50.")}

    def to_python(self, value: Any) -> Any:
        text = value.strip() if isinstance(value, str) else ""
        if text and not self.pattern.fullmatch(text):
            raise ValidationError(self.error_messages["plain"], "invalid")
        return super().to_python(value)


class PlainIntegerField(_Plain, forms.IntegerField):
    """A whole number in the digits 0 to 9."""

    pattern = _WHOLE
    default_error_messages = {"plain": _("Write a whole number in digits, like 12.")}


class PlainDecimalField(_Plain, forms.DecimalField):
    """A number in the digits 0 to 9, with a point before its decimals."""


class PlainFloatField(_Plain, forms.FloatField):
    """The same for a number that is not exact."""

"""Fields of forms that take numbers as people write them. Django's own take whatever is a number to
Python, where "1_0" is ten and "1e3" a thousand."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_WHOLE = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


class PlainIntegerField(forms.IntegerField):
    """A whole number in the digits 0 to 9."""

    def to_python(self, value: Any) -> int | None:
        if not _is_plain(value, _WHOLE):
            raise ValidationError(_("Write a whole number in digits, like 12."), "invalid")
        return super().to_python(value)


class PlainDecimalField(forms.DecimalField):
    """A number in the digits 0 to 9, with a point before its decimals."""

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if not _is_plain(value, _DECIMAL):
            raise ValidationError(_("Write a number in digits, like 12 or 12.50."), "invalid")
        return super().to_python(value)


class PlainFloatField(forms.FloatField):
    """The same for a number that is not exact."""

    def to_python(self, value: Any) -> float | None:  # type: ignore[override]
        if not _is_plain(value, _DECIMAL):
            raise ValidationError(_("Write a number in digits, like 12 or 12.50."), "invalid")
        return super().to_python(value)


def _is_plain(value: Any, pattern: re.Pattern[str]) -> bool:
    """Whether a text is written so. What is no text, or empty, is the affair of the field."""
    text = value.strip() if isinstance(value, str) else ""
    return not text or bool(pattern.fullmatch(text))

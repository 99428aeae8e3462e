"""The column of an amount of money: three decimals in the database, those of the shop's currency
everywhere else."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from shared.money import describe_step, get_currency, is_payable

MAX_DIGITS = 15
# Those of the finest currency (see `shared.money`).
DECIMAL_PLACES = 3


def check_step(amount: Decimal) -> None:
    """A validator of forms and serializers. Raises ValidationError for an amount that is finer
    than what can be paid in the shop's currency."""
    # A number that is too long is told of by another validator; it cannot be divided here.
    if abs(amount) < 10**MAX_DIGITS and not is_payable(amount, settings.CURRENCY):
        raise ValidationError(describe_step(settings.CURRENCY), code="amount_too_fine")


def amount_limits() -> dict[str, Any]:
    """What a form's field takes of an amount; `check_step` knows the decimals of the currency."""
    return {"max_digits": MAX_DIGITS, "decimal_places": DECIMAL_PLACES, "validators": [check_step]}


class AmountField(models.DecimalField):  # type: ignore[type-arg]
    """For migrations a plain decimal with three places. The admin shows the decimals of the shop's
    currency, and forms take what can be paid in it; a value that was written in a finer one is
    left as it is. Where the row is not of the shop's currency, a Money of it says so."""

    def __init__(self, verbose_name: str | None = None, **options: Any) -> None:
        currency = get_currency(settings.CURRENCY)
        self._quantum = currency.quantum
        shown = {"max_digits": MAX_DIGITS, "decimal_places": currency.exponent}
        super().__init__(verbose_name, **{**options, **shown, "validators": [check_step]})

    def deconstruct(self) -> Any:
        name, _, args, options = super().deconstruct()
        options.pop("validators", None)
        options |= {"max_digits": MAX_DIGITS, "decimal_places": DECIMAL_PLACES}
        return name, "django.db.models.DecimalField", args, options

    def db_type(self, connection: Any) -> str:
        return f"numeric({MAX_DIGITS}, {DECIMAL_PLACES})"

    def from_db_value(self, value: Decimal | None, expression: Any, connection: Any) -> Any:
        if value is None:
            return None
        shown = value.quantize(self._quantum)
        return shown if shown == value else value

    def formfield(self, **options: Any) -> Any:
        field = super().formfield(**{**options, **amount_limits()})
        if field is not None:
            field.widget.attrs["step"] = str(get_currency(settings.CURRENCY).step)
        return field

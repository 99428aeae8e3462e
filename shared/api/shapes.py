"""Shapes that several APIs share."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from shared.api.input import Input
from shared.database.amounts import DECIMAL_PLACES, MAX_DIGITS, check_step
from shared.money import Money, get_currency

_CAPABILITY = "The access_token of a guest's checkout"
ORDER_TOKEN_PARAMETERS = (
    OpenApiParameter("X-Order-Token", str, "header", description=_CAPABILITY),
    OpenApiParameter("token", str, description=f"{_CAPABILITY}, in links"),
)


class CountryInput(serializers.CharField):
    """A country that has a post, by its ISO 3166-1 alpha-2 code in letters of any size."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_length": 2, "max_length": 2, **options})

    def to_internal_value(self, data: Any) -> str:
        # Only here, because the countries' data take 2 MB and most services take no address.
        from shared.addresses import read_country

        code = read_country(super().to_internal_value(data))
        if not code:
            raise serializers.ValidationError(_("Write a country's code, like DE."))
        return code


class AmountInput(serializers.DecimalField):
    """An amount in the shop's currency, not finer than what can be paid in it."""

    def __init__(self, **options: Any) -> None:
        shown = {
            "max_digits": MAX_DIGITS,
            "decimal_places": get_currency(settings.CURRENCY).exponent,
        }
        super().__init__(**{**shown, **options})

    def validate_precision(self, value: Decimal) -> Decimal:
        """Instead of counting decimals. Raises ValidationError."""
        if value.adjusted() >= MAX_DIGITS - DECIMAL_PLACES:
            self.fail("max_whole_digits", max_whole_digits=MAX_DIGITS - DECIMAL_PLACES)
        try:
            check_step(value)
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages, code=error.code) from error
        return value

    def quantize(self, value: Decimal) -> Decimal:
        return value


class MoneyShape(Input):
    """{"amount": "19.99", "currency": "EUR"}, of a Money: with the decimals of its currency."""

    amount = AmountInput()
    currency = serializers.CharField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            Money(**attrs)
        except ValueError as error:
            raise serializers.ValidationError({"amount": str(error)}) from error
        return attrs

    def to_representation(self, instance: Money) -> dict[str, str]:
        """What the fields would say: an answer is full of amounts."""
        return instance.to_json()


class PriceShape(MoneyShape):
    """Money that is never negative."""

    amount = AmountInput(min_value=Decimal(0))
    currency = serializers.CharField(max_length=3)

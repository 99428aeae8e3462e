"""Shapes that several APIs share."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from shared.api.input import Input
from shared.money import Money

_CAPABILITY = "The access_token of a guest's checkout"
ORDER_TOKEN_PARAMETERS = (
    OpenApiParameter("X-Order-Token", str, "header", description=_CAPABILITY),
    OpenApiParameter("token", str, description=f"{_CAPABILITY}, in links"),
)


class MoneyShape(Input):
    """{"amount": "19.99", "currency": "EUR"}, of a Money."""

    amount = serializers.DecimalField(max_digits=12, decimal_places=2)
    currency = serializers.CharField()

    def to_representation(self, instance: Money) -> dict[str, str]:
        """What the fields would say: an answer is full of amounts."""
        return {"amount": f"{instance.amount:.2f}", "currency": instance.currency}

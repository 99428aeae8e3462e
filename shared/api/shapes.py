"""Output shapes that several APIs share."""

from typing import Any

from rest_framework import serializers


class MoneyShape(serializers.Serializer[Any]):
    """{"amount": "19.99", "currency": "EUR"}, of a Money."""

    amount = serializers.DecimalField(max_digits=12, decimal_places=2)
    currency = serializers.CharField()

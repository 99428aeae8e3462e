from dataclasses import dataclass
from decimal import Decimal

import pytest
from rest_framework import serializers

from shared.api.output import show, show_all
from shared.api.shapes import MoneyShape
from shared.money import Money


class InnerOutput(serializers.Serializer):
    amount = serializers.DecimalField(max_digits=6, decimal_places=2)


class Output(serializers.Serializer):
    name = serializers.CharField()
    price = InnerOutput(allow_null=True)
    parts = InnerOutput(many=True)


@dataclass
class Inner:
    amount: Decimal


@dataclass
class Thing:
    name: str
    price: Inner | None
    parts: list[Inner]
    secret: str = "kept"


def things():
    return [Thing("lamp", Inner(Decimal("2.5")), []), Thing("bowl", None, [Inner(Decimal(1))])]


def test_it_shows_what_the_serializer_would_show():
    assert show_all(Output, things()) == Output(things(), many=True).data
    assert show(Output, things()[0]) == {"name": "lamp", "price": {"amount": "2.50"}, "parts": []}


def test_one_answer_leaves_nothing_in_the_next():
    first = show(Output, things()[0])
    show(Output, things()[1])
    assert first == Output(things()[0]).data


@pytest.mark.parametrize("amount", ["0", "19.9", "-3.05", "9999999999.99"])
def test_an_amount_reads_as_its_fields_say(amount):
    money = Money(Decimal(amount), "EUR")

    declared = super(MoneyShape, MoneyShape()).to_representation(money)

    assert show(MoneyShape, money) == declared

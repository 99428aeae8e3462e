from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

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


class EverythingOutput(serializers.Serializer):
    id = serializers.UUIDField()
    short_id = serializers.UUIDField(format="hex", source="id")
    text = serializers.CharField()
    number = serializers.IntegerField()
    flag = serializers.BooleanField()
    amount = serializers.DecimalField(max_digits=6, decimal_places=2)
    rounded = serializers.DecimalField(max_digits=6, decimal_places=1, source="amount")
    plain = serializers.DecimalField(6, 2, normalize_output=True, source="amount")
    bare = serializers.DecimalField(6, 2, coerce_to_string=False, source="amount")
    day = serializers.DateField()
    time = serializers.DateTimeField()
    choice = serializers.ChoiceField(choices=["a", "b"])
    words = serializers.ListField(child=serializers.CharField())
    table = serializers.DictField(child=serializers.IntegerField(allow_null=True))
    inner = InnerOutput(allow_null=True)
    inner_amount = serializers.CharField(source="inner.amount", default="none")
    parts = InnerOutput(many=True)
    called = serializers.CharField()
    absent = serializers.CharField(default="nothing")
    left_out = serializers.CharField(required=False)
    made = serializers.SerializerMethodField()
    secret = serializers.CharField(write_only=True)

    def get_made(self, thing: Any) -> str:
        return f"made of {type(thing).__name__}"


class UpperOutput(serializers.Serializer):
    """One that has its own say, which an inner one has too."""

    name = serializers.CharField()

    def to_representation(self, thing):
        return {"name": super().to_representation(thing)["name"].upper()}


class OuterOutput(serializers.Serializer):
    one = UpperOutput()
    many = UpperOutput(many=True)


EVERYTHING = {
    "id": UUID(int=7),
    "text": "<b>\u2028 é",
    "number": 3,
    "flag": True,
    "amount": Decimal("1.50"),
    "day": date(2026, 5, 4),
    "time": datetime(2026, 5, 4, 12, 0, 0, 1200, tzinfo=UTC),
    "choice": "a",
    "words": ["x", None, 1],
    "table": {"a": 1, 2: None},
    "inner": {"amount": Decimal(3)},
    "parts": [Inner(Decimal(1)), {"amount": Decimal(2)}],
}


class Everything:
    def __init__(self, **values: Any) -> None:
        vars(self).update(values)

    def called(self) -> str:
        return "called"


ODD = [
    {},
    {"amount": Decimal("0.00")},
    {"amount": Decimal("-0.00")},
    {"amount": Decimal("-12")},
    {"amount": Decimal("1E+2")},
    {"amount": Decimal("9999.99")},
    {"amount": 2},
    {"flag": "true", "number": "12", "text": 5},
    {"flag": 0, "choice": "no longer one"},
    {"inner": None, "words": [], "table": {}, "parts": []},
    {"text": None, "flag": None, "amount": None, "id": None, "time": None, "words": None},
]


@pytest.mark.parametrize("odd", ODD)
def test_every_kind_of_field_is_shown_as_the_serializer_shows_it(odd):
    thing = Everything(**EVERYTHING | odd)
    mapping = EVERYTHING | odd | {"called": "called"}
    for each in (thing, mapping, thing):
        shown = show(EverythingOutput, each)
        assert shown == EverythingOutput(each).data
        assert list(shown) == list(EverythingOutput(each).data)
        assert {k: type(v) for k, v in shown.items()} == {
            k: type(v) for k, v in EverythingOutput().to_representation(each).items()
        }


def test_a_number_with_too_many_digits_is_no_answer_either_way():
    for say in (show, lambda shape, thing: shape().to_representation(thing)):
        with pytest.raises(ArithmeticError):
            say(InnerOutput, Inner(Decimal("12345.67")))


def test_what_is_missing_is_told_as_the_serializer_tells_it():
    with pytest.raises(AttributeError, match="field `amount` on serializer `InnerOutput`"):
        show(InnerOutput, things()[0])


def test_a_serializer_with_a_say_of_its_own_is_asked():
    thing = {"one": {"name": "a"}, "many": [{"name": "b"}]}
    assert show(OuterOutput, thing) == {"one": {"name": "A"}, "many": [{"name": "B"}]}
    assert show(UpperOutput, thing["one"]) == {"name": "A"}

import pytest
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from shared.api.input import read


class InnerInput(serializers.Serializer):
    city = serializers.CharField(max_length=5)


class Input(serializers.Serializer):
    name = serializers.CharField()
    count = serializers.IntegerField(default=1)
    inner = InnerInput(required=False)


@pytest.mark.parametrize(
    "sent", [{"name": "lamp"}, {"name": "lamp", "count": "2", "inner": {"city": "Bonn"}}]
)
def test_it_reads_what_the_serializer_would_read(sent):
    judge = Input(data=sent)

    assert judge.is_valid()
    assert read(Input, sent) == judge.validated_data


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"name": ""},
        {"name": "lamp", "inner": {"city": "too long"}},
        {"name": "lamp", "inner": []},
        [],
        "text",
        None,
    ],
)
def test_it_refuses_what_the_serializer_would_refuse(sent):
    judge = Input(data=sent)

    assert not judge.is_valid()
    with pytest.raises(ValidationError) as refused:
        read(Input, sent)
    assert refused.value.detail == judge.errors


def test_one_request_leaves_nothing_to_the_next():
    read(Input, {"name": "lamp", "inner": {"city": "Bonn"}})

    assert read(Input, {"name": "bowl"}) == {"name": "bowl", "count": 1}

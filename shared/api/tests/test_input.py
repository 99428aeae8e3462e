import pytest
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from shared.api.input import Input, Nothing, read, read_nothing


class InnerInput(Input):
    city = serializers.CharField(max_length=5)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2, required=False)


class ThingInput(Input):
    name = serializers.CharField()
    count = serializers.IntegerField(default=1)
    inner = InnerInput(required=False)
    numbers = serializers.ListField(child=serializers.IntegerField(), required=False)
    id = serializers.IntegerField(read_only=True)


def refused(shape, sent):
    with pytest.raises(ValidationError) as error:
        read(shape, sent)
    return error.value


def test_it_gives_the_values_that_the_fields_make():
    sent = {"name": "lamp", "count": "2", "inner": {"city": "Bonn", "amount": "19.99"}}

    assert str(read(ThingInput, sent)["inner"]["amount"]) == "19.99"
    assert read(ThingInput, {"name": "lamp", "count": 2, "numbers": ["-3", 4]}) == {
        "name": "lamp",
        "count": 2,
        "numbers": [-3, 4],
    }


@pytest.mark.parametrize("sent", [{}, {"name": ""}, {"name": "a", "inner": []}, [], "text", None])
def test_it_refuses_what_the_fields_refuse(sent):
    refused(ThingInput, sent)


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ({"name": "lamp", "warehouse": "north"}, ["warehouse"]),
        ({"name": "lamp", "id": 5}, ["id"]),
        ({"name": "lamp", "inner": {"city": "Bonn", "zip": "1"}}, ["inner", "zip"]),
    ],
)
def test_it_names_a_field_that_nobody_reads(sent, place):
    codes = refused(ThingInput, sent).get_codes()

    for key in place:
        codes = codes[key]
    assert codes == ["unknown_field"]


def test_it_names_what_is_wrong_beside_an_unknown_field():
    assert set(refused(ThingInput, {"count": "x", "more": 1}).detail) == {"name", "count", "more"}


ODD = [
    "1_0",
    "0_1.0_0",
    "1e1",
    "+5",
    "5.",
    ".5",
    " 5",
    "５",
    "٥",
    "１９.９９",
    "٣.٥٠",
    "",
    "-",
    "1,5",
]


@pytest.mark.parametrize("text", ODD)
def test_a_number_is_written_in_ascii_digits(text):
    assert "count" in refused(ThingInput, {"name": "lamp", "count": text}).detail
    assert "numbers" in refused(ThingInput, {"name": "lamp", "numbers": [text]}).detail
    wrong = {"name": "lamp", "inner": {"city": "Bonn", "amount": text}}
    assert "amount" in refused(ThingInput, wrong).detail["inner"]


class LinkInput(Input):
    target = serializers.UUIDField(required=False, allow_null=True)


@pytest.mark.parametrize("odd", ["١" * 32, 5, "x", "{01a22d55-66ab-7f8f-b55d-eed3983348d6}"])
def test_an_id_is_written_as_a_uuid(odd):
    assert "target" in refused(LinkInput, {"target": odd}).detail


@pytest.mark.parametrize("id", ["01a22d55-66ab-7f8f-b55d-eed3983348d6", "1" * 32, None])
def test_an_id_may_go_without_hyphens_or_be_none(id):
    assert set(read(LinkInput, {"target": id})) == {"target"}


def test_a_request_that_takes_nothing_refuses_something():
    assert read(Nothing, {}) == {}
    assert "lines" in refused(Nothing, {"lines": []}).detail


class TokenView(APIView):
    common_parameters = (OpenApiParameter("token", str), OpenApiParameter("X-Key", str, "header"))


def deletion(path="/things/1/", body=None) -> Request:
    sent = APIRequestFactory().delete(path, body, format="json")
    return Request(sent, parsers=[JSONParser()], parser_context={"view": TokenView()})


@pytest.mark.parametrize("path", ["/things/1/", "/things/1/?token=abc&format=json"])
def test_what_a_view_names_is_no_body(path):
    read_nothing(deletion(path))


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/things/1/", {"quantity": 1}, "quantity"),
        ("/things/1/?quantity=1", None, "quantity"),
        ("/things/1/?X-Key=1", None, "X-Key"),
        ("/things/1/", [1], "non_field_errors"),
    ],
)
def test_who_says_something_where_nothing_is_read_is_refused(path, body, field):
    with pytest.raises(ValidationError) as error:
        read_nothing(deletion(path, body))
    assert list(error.value.detail) == [field]

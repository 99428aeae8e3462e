"""The readable form of an OpenAPI document, and the fragment that shows it."""

import pytest
from django.test import Client
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from shared.api import views
from shared.api.joining import join
from shared.api.reference import describe
from shared.testing.probe import urls as probe

MONEY = {
    "type": "object",
    "properties": {
        "amount": {"type": "string", "format": "decimal", "pattern": "^x$"},
        "currency": {"type": "string", "minLength": 3, "maxLength": 3},
    },
    "required": ["amount"],
}
LINE = {
    "type": "object",
    "properties": {
        "price": {"oneOf": [{"$ref": "#/components/schemas/Money"}, {"type": "null"}]},
        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
        "secret": {"type": "string", "writeOnly": True},
        "id": {"type": "string", "readOnly": True},
        "kind": {"enum": ["a", "b"], "description": "<!--# evil -->", "default": "a"},
    },
}


def document(**operation):
    found = {
        "operationId": "lines_create",
        "tags": ["lines"],
        "description": "Makes a line. Then\n more.",
        "responses": {"201": {"description": "", "content": content("Line")}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tea", "version": "1"},
        "paths": {"/tea/api/v1/lines/": {"post": found | operation}},
        "components": {"schemas": {"Money": MONEY, "Line": LINE}},
    }


def content(name):
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def only(data):
    (group,) = describe(data, "tea")
    (operation,) = group.operations
    return operation


def test_an_operation_has_a_name_an_anchor_and_a_summary():
    operation = only(document())

    assert (operation.method, operation.path) == ("POST", "/tea/api/v1/lines/")
    assert operation.anchor == "tea-lines_create"
    assert operation.summary == "Makes a line"
    assert operation.description == "Makes a line. Then more."
    assert operation.responses[0].meaning == "Created"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"security": [{"bearer": []}]}, "signed in"),
        ({"security": [{"bearer": []}, {}]}, "everybody, or signed in"),
        ({"security": [{}]}, "everybody"),
        ({"security": [{"bearer": []}], "x-roles": ["owner", "support"]}, "staff: owner, support"),
    ],
)
def test_it_says_who_may_call(said, told):
    assert only(document(**said)).callers == told


def test_a_body_is_spelled_out_with_types_and_limits():
    body = only(document(requestBody={"content": content("Line")})).body
    fields = {field.name: field for field in body.fields}

    assert body.shape == "Line"
    assert fields["price"].type == "Money or null"
    assert fields["price.amount"].type == "string (decimal)"
    assert fields["price.amount"].required
    assert fields["price.amount"].limits == ""
    assert fields["price.currency"].limits == "3 characters"
    assert (fields["kind"].type, fields["kind"].limits) == ("a | b", '"a" unless given')


def test_a_body_hides_what_does_not_go_that_way():
    operation = only(document(requestBody={"content": content("Line")}))
    asked = {field.name for field in operation.body.fields}
    answered = {field.name for field in operation.responses[0].body.fields}

    assert "secret" in asked - answered
    assert "id" in answered - asked


def test_a_shape_that_holds_itself_ends():
    fields = only(document(requestBody={"content": content("Line")})).body.fields

    assert max(field.name.count("parts[]") for field in fields) == 4


def test_parameters_name_their_place():
    given = {"name": "q", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 5}}
    (field,) = only(document(parameters=[given])).parameters

    assert (field.place, field.type, field.limits) == ("query", "integer", "from 1, to 5")


def test_joined_documents_keep_apart_what_has_the_same_name():
    joined = join({"tea": document(), "oil": document() | {"paths": {}}})

    assert {"TeaLine", "OilLine"} <= set(joined["components"]["schemas"])
    price = joined["components"]["schemas"]["TeaLine"]["properties"]["price"]["oneOf"][0]
    assert price == {"$ref": "#/components/schemas/TeaMoney"}
    operation = joined["paths"]["/tea/api/v1/lines/"]["post"]
    assert (operation["operationId"], operation["tags"]) == ("tea_lines_create", ["tea"])
    validate_schema(joined)


class Urls:
    handler404 = "shared.errors.page_not_found"
    urlpatterns = [
        path("", include(probe.urlpatterns)),
        path("probe/fragments/public/api-reference/", views.show_reference),
    ]


def test_the_document_tells_roles_and_problems():
    data = SchemaGenerator(patterns=probe.urlpatterns).get_schema(public=True)
    staff = data["paths"]["/probe/api/v1/staff/"]["get"]

    assert staff["x-roles"] == ["fulfilment", "owner"]
    refusal = staff["responses"]["default"]["content"]["application/problem+json"]["schema"]
    assert refusal == {"$ref": "#/components/schemas/Problem"}
    assert "x-roles" not in data["paths"]["/probe/api/v1/who/"]["get"]
    validate_schema(data)


def test_the_fragment_is_public_and_runs_no_text(settings, monkeypatch):
    settings.ROOT_URLCONF = Urls
    evil = document(description='<!--# include virtual="/x/" --><script>x</script>', summary="")
    views._groups.cache_clear()
    monkeypatch.setattr(SchemaGenerator, "get_schema", lambda *_, **__: evil)
    answer = Client().get("/probe/fragments/public/api-reference/")

    assert answer["Cache-Control"] == "public, max-age=0, s-maxage=600"
    assert '<section class="api" id="probe"' in answer.text
    assert 'id="probe-lines_create"' in answer.text
    assert "<!--#" not in answer.text
    assert "<script>" not in answer.text
    views._groups.cache_clear()

"""One refusal, told to programs as problem JSON and to people as a page."""

from importlib import import_module

import pytest
from django.db import connection
from django.test import Client
from rest_framework import exceptions
from rest_framework.views import APIView

from shared.errors import DomainError, InvalidInput, api_exception_handler
from shared.testing.users import ALICE

API, PAGE, FRAGMENT = "/probe/api/v1/errors/", "/probe/errors/", "/probe/fragments/errors/"
MEMBERS = {"type", "title", "status", "code", "detail", "request_id"}


@pytest.fixture
def visitor():
    """Sees what a browser sees: a bug is an answer, not an exception."""
    return Client(raise_request_exception=False)


def told(answer):
    """The problem document, checked for its form."""
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert set(body) >= MEMBERS
    assert body["status"] == answer.status_code
    assert "{" not in body["title"] + body["detail"]
    return body


def test_a_domain_error_keeps_its_code_detail_and_extras(client):
    answer = client.get(f"{API}conflict/", headers={"X-Request-ID": "r-17"})

    assert told(answer) == {
        "type": "about:blank",
        "title": "The tea is cold",
        "status": 409,
        "code": "tea_is_cold",
        "detail": "Heat it first",
        "request_id": "r-17",
        "minutes": 5,
    }


def test_a_domain_error_says_its_title_where_there_is_no_detail(client):
    body = told(client.get(f"{API}missing/"))

    assert (body["code"], body["detail"]) == ("not_found", "Not found")


def test_wrong_input_names_the_fields(client, api_of):
    assert told(client.get(f"{API}input/"))["errors"] == {"sugar": ["At most three"]}

    body = told(api_of(None).post(f"{API}x/", {"number": "seven"}))
    assert (body["status"], body["code"]) == (400, "invalid_input")
    assert body["errors"] == {"number": ["A valid integer is required."]}


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff\xfe", b"[" * 100_000, b'{"number": NaN}', b'{"number": 1' + b"0" * 5000 + b"}"],
)
def test_what_is_no_json_is_a_400(client, body):
    answer = client.post(f"{API}x/", body, content_type="application/json")

    assert told(answer)["code"] == "parse_error"
    assert answer.status_code == 400


@pytest.mark.parametrize("body", [b"[]", b"7", b"null", b'"text"', b'{"number": "\\u0000"}'])
def test_json_of_another_shape_is_a_400(client, body):
    answer = client.post(f"{API}x/", body, content_type="application/json")

    assert told(answer)["code"] == "invalid_input"


def test_the_wrong_method_type_and_accept_have_their_codes(client):
    assert told(client.delete(f"{API}x/"))["code"] == "method_not_allowed"
    assert told(client.delete(f"{API}x/"))["title"] == "Method Not Allowed"
    body = told(client.post(f"{API}x/", "a=1", content_type="text/plain"))
    assert (body["status"], body["code"]) == (415, "unsupported_media_type")
    body = told(client.get(f"{API}conflict/", headers={"Accept": "image/png"}))
    assert (body["status"], body["code"]) == (406, "not_acceptable")


def test_who_asks_too_often_is_told_when_to_come_back():
    answer = api_exception_handler(exceptions.Throttled(wait=0.4), {"view": APIView()})

    assert (answer.status_code, answer.data["code"]) == (429, "throttled")
    assert answer["Retry-After"] == "1"


def test_an_unknown_address_is_a_404_to_programs_and_people(visitor):
    assert told(visitor.get("/probe/api/v1/nothing/"))["code"] == "not_found"
    assert told(visitor.get("/nothing/", headers={"Accept": "application/json"}))["status"] == 404

    page = visitor.get("/probe/nothing/", headers={"Accept": "text/html"})
    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert b"Page not found" in page.content
    assert b"Back to the shop" in page.content


@pytest.mark.parametrize("address", [f"{API}bug/", f"{PAGE}bug/", f"{FRAGMENT}bug/"])
def test_a_bug_is_a_500_that_gives_nothing_away(visitor, address):
    answer = visitor.get(address, headers={"X-Request-ID": "r-18"})

    assert answer.status_code == 500
    for secret in (b"secret detail", b"Traceback", b"RuntimeError"):
        assert secret not in answer.content
    if address == API + "bug/":
        assert (told(answer)["code"], told(answer)["request_id"]) == ("internal_error", "r-18")
    elif address == PAGE + "bug/":
        assert b"r-18" in answer.content


def test_a_page_tells_people_and_a_fragment_only_its_own_piece(client):
    page = client.get(f"{PAGE}conflict/").content.decode()
    fragment = client.get(f"{FRAGMENT}conflict/")

    assert "<html" in page
    assert "The tea is cold" in page
    assert "Heat it first" in page
    assert fragment.status_code == 409
    assert "<html" not in fragment.content.decode()
    assert 'data-code="tea_is_cold"' in fragment.content.decode()


def test_a_program_that_asks_a_page_for_json_gets_the_problem(client):
    answer = client.get(f"{PAGE}conflict/", headers={"Accept": "application/json"})

    assert told(answer)["code"] == "tea_is_cold"


def test_a_person_who_opens_the_api_in_a_browser_gets_a_page(client_of):
    answer = client_of(ALICE).get(f"{API}conflict/", headers={"Accept": "text/html"})

    assert answer.status_code == 409
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert b"tea_is_cold" in answer.content


@pytest.mark.parametrize(
    "address", [f"{API}conflict/?search=%00", f"{PAGE}conflict/?q=a%00b", "/probe/errors/a%00/"]
)
def test_an_address_with_a_nul_is_refused(client, address):
    answer = client.get(address, headers={"Accept": "application/json"})

    assert (answer.status_code, told(answer)["code"]) == (400, "bad_request")


def test_a_host_that_is_none_is_a_400(settings, visitor):
    settings.ALLOWED_HOSTS = ["shop.example"]

    assert visitor.get(f"{PAGE}conflict/", headers={"Host": "evil.example"}).status_code == 400


def test_every_error_of_the_kernel_has_a_code_of_its_own():
    for module in ("auth.authentication", "auth.tokens", "events.failures"):
        import_module(f"shared.{module}")

    def family(kind):
        return [kind, *(one for sub in kind.__subclasses__() for one in family(sub))]

    kinds = [kind for kind in set(family(DomainError)) if kind.__module__.startswith("shared.")]
    codes = [kind.code for kind in kinds]
    assert len(codes) == len(set(codes)) >= 8
    assert InvalidInput().extra == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("server", ["database", "cache"])
def test_while_a_server_is_away_people_and_programs_are_asked_to_come_back(visitor, server):
    connection.close()

    answer = visitor.get(f"{API}{server}/")
    page = visitor.get(f"{PAGE}{server}/", headers={"Accept": "text/html"})

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert told(answer)["code"] == "service_unavailable"
    assert page.status_code == 503
    assert b"This part of the shop is unavailable" in page.content
    assert b"secret detail" not in answer.content + page.content


def test_a_statement_that_a_working_database_refuses_is_a_bug(visitor, db):
    connection.ensure_connection()

    assert told(visitor.get(f"{API}database/"))["code"] == "internal_error"

"""Who acts by a cookie must bring the CSRF token; who sends a token of his own need not."""

import pytest
from django.test import Client

from shared.testing.users import ALICE, BOB, CAROL, MIA, OTTO

WHO, PAGE = "/probe/api/v1/who/", "/probe/who/"
SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def browser_of(token_issuer):
    """A client that Django's CSRF check takes seriously."""

    def make(person, **claims):
        raw = token_issuer.access_token(person, **claims)
        return Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {raw}"})

    return make


def test_a_token_of_ones_own_needs_no_csrf_token(browser_of):
    answer = browser_of(ALICE).post(WHO)

    assert (answer.status_code, answer.json()) == (200, {"who": ALICE.email})


def test_reading_by_a_session_needs_no_csrf_token(browser_of):
    assert browser_of(ALICE, via="session").get(WHO).json() == {"who": ALICE.email}


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_writing_by_a_session_without_the_csrf_token_is_refused(browser_of, method):
    answer = getattr(browser_of(ALICE, via="session"), method)(WHO)

    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


def test_writing_by_a_session_with_another_csrf_token_is_refused(browser_of):
    browser = browser_of(ALICE, via="session")
    browser.cookies["csrftoken"] = SECRET

    answer = browser.post(WHO, headers={"X-CSRFToken": SECRET[::-1]})

    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


def test_writing_by_a_session_with_the_gateways_csrf_token_is_allowed(browser_of):
    browser = browser_of(ALICE, via="session")
    browser.cookies["csrftoken"] = SECRET

    answer = browser.post(WHO, headers={"X-CSRFToken": SECRET})

    assert (answer.status_code, answer.json()) == (200, {"who": ALICE.email})


def test_a_foreign_origin_is_refused_even_with_the_token(browser_of):
    browser = browser_of(ALICE, via="session")
    browser.cookies["csrftoken"] = SECRET
    headers = {"X-CSRFToken": SECRET, "Origin": "https://elsewhere.example"}

    assert browser.post(WHO, headers=headers).json()["code"] == "csrf_failed"


def test_a_form_on_a_page_needs_the_csrf_token_too(browser_of):
    browser = browser_of(ALICE, via="session")

    refused = browser.post(PAGE)
    assert refused.status_code == 403
    assert b"This form is out of date" in refused.content

    browser.cookies["csrftoken"] = SECRET
    assert browser.post(PAGE, {"csrfmiddlewaretoken": SECRET}).json()["who"] == ALICE.email


def test_a_stranger_is_told_to_sign_in(client):
    answer = client.get(WHO)

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="souk"'


@pytest.mark.parametrize(
    ("person", "status"), [(None, 401), (CAROL, 403), (BOB, 403), (MIA, 200), (OTTO, 200)]
)
def test_a_staff_view_is_for_its_role_and_for_owners(api_of, person, status):
    assert api_of(person).get("/probe/api/v1/staff/").status_code == status


def test_a_page_for_members_sends_a_stranger_to_the_login_and_back(client_of):
    answer = client_of(None).get("/probe/mine/?page=2")

    assert answer.status_code == 302
    assert answer["Location"] == "/users/login/?next=%2Fprobe%2Fmine%2F%3Fpage%3D2"
    assert client_of(ALICE).get("/probe/mine/").json()["who"] == ALICE.email

"""The gateway's question: who is it?"""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from shared.auth.tokens import verify_access_token
from users import operations
from users.tests.api.test_tokens import V1, bearer, sign_in
from users.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
WHO = "/users/internal/authenticate/"
STAFF = "/users/internal/staff/"


def send_cache_away(settings):
    """Nothing listens there."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1"}}


def test_a_stranger_is_nobody():
    answer = Client().get(WHO)

    assert answer.status_code == 204
    assert "X-Access-Token" not in answer


def test_a_session_gives_a_token_that_says_so(browser):
    answer = browser().get(WHO)

    principal = verify_access_token(answer["X-Access-Token"])
    assert (principal.email, principal.via) == ("alice@souk.example", "session")


def test_asking_again_within_a_minute_takes_no_query(browser, django_assert_num_queries):
    client = browser()
    first = client.get(WHO)

    with django_assert_num_queries(0):
        assert client.get(WHO)["X-Access-Token"] == first["X-Access-Token"]


def test_after_signing_out_the_session_is_nobody(browser):
    client = browser()
    key = client.cookies["souk_session"].value
    client.get(WHO)
    client.post("/users/logout/")

    again = Client()
    again.cookies["souk_session"] = key

    assert "X-Access-Token" not in again.get(WHO)


def test_a_good_bearer_is_passed_on(account, django_assert_num_queries):
    account()
    token = sign_in().json()["access"]
    bearer(token).get(WHO)

    with django_assert_num_queries(2):
        answer = bearer(token).get(WHO)

    assert answer["X-Access-Token"] == token


def test_a_bad_or_revoked_bearer_is_refused(account):
    user = account()
    token = sign_in().json()["access"]
    bearer(token).post(V1 + "logout/")
    assert bearer(token).get(WHO).status_code == 401
    assert bearer("nonsense").get(WHO).status_code == 401

    fresh = sign_in().json()["access"]
    operations.erase_account(user_id=user.pk, now=timezone.now())
    assert bearer(fresh).get(WHO).status_code == 401


def test_a_session_lives_on_while_the_cache_is_away(browser, settings):
    client = browser()
    send_cache_away(settings)

    answer = client.get(WHO)

    assert verify_access_token(answer["X-Access-Token"]).email == "alice@souk.example"


def test_nobody_can_guess_passwords_while_they_are_not_counted(account, settings):
    user = account()
    send_cache_away(settings)
    client = APIClient(raise_request_exception=False)

    answer = client.post(f"{V1}token/", {"email": user.email, "password": PASSWORD})

    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")


def test_a_session_that_cannot_be_looked_up_is_no_stranger(browser, settings, monkeypatch):
    here = browser()
    here.raise_request_exception = False
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1"}}
    monkeypatch.setattr(SessionStore, "load", database_is_away)

    answer = here.get(WHO)

    assert answer.status_code >= 500  # which the gateway turns into "please wait"
    assert "X-Access-Token" not in answer


def database_is_away(store):
    raise OperationalError("the server closed the connection unexpectedly")


def test_a_made_up_session_is_nobody(db):
    client = Client()
    client.cookies["souk_session"] = "x" * 32

    answer = client.get(WHO)

    assert (answer.status_code, "X-Access-Token" in answer) == (204, False)


@pytest.mark.parametrize(("roles", "status"), [(None, 403), (["owner"], 204)])
def test_operators_tools_are_for_staff(browser, roles, status):
    assert Client().get(STAFF).status_code == 401
    assert browser(roles=roles).get(STAFF).status_code == status


def test_a_session_is_never_a_bearer_without_its_csrf_token(browser):
    token = browser().get(WHO)["X-Access-Token"]

    client = APIClient(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {token}"})
    answer = client.patch(V1 + "me/", {"name": "Mallory"})

    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")

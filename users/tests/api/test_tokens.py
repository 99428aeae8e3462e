import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import jwt
import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from rest_framework.test import APIClient

from shared.auth.principal import Principal
from shared.auth.tokens import InvalidToken, verify_access_token
from users import operations
from users.models import SigningKey
from users.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
V1 = "/users/api/v1/"
ME = V1 + "me/"


def sign_in(email="alice@souk.example", password=PASSWORD):
    return APIClient().post(V1 + "token/", {"email": email, "password": password})


def bearer(token):
    return APIClient(headers={"Authorization": f"Bearer {token}"})


def test_a_pair_says_who_and_is_verified_by_the_public_keys(account):
    user = account(roles=["fulfilment"])

    pair = sign_in().json()

    assert set(pair) == {"access", "refresh"}
    principal = verify_access_token(pair["access"])
    assert principal == Principal(
        user.pk, user.email, "", frozenset({"fulfilment"}), "bearer", principal.token_id
    )


def test_the_jwks_names_the_key_of_the_token(account):
    account()
    token = sign_in().json()["access"]

    document = APIClient().get("/users/.well-known/jwks.json").json()

    assert [key["kid"] for key in document["keys"]] == [jwt.get_unverified_header(token)["kid"]]
    assert "d" not in document["keys"][0]


def test_the_private_key_is_not_stored_in_the_clear(account):
    account()
    sign_in()

    assert b"PRIVATE" not in bytes(SigningKey.objects.get().encrypted_private_key)


def test_rotation_signs_with_the_new_key_and_verifies_the_old(account):
    account()
    old = sign_in().json()["access"]
    operations.rotate_signing_key(now=timezone.now())
    new = sign_in().json()["access"]

    kids = [jwt.get_unverified_header(token)["kid"] for token in (old, new)]
    assert kids[0] != kids[1]
    assert verify_access_token(old).user_id == verify_access_token(new).user_id


def test_a_retired_key_goes_when_its_last_token_is_over(account):
    account()
    old = sign_in().json()["access"]
    operations.rotate_signing_key(now=timezone.now())

    operations.forget_spent(now=timezone.now() + timedelta(days=15))

    assert SigningKey.objects.count() == 1
    from users.queries import jwks_document

    kids = [key["kid"] for key in jwks_document()["keys"]]
    assert jwt.get_unverified_header(old)["kid"] not in kids


def forge(token, *, header=None, claims=None, key=None, algorithm="RS256"):
    head = {**jwt.get_unverified_header(token), **(header or {})}
    body = {**jwt.decode(token, options={"verify_signature": False}), **(claims or {})}
    if algorithm == "none":
        parts = [json.dumps(part).encode() for part in ({**head, "alg": "none"}, body)]
        encoded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
        return ".".join([*encoded, ""])
    return jwt.encode(body, key, algorithm=algorithm, headers={"kid": head["kid"]})


def test_forged_tokens_are_refused(account, token_issuer):
    account()
    good = sign_in().json()["access"]
    refresh = sign_in().json()["refresh"]
    stranger = token_issuer.private_key
    forged = [
        forge(good, algorithm="none"),
        forge(good, key="x" * 32, algorithm="HS256"),
        forge(good, key=stranger),
        forge(good, key=stranger, header={"kid": "unknown"}),
        good[:-4] + "AAAA",
        refresh,
        "nonsense",
        "",
    ]

    for token in forged:
        with pytest.raises(InvalidToken):
            verify_access_token(token)
        answer = bearer(token).get(ME)
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"


def test_a_wrong_password_and_an_unknown_account_look_alike(account):
    account()

    answers = [sign_in(password="wrong"), sign_in(email="nobody@souk.example")]

    bodies = [{**answer.json(), "request_id": ""} for answer in answers]
    assert bodies[0] == bodies[1]
    assert bodies[0]["code"] == "wrong_credentials"


def test_an_account_waits_after_too_many_wrong_passwords(account, settings):
    account()
    for _ in range(settings.LOGIN_FAILURES):
        assert sign_in(password="wrong").status_code == 401

    answer = sign_in()

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")


def test_a_refresh_token_is_good_once(account):
    account()
    refresh = sign_in().json()["refresh"]

    first = APIClient().post(V1 + "token/refresh/", {"refresh": refresh})
    second = APIClient().post(V1 + "token/refresh/", {"refresh": refresh})

    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (401, "token_not_valid")
    assert APIClient().post(V1 + "token/refresh/", {"refresh": first.json()["refresh"]})


@pytest.mark.django_db(transaction=True)
def test_of_two_refreshes_at_once_one_wins(account):
    account()
    refresh = sign_in().json()["refresh"]

    def run(_):
        try:
            return APIClient().post(V1 + "token/refresh/", {"refresh": refresh}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(run, range(6)))

    assert sorted(answers) == [200, 401, 401, 401, 401, 401]


def test_signing_out_ends_both_tokens(account):
    account()
    pair = sign_in().json()

    assert bearer(pair["access"]).post(V1 + "logout/", {"refresh": pair["refresh"]})

    check = APIClient().post(V1 + "token/verify/", {"token": pair["access"]})
    assert check.status_code == 401
    assert APIClient().post(V1 + "token/refresh/", {"refresh": pair["refresh"]}).status_code == 401


def test_a_good_token_verifies(account):
    account()
    token = sign_in().json()["access"]

    assert APIClient().post(V1 + "token/verify/", {"token": token}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_first_key_is_made_once():
    def run(_):
        try:
            operations.ensure_signing_key()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(run, range(6)))

    assert SigningKey.objects.count() == 1


def test_an_attempt_that_nobody_could_judge_does_not_count(account, settings, monkeypatch):
    account()

    def away(*_, **__):
        raise OperationalError("the database is away")

    with monkeypatch.context() as broken:
        broken.setattr("users.operations.tokens.authenticate", away)
        for _ in range(settings.LOGIN_FAILURES + 2):
            with pytest.raises(OperationalError):
                operations.sign_in(email="alice@souk.example", password=PASSWORD)

    assert sign_in().status_code == 200

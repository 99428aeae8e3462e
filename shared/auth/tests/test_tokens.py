import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import RequestFactory

from shared.auth.tokens import InvalidToken, bearer_of, verify_access_token
from shared.testing.tokens import TestIssuer
from shared.testing.users import ALICE, MIA


def part(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def public_pem(issuer):
    return issuer.private_key.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )


def test_a_valid_token_tells_who_calls(token_issuer):
    principal = verify_access_token(token_issuer.access_token(MIA, via="session", jti="j1"))

    assert (principal.user_id, principal.email, principal.name) == (MIA.user_id, MIA.email, "Mia")
    assert principal.roles == MIA.roles
    assert (principal.via, principal.token_id) == ("session", "j1")


def test_roles_and_name_may_be_absent(token_issuer):
    claims = token_issuer.claims(ALICE)
    del claims["roles"], claims["name"]
    raw = jwt.encode(claims, token_issuer.private_key, "RS256", headers={"kid": token_issuer.kid})

    principal = verify_access_token(raw)

    assert (principal.roles, principal.name, principal.is_staff) == (frozenset(), "", False)


def unsigned(issuer):
    header = {"alg": "none", "typ": "JWT", "kid": issuer.kid}
    return f"{part(header)}.{part(issuer.claims(MIA))}."


def signed_with_the_public_key(issuer):
    head = part({"alg": "HS256", "typ": "JWT", "kid": issuer.kid})
    body = f"{head}.{part(issuer.claims(MIA))}"
    digest = hmac.new(public_pem(issuer), body.encode(), hashlib.sha256).digest()
    return f"{body}.{part(digest)}"


def with_changed_claims(issuer):
    head, _, signature = issuer.access_token(ALICE).split(".")
    return f"{head}.{part(issuer.claims(MIA))}.{signature}"


def without(*names):
    def make(issuer):
        claims = {key: value for key, value in issuer.claims(MIA).items() if key not in names}
        return jwt.encode(claims, issuer.private_key, "RS256", headers={"kid": issuer.kid})

    return make


def claiming(**changes):
    return lambda issuer: issuer.access_token(MIA, **changes)


FORGERIES = {
    "unsigned": unsigned,
    "signed with the public key": signed_with_the_public_key,
    "changed claims": with_changed_claims,
    "unknown kid": lambda issuer: TestIssuer("other").access_token(MIA),
    "another key under our kid": lambda issuer: TestIssuer(issuer.kid).access_token(MIA),
    "no kid": lambda issuer: jwt.encode(issuer.claims(MIA), issuer.private_key, "RS256"),
    "expired": claiming(exp=int(time.time()) - 60),
    "of tomorrow": claiming(nbf=int(time.time()) + 3600),
    "another issuer": claiming(iss="elsewhere"),
    "no issuer": without("iss"),
    "refresh token": claiming(token_type="refresh"),
    "no type": without("token_type"),
    "no subject": without("sub"),
    "subject that is no id": claiming(sub="alice"),
    "no address": without("email"),
    "roles that are no list": claiming(roles=7),
    "empty": lambda issuer: "",
    "dots": lambda issuer: "..",
    "not base64": lambda issuer: "€.€.€",
    "not json": lambda issuer: f"{part(b'x')}.{part(b'y')}.z",
    "header that is a list": lambda issuer: f"{part([])}.{part({})}.z",
    "kid that is a list": lambda issuer: f"{part({'alg': 'RS256', 'kid': []})}.{part({})}.z",
    "nested thousands deep": lambda issuer: f"{part(b'[' * 6000)}.{part({})}.z",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_token_is_refused(token_issuer, forgery):
    with pytest.raises(InvalidToken):
        verify_access_token(FORGERIES[forgery](token_issuer))


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_token_is_a_401_to_the_api_and_a_stranger_to_a_page(client, token_issuer, forgery):
    raw = FORGERIES[forgery](token_issuer).encode("utf-8").decode("latin-1")
    headers = {"Authorization": f"Bearer {raw}"}

    answer = client.get("/probe/api/v1/who/", headers=headers)

    assert (answer.status_code, answer.json()["status"]) == (401, 401)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"] == 'Bearer realm="souk"'
    assert client.get("/probe/who/", headers=headers).json()["who"] == "None"


def test_a_small_difference_of_clocks_is_forgiven(token_issuer):
    assert verify_access_token(token_issuer.access_token(ALICE, exp=int(time.time()) - 2))


def test_a_token_that_was_good_expires(token_issuer, monkeypatch):
    raw = token_issuer.access_token(ALICE, exp=int(time.time()) + 60)
    assert verify_access_token(raw)

    now = time.time()
    monkeypatch.setattr("shared.auth.tokens.time.time", lambda: now + 70)

    with pytest.raises(InvalidToken):
        verify_access_token(raw)


@pytest.mark.parametrize("key", [None, "another key"])
def test_a_token_that_was_good_ends_with_its_key(token_issuer, monkeypatch, key):
    raw = token_issuer.access_token(ALICE)
    assert verify_access_token(raw)

    monkeypatch.setattr("shared.auth.tokens.issuer_keys", lambda: {token_issuer.kid: key})

    with pytest.raises(InvalidToken):
        verify_access_token(raw)


@pytest.mark.parametrize(
    ("header", "token"),
    [("", None), ("Basic abc", None), ("Bearer abc", "abc"), ("bearer abc", "abc")],
)
def test_the_header_names_the_token(header, token):
    request = RequestFactory().get("/", headers={"Authorization": header})

    assert bearer_of(request) == token


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer a b"])
def test_a_garbled_header_is_refused(client, header):
    with pytest.raises(InvalidToken):
        bearer_of(RequestFactory().get("/", headers={"Authorization": header}))

    answer = client.get("/probe/api/v1/who/", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_not_valid")


def test_headers_that_a_client_can_send_are_not_believed(client):
    forged = {
        "X-User-Id": str(MIA.user_id),
        "X-Access-Token": "x",
        "X-Forwarded-User": MIA.email,
        "Remote-User": MIA.email,
    }

    assert client.get("/probe/api/v1/who/", headers=forged).status_code == 401
    assert client.get("/probe/who/", headers=forged).json()["who"] == "None"

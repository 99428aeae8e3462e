"""Who somebody is: forged tokens, chosen sessions, two identities at once."""

import base64
import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.hostile.browsers import EVIL_HOST, Browser
from tests.journeys.shop import eventually

MINE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
DOORS = ("/users/api/v1/me/", "/orders/api/v1/orders/", "/inventory/api/v1/stock/x/movements/")


def encoded(part):
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def issuer(shop):
    """The key that tokens are signed with, as far as everybody may know it."""
    return shop.page("/users/.well-known/jwks.json").json()["keys"][0]


@pytest.fixture(scope="module")
def claims(shop):
    """Otto's own claims, still good."""
    token = shop.sign_in(**shop.info["accounts"]["operator"])._headers["Authorization"]
    good = jwt.decode(token.removeprefix("Bearer "), options={"verify_signature": False})
    return {**good, "exp": int(time.time()) + 600, "jti": uuid4().hex}


def refused(shop, token):
    for path in DOORS:
        answer = httpx.get(shop.url + path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, (path, answer.text)
        assert answer.json()["code"]


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
@pytest.mark.parametrize("signature", ["", encoded(b"x" * 256)])
def test_a_token_without_a_signature_is_refused(shop, issuer, claims, algorithm, signature):
    header = {"alg": algorithm, "typ": "JWT", "kid": issuer["kid"]}
    refused(shop, f"{encoded(header)}.{encoded(claims)}.{signature}")


@pytest.mark.parametrize("form", ["pem", "der", "modulus", "document"])
def test_the_public_key_is_no_secret_to_sign_with(shop, issuer, claims, form):
    key = jwt.PyJWK(issuer).key
    kinds = serialization.Encoding, serialization.PublicFormat.SubjectPublicKeyInfo
    secret = {
        "pem": key.public_bytes(kinds[0].PEM, kinds[1]),
        "der": key.public_bytes(kinds[0].DER, kinds[1]),
        "modulus": issuer["n"].encode(),
        "document": json.dumps(issuer).encode(),
    }[form]
    signed = f"{encoded({'alg': 'HS256', 'kid': issuer['kid']})}.{encoded(claims)}"
    digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    refused(shop, f"{signed}.{encoded(digest)}")


KIDS = ("", "../../../../dev/null", "/etc/passwd", "x' OR '1'='1", "%00", "a" * 5000, None, 7, [])


@pytest.mark.parametrize("kid", KIDS, ids=lambda kid: repr(kid)[:20])
def test_a_key_that_nobody_published_is_refused(shop, claims, kid):
    header = {"alg": "RS256", "kid": kid}
    signed = f"{encoded(header)}.{encoded(claims)}"
    real = jwt.encode(claims, MINE, algorithm="RS256")
    refused(shop, f"{signed}.{real.rpartition('.')[2]}")


def own_key():
    numbers = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(MINE.public_key()))
    return {**numbers, "kid": "mine", "alg": "RS256", "use": "sig"}


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit", "b64", "own signature"])
def test_a_token_cannot_bring_its_own_key(shop, issuer, claims, name):
    brought = {
        "jwk": own_key(),
        "jku": f"http://{EVIL_HOST}/jwks.json",
        "x5u": f"http://{EVIL_HOST}/cert.pem",
        "x5c": ["MIIB"],
        "crit": ["exp"],
        "b64": False,
    }
    extra = {name: brought[name]} if name in brought else {}
    for kid in ("mine", issuer["kid"]):
        headers = {"kid": kid, **extra}
        refused(shop, jwt.encode(claims, MINE, algorithm="RS256", headers=headers))


def test_a_token_for_something_else_opens_no_door(shop):
    account = shop.info["accounts"]["shoppers"][0]
    pair = httpx.post(shop.url + "/users/api/v1/token/", json=account).json()
    refused(shop, pair["refresh"])
    used_up = httpx.post(shop.url + "/users/api/v1/token/verify/", json={"token": pair["access"]})
    assert used_up.status_code == 200
    header, body, signature = pair["access"].split(".")
    data = json.loads(base64.urlsafe_b64decode(body + "=="))
    for change in (
        {"roles": ["owner"]},
        {"exp": 9999999999},
        {"iss": "evil"},
        {"sub": str(uuid4())},
    ):
        refused(shop, f"{header}.{encoded({**data, **change})}.{signature}")


def test_a_chosen_session_never_becomes_somebodys(shop):
    chosen = uuid4().hex
    alice = Browser(shop.url)
    alice.http.cookies.set("souk_session", chosen, domain="127.0.0.1", path="/")
    alice.sign_in(shop.newcomer().email)
    given = [c for c in alice.http.cookies.jar if c.name == "souk_session" and c.value != chosen]

    assert len(given) == 1
    thief = httpx.get(shop.url + DOORS[0], headers={"Cookie": f"souk_session={chosen}"})
    assert thief.status_code == 401


def test_a_session_ends_for_everybody_who_knows_it(shop):
    alice = Browser(shop.url)
    alice.sign_in(shop.newcomer().email)
    stolen = {"Cookie": f"souk_session={alice.session}"}
    assert httpx.get(shop.url + DOORS[0], headers=stolen).status_code == 200
    assert alice.post("/users/logout/", {}).status_code == 302

    # The gateway remembers an answer for five seconds.
    eventually(lambda: httpx.get(shop.url + DOORS[0], headers=stolen).status_code == 401, within=8)


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(shop):
    alice = Browser(shop.url)
    said = alice.sign_in(shop.newcomer().email).headers.get_list("set-cookie")
    session = next(line for line in said if line.startswith("souk_session="))

    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    assert "Domain=" not in session


def test_two_identities_at_once_are_never_mixed_up(shop, alice, bob):
    """Pairs of session and bearer, and halves of pairs, asked for at the same time."""
    other = shop.newcomer()
    bearer = other._headers["Authorization"]
    hers, his = f"souk_session={alice.session}", f"souk_session={bob.session}"
    me = {name: who.get(DOORS[0]).json()["email"] for name, who in (("a", alice), ("b", bob))}
    pairs = [
        ({"Cookie": hers}, {me["a"]}),
        ({"Cookie": his}, {me["b"]}),
        ({"Authorization": bearer}, {other.email}),
        ({"Cookie": hers, "Authorization": bearer}, {other.email}),
        ({"Cookie": his, "Authorization": bearer}, {other.email}),
        ({"Cookie": f"{hers}|a={bearer}"}, {None}),
        ({"Cookie": f"souk_session=|a={bearer}"}, {None}),
        ({"Authorization": f"|s={alice.session}"}, {None}),
        ({}, {None}),
    ]

    def ask(pair):
        answer = httpx.get(shop.url + DOORS[0], headers=pair[0], timeout=30)
        return answer.json().get("email"), pair

    with ThreadPoolExecutor(8) as pool:
        for email, (headers, expected) in pool.map(ask, pairs * 12):
            assert email in expected, headers

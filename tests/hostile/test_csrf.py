"""Whoever acts by a cookie proves that a page of the shop sent them: on every route there is."""

import re
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from shared.services import SERVICES

ROOT = Path(__file__).resolve().parents[2]
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
FILLED_IN = {"uuid": str(uuid4()), "slug": "x", "address": "x", "str": "x", "int": "1"}
OPEN_APIS = ("/users/api/v1/token/", "/users/api/v1/register/")
# Of the account library; its urlconf is not in this repository.
ACCOUNT = (
    "login/",
    "logout/",
    "signup/",
    "email/",
    "password/change/",
    "password/set/",
    "password/reset/",
    "sessions/",
    "reauthenticate/",
)


def page_routes():
    for service in SERVICES:
        listed = (ROOT / service / "urls.py").read_text().partition("urlpatterns")[2]
        for route in re.findall(r'path\(\s*"([^"]*)",\s*pages\.', listed):
            yield "/" + re.sub(r"<(\w+):\w+>", lambda found: FILLED_IN[found[1]], route)
    yield from (f"/users/{route}" for route in ACCOUNT)


PAGES = sorted(set(page_routes()))


def operations(shop):
    document = shop.page("/docs/api/openapi.json").json()
    for path, methods in document["paths"].items():
        address = re.sub(r"\{\w*id\}", FILLED_IN["uuid"], path)
        address = re.sub(r"\{\w+\}", "x", address)
        yield from ((method.upper(), address) for method in methods if method.upper() in UNSAFE)


def held(browser):
    """All cookies but the token's own proof; from a page of somebody else."""
    return {"Cookie": f"souk_session={browser.session}", "Origin": "http://evil.example"}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_takes_no_form_of_another_site(shop, alice, path):
    for method in UNSAFE:
        answer = httpx.request(
            method, shop.url + path, headers=held(alice), data={"name": "Mallory"}
        )
        assert answer.status_code in (403, 405), (method, path, answer.status_code)
    assert "Mallory" not in alice.get("/users/profile/").text


def test_every_api_asks_a_session_for_the_token(shop, alice):
    walked = list(operations(shop))
    assert len(walked) > 25
    for method, path in walked:
        if not path.startswith(OPEN_APIS):
            answer = httpx.request(method, shop.url + path, headers=held(alice), json={})
            assert answer.status_code == 403, (method, path, answer.text)
            assert answer.json()["code"] == "csrf_failed", (method, path)


def test_a_token_of_somebody_else_is_none(shop, alice, bob):
    token = bob.http.cookies["csrftoken"]
    headers = {**held(alice), "X-CSRFToken": token}
    answer = httpx.patch(f"{shop.url}/users/api/v1/me/", headers=headers, json={"name": "Mallory"})

    assert answer.status_code == 403
    assert alice.get("/users/api/v1/me/").json()["name"] == "Alice-Hostile"


def test_another_site_cannot_change_the_cart_of_a_guest(shop, thing, stranger):
    stranger.post("/cart/items/", {"sku": thing["sku"], "quantity": "1"})
    cookies = "; ".join(f"{name}={value}" for name, value in stranger.http.cookies.items())
    headers = {"Cookie": cookies, "Origin": "http://evil.example"}
    before = stranger.get("/cart/api/v1/cart/").json()["lines"]
    for method, path in operations(shop):
        if path.startswith("/cart/"):
            answer = httpx.request(method, shop.url + path, headers=headers, json={})
            assert answer.status_code == 403, (method, path, answer.text)

    assert before
    assert stranger.get("/cart/api/v1/cart/").json()["lines"] == before

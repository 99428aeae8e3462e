"""No log of any process holds what opens something: passwords, cards, tokens, keys, cookies."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from compose.local import layout
from tests.hostile.browsers import Browser
from tests.journeys.shop import Buyer, Shop, eventually

CARD = "4000056655665556"
LETTERS = str.maketrans("0123456789abcdef", "ghijklmnopqrstuv")


def logs() -> Iterator[Path]:
    return (path for path in layout.find_layout().logs.rglob("*.log") if path.is_file())


def holders(text: str) -> list[str]:
    """The logs that hold it."""
    found = text.encode()
    return [path.name for path in logs() if found in path.read_bytes()]


@pytest.fixture
def password() -> str:
    """Letters only: hexadecimal digits may come too near to those of the address it goes with."""
    return f"Secret-{uuid4().hex.translate(LETTERS)}"


def await_the_logs(shop: Shop) -> None:
    """What was said before this is written by now."""
    mark = f"/mark-{uuid4().hex}/"
    shop.page(mark)
    eventually(lambda: "access.log" in holders(mark))


def assert_kept_secret(shop: Shop, secrets: dict[str, str]) -> None:
    await_the_logs(shop)
    assert all(len(secret) > 10 for secret in secrets.values()), secrets
    assert {what: holders(secret) for what, secret in secrets.items() if holders(secret)} == {}


def test_signing_up_in_and_out_leaves_no_secret(shop, password):
    email = f"alice-{uuid4().hex}@souk.example"
    said = {"email": email, "password": password}
    base, api = shop.url, "/users/api/v1"
    assert httpx.post(f"{base}{api}/register/", json=said).status_code == 201
    assert httpx.post(f"{base}{api}/register/", json=said).status_code == 409
    pair = httpx.post(f"{base}{api}/token/", json=said).json()
    httpx.post(f"{base}{api}/token/?password={password}", json={**said, "password": password * 2})
    httpx.post(f"{base}{api}/token/", content=f'{{"password": "{password}"')
    httpx.post(f"{base}{api}/token/verify/", json={"token": pair["access"]})
    bearer = {"Authorization": f"Bearer {pair['access']}"}
    assert httpx.get(f"{base}{api}/me/", headers=bearer).status_code == 200
    renewed = httpx.post(f"{base}{api}/token/refresh/", json={"refresh": pair["refresh"]}).json()
    httpx.post(f"{base}{api}/logout/", headers=bearer, json={"refresh": renewed["refresh"]})

    tokens = {
        f"{which} {name}": p[name]
        for which, p in (("first", pair), ("next", renewed))
        for name in p
    }
    assert_kept_secret(shop, {"password": password, "address": email, **tokens})


def test_a_browser_leaves_no_secret(shop, password):
    email = f"alice-{uuid4().hex}@souk.example"
    browser = Browser(shop.url)
    browser.post("/users/signup/", {"email": email, "password1": password})
    browser.post("/users/logout/", {})
    browser.post("/users/login/", {"login": email, "password": password[:-1]})
    browser.sign_in(email, password)
    session, csrf = browser.session, browser.http.cookies["csrftoken"]
    assert browser.get("/users/profile/").status_code == 200
    assert browser.post("/users/profile/", {"csrf": "x"}, Cookie="").status_code in (302, 403)
    secrets = {"password": password, "session": session, "csrf": csrf, "address": email}

    assert_kept_secret(shop, secrets)


def test_resetting_a_password_leaves_no_key(shop, password):
    alice, browser = shop.newcomer(), Browser(shop.url)
    browser.post("/users/password/reset/", {"email": alice.email})
    mails = eventually(lambda: [m for m in shop.mails_to(alice.email) if "reset/key/" in m["text"]])
    link = re.search(r"/users/password/reset/key/([^/\s]+)/", mails[0]["text"])
    form = browser.get(link[0]).headers["Location"]
    browser.get(form)
    browser.post(form, {"password1": password, "password2": password})
    browser.get("/users/login/", Referer=f"{shop.url}{link[0]}")
    # Too large for the gateway, which says so in its own log.
    httpx.post(shop.url + link[0], content=b"x" * 1_100_000)

    assert browser.sign_in(alice.email, password).status_code == 302
    assert_kept_secret(shop, {"key": link[1], "password": password})


def test_buying_leaves_no_secret(shop, thing):
    guest = shop.guest()
    order = guest.place_order(**{thing["sku"]: 1})
    path = f"/orders/{order}/?token={guest.order_token}"
    assert shop.page(path).status_code == 200
    httpx.post(shop.url + path, content=b"x" * 1_100_000)
    method = card(shop, guest, order)
    assert guest.pay(order, method).status_code == 200
    payment = guest.ask("GET", f"/payments/api/v1/payments/{order}/?token={guest.order_token}")
    cart = guest._headers["X-Cart-Token"]
    guest.await_status(order, "paid")

    secrets = {"capability": guest.order_token, "cart": cart, "card": CARD, "guest": guest.email}
    secrets["client secret"] = payment.json()["client_secret"]
    assert_kept_secret(shop, secrets)


def card(shop: Shop, guest: Buyer, order: str) -> str:
    """As Stripe.js does it: the card's number goes to the provider, its name comes back."""
    known = guest.ask("GET", f"/payments/api/v1/payments/{order}/")
    made = httpx.post(
        f"{shop.url}/payments/sandbox/v1/payment_methods",
        data={"type": "card", "card[number]": CARD, "card[exp_month]": "12", "card[exp_year]": "34"}
        | {"card[cvc]": "123", "key": known.json()["publishable_key"]},
    )
    assert made.status_code == 200, made.text
    method: str = made.json()["id"]
    return method

"""What is wrong gets a clear answer with a stable code, through the gateway; nothing changes."""

import base64
import json
from uuid import uuid4

import httpx
import pytest

from tests.journeys.shop import ADDRESS


def assert_problem(answer, status, code=None):
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    body = answer.json()
    assert body["status"] == status
    assert body["code"]
    assert body["request_id"]
    if code:
        assert body["code"] == code


@pytest.mark.parametrize("quantity", [0, -1, 100, 10**18, "x", None, 1.5, [], {}])
def test_a_senseless_quantity(shop, thing, quantity):
    guest = shop.guest()
    answer = guest.ask(
        "POST", "/cart/api/v1/cart/items/", {"sku": thing["sku"], "quantity": quantity}
    )

    assert_problem(answer, 400, "invalid_input")


def test_an_unknown_sku(shop):
    assert_problem(shop.guest().add("NO-SUCH-THING"), 404, "unknown_sku")


def test_somebody_elses_order_and_cart(shop, thing):
    alice, bob = shop.newcomer(), shop.newcomer()
    order_id = alice.place_order(**{thing["sku"]: 1})

    assert_problem(bob.ask("GET", f"/orders/api/v1/orders/{order_id}/"), 404, "order_not_found")
    assert_problem(
        bob.ask("POST", f"/orders/api/v1/orders/{order_id}/cancel/"), 404, "order_not_found"
    )
    assert_problem(bob.ask("GET", f"/payments/api/v1/payments/{order_id}/"), 404)
    assert_problem(
        bob.ask(
            "POST",
            f"/payments/api/v1/payments/{order_id}/confirm/",
            {"payment_method": "pm_card_visa"},
        ),
        404,
    )
    assert_problem(
        shop.guest().ask("GET", "/cart/api/v1/cart/", **{"X-Cart-Token": f"{uuid4()}:forged"}),
        403,
        "cart_token_invalid",
    )
    assert alice.order(order_id)["status"] == "awaiting_payment"


def unsigned(claims):
    parts = [{"alg": "none", "typ": "JWT"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(x).encode()).rstrip(b"=") for x in parts]
    return b".".join([*encoded, b""]).decode()


def test_forged_tokens(shop):
    good = shop.sign_in(**shop.info["accounts"]["shoppers"][0])._headers["Authorization"]
    claims = {"token_type": "access", "sub": str(uuid4()), "roles": ["owner"], "iss": "souk"}
    for forged in (unsigned(claims), good.removeprefix("Bearer ")[:-6] + "AAAAAA", "x.y.z"):
        for path in ("/orders/api/v1/orders/", "/users/api/v1/me/"):
            answer = httpx.get(shop.url + path, headers={"Authorization": f"Bearer {forged}"})
            assert_problem(answer, 401)


def test_a_session_without_the_csrf_token(shop):
    account = shop.info["accounts"]["shoppers"][1]
    with httpx.Client(base_url=shop.url, timeout=30) as browser:
        browser.get("/users/login/")
        form = {
            "login": account["email"],
            "password": account["password"],
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
        }
        answer = browser.post("/users/login/", data=form, headers={"Referer": shop.url})
        assert answer.status_code == 302
        assert browser.get("/users/api/v1/me/").json()["email"] == account["email"]

        answer = browser.patch("/users/api/v1/me/", json={"name": "Mallory"})
        assert_problem(answer, 403, "csrf_failed")
        page = browser.post("/users/profile/", data={"name": "Mallory"})
        assert page.status_code == 403
        assert "out of date" in page.text

        token = {"X-CSRFToken": browser.cookies["csrftoken"], "Referer": shop.url}
        answer = browser.patch("/users/api/v1/me/", json={"name": "Bob"}, headers=token)
        assert answer.json()["name"] == "Bob"


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{not json", 400),
        ("application/json", b"\xff\xfe", 400),
        ("application/json", b"[]", 400),
        ("text/plain", b"hello", 415),
        ("application/xml", b"<a/>", 415),
    ],
)
@pytest.mark.parametrize(
    "path", ["/cart/api/v1/cart/items/", "/users/api/v1/token/", "/users/api/v1/register/"]
)
def test_a_body_that_is_none(shop, path, content_type, body, status):
    answer = httpx.post(shop.url + path, content=body, headers={"Content-Type": content_type})

    assert_problem(answer, status)


def test_a_body_that_is_too_large(shop):
    answer = httpx.post(shop.url + "/cart/api/v1/cart/items/", content=b"x" * 3_000_000)

    assert_problem(answer, 413)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\x02\xff" * 50, b"just some words", b"%PDF-1.7\n...", b"a;b;c\n1;2;3\n"],
)
def test_a_csv_that_is_none(shop, content):
    mia = shop.merchant()
    before = shop.page("/catalog/api/v1/products/").json()["count"]
    answer = mia._http.post(
        "/catalog/api/v1/imports/",
        data={"format": "shopify"},
        files={"file": ("x.csv", content, "text/csv")},
        headers=mia._headers,
    )

    assert 400 <= answer.status_code < 500
    assert answer.json()["code"]
    assert shop.page("/catalog/api/v1/products/").json()["count"] == before


def test_only_merchants_import(shop):
    alice = shop.newcomer()
    answer = alice._http.post(
        "/catalog/api/v1/imports/",
        data={"format": "shopify"},
        files={"file": ("x.csv", b"Handle,Title\na,b\n", "text/csv")},
        headers=alice._headers,
    )

    assert_problem(answer, 403)


def test_a_webhook_with_a_bad_signature(shop):
    path = f"/payments/webhooks/stripe/{uuid4()}/"
    body = {"id": "evt_1", "type": "payment_intent.succeeded"}
    for headers in ({}, {"Stripe-Signature": "t=1,v1=00"}):
        answer = httpx.post(shop.url + path, json=body, headers=headers)
        assert 400 <= answer.status_code < 500


def test_the_key_of_a_checkout_cannot_mean_something_else(shop, thing):
    guest = shop.guest()
    guest.add(thing["sku"])
    first, again = guest.check_out(), guest.check_out()
    assert first.json() == again.json()

    body = {"email": "other@souk.example", "shipping_address": ADDRESS}
    answer = guest.ask(
        "POST",
        "/cart/api/v1/cart/checkout/",
        {**body, "shipping_method": "standard"},
        **{"Idempotency-Key": guest.key},
    )
    assert_problem(answer, 409, "idempotency_key_reused")


@pytest.mark.parametrize(
    "path",
    [
        "/catalog/products/no-such-thing/",
        "/orders/not-a-number/",
        f"/orders/{uuid4()}/",
        "/nowhere/",
        "/users/internal/authenticate/",
        "/orders/metrics",
        "/catalog/search/?q=%00",
        "/catalog/?page=-1&min_price=x&rating_min=99",
        "/catalog/?page=99999999999999999999",
    ],
)
def test_a_page_that_is_not_there_is_readable(shop, path):
    answer = shop.page(path)

    assert answer.status_code in (200, 302, 400, 404)
    assert "Traceback" not in answer.text

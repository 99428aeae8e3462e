"""What every answer says to a browser, in the clear and over TLS."""

import re
import subprocess
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import httpx
import pytest

from compose.local import packages
from tests.hostile.browsers import PASSWORD, Browser
from tests.journeys.shop import Shop

BACK_ROOMS = ("/users/admin/", "/orders/admin/login/")
ANSWERS = {
    "/": 200,
    "/catalog/": 200,
    "/users/login/": 200,
    "/cart/": 200,
    "/cart/checkout/": 303,
    "/docs/api/": 200,
    "/catalog/api/v1/products/": 200,
    "/users/api/v1/me/": 401,
    "/users/.well-known/jwks.json": 200,
    "/static/none.css": 404,
    "/media/none.png": 404,
    "/nothing/": 404,
    "/catalog/products/none/": 404,
    "/users/internal/authenticate/": 404,
    "/health": 200,
    "/users/admin/": 302,
    "/orders/admin/login/": 302,
    "/ops/flower/": 302,
}
SAID = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ANNUAL = 31536000


@pytest.fixture(params=["http", "https"])
def address(request, shop):
    return shop.info["shop" if request.param == "http" else "shop_tls"]


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_is_hardened(address, path):
    answer = httpx.get(address + path, verify=False, headers={"Accept": "text/html"})
    policy = answer.headers["Content-Security-Policy"]

    assert answer.status_code == ANSWERS[path]
    assert {name: answer.headers.get_list(name) for name in SAID} == {
        name: [value] for name, value in SAID.items()
    }
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["Server"] == "nginx"
    assert "X-Powered-By" not in answer.headers
    assert answer.headers.get("Strict-Transport-Security", "").startswith(
        f"max-age={ANNUAL}" if address.startswith("https:") else ""
    )
    assert_strict(policy, path)


def assert_strict(policy, path):
    scripts, styles = (source_list(policy, name) for name in ("script-src", "style-src"))
    assert "default-src" in policy
    assert "frame-ancestors" in policy or "sandbox" in policy
    assert "*" not in source_list(policy, "default-src")
    # Flower and the admin's colours need style elements; Flower alone has scripts in its pages.
    assert "'unsafe-inline'" not in scripts or path.startswith("/ops/")
    assert "'unsafe-inline'" not in styles or path.startswith("/ops/") or path in BACK_ROOMS
    assert "'unsafe-eval'" not in scripts or path.startswith("/ops/") or path in BACK_ROOMS


def source_list(policy, name):
    found = re.search(rf"(?:^|; ){name} ([^;]*)", policy)
    return found[1].split() if found else []


def test_transport_security_is_not_promised_in_the_clear(shop):
    assert "Strict-Transport-Security" not in httpx.get(shop.url).headers


def test_cookies_are_for_the_shop_alone(shop, shelf):
    """Those of a session, a cart, a message, and the CSRF token, which is no secret to the page."""
    for address in (shop.info["shop"], shop.info["shop_tls"]):
        cookies = cookies_of(shop, address, shelf[0]["sku"])
        assert {"souk_session", "csrftoken", "cart"} <= {name for name, _ in cookies}
        for name, cookie in cookies:
            assert bool(cookie["secure"]) == address.startswith("https:"), name
            assert cookie["samesite"] in ("Lax", "Strict"), name
            assert cookie["httponly"] or name == "csrftoken", name
            assert not cookie["domain"], name


def cookies_of(shop: Shop, address, sku):
    browser = Browser(address, verify=False)
    answers = [browser.get("/users/login/")]
    answers += [browser.post("/cart/items/", {"sku": sku, "quantity": "1"})]
    answers += [browser.sign_in(shop.newcomer().email, PASSWORD)]
    answers += [browser.post("/users/profile/", {"name": "Alice"})]
    lines = [line for answer in answers for line in answer.headers.get_list("Set-Cookie")]
    pairs = [next(iter(SimpleCookie(line).items())) for line in lines]
    return [(name, cookie) for name, cookie in pairs if cookie.value]


def test_a_browser_that_signed_in_is_not_known_by_another_site(shop):
    """No answer allows another origin to read it."""
    for path in ("/users/api/v1/me/", "/catalog/api/v1/products/", "/"):
        for method in ("GET", "OPTIONS"):
            answer = httpx.request(
                method, shop.url + path, headers={"Origin": "https://evil.example"}
            )
            assert "Access-Control-Allow-Origin" not in answer.headers


def handshake(shop, *arguments):
    where = urlsplit(shop.info["shop_tls"]).netloc
    command = [packages.find("openssl"), "s_client", "-connect", where, *arguments]
    return subprocess.run(command, input="", capture_output=True, encoding="latin-1").stdout


def agreed_cipher(shop, *arguments):
    """None where both sides have nothing in common."""
    found = re.search(r"Cipher is (\S+)", handshake(shop, *arguments))
    return found[1] if found and found[1] != "(NONE)" else None


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_present_protocol_is_spoken(shop, version):
    assert agreed_cipher(shop, version)


@pytest.mark.parametrize(
    "offer",
    [
        ["-tls1", "-cipher", "ALL:@SECLEVEL=0"],
        ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        ["-tls1_2", "-cipher", "kRSA:@SECLEVEL=0"],
        ["-tls1_2", "-cipher", "DHE:@SECLEVEL=0"],
        ["-tls1_2", "-cipher", "aNULL:eNULL:@SECLEVEL=0"],
        ["-tls1_2", "-cipher", "ECDHE+SHA:ECDHE+SHA256:@SECLEVEL=0"],
    ],
    ids=["TLS 1.0", "TLS 1.1", "no forward secrecy", "finite-field DH", "no key", "CBC"],
)
def test_a_weak_offer_is_refused(shop, offer):
    assert agreed_cipher(shop, *offer) is None


def test_http_2_is_spoken_without_compression_or_tickets(shop):
    said = handshake(shop, "-alpn", "h2", "-tls1_2")

    assert "ALPN protocol: h2" in said
    assert "Compression: NONE" in said
    assert "TLS session ticket:" not in said

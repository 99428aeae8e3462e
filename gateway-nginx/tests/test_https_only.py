"""Where a deployment asks for it, people who come by HTTP are sent to HTTPS."""

from collections.abc import Callable

import pytest
from gateway_testing import Gateway, Reply, Stub


@pytest.fixture(scope="module")
def strict(gateways: Callable[..., Gateway]) -> Gateway:
    return gateways(https_only=True)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
@pytest.mark.parametrize(
    "target",
    ["/", "/cart/?a=1&b=%2F", "/users/api/v1/token/", "/static/x.css", "/nowhere/", "/healthy"],
)
def test_http_is_sent_to_https_with_method_and_query(
    strict: Gateway, stubs: dict[str, Stub], method: str, target: str
) -> None:
    answer = strict.ask(method, target)
    assert answer.status == 308
    assert answer.header("Location") == f"https://127.0.0.1:{strict.https}{target}"
    assert answer.header("Strict-Transport-Security") is None
    assert [stub.requests for stub in stubs.values() if stub.requests] == []


def test_https_is_served_and_remembered(strict: Gateway, cart: Stub) -> None:
    cart.on("/cart/", Reply("cart"))
    answer = strict.get("/cart/", tls=True)
    assert (answer.status, answer.text) == (200, "cart")
    assert answer.header("Strict-Transport-Security") == "max-age=31536000; includeSubDomains"


def test_programs_of_the_shop_keep_plain_http(strict: Gateway, stubs: dict[str, Stub]) -> None:
    stubs["users"].on("/users/.well-known/jwks.json", Reply("{}"))
    stubs["payments"].on("/payments/webhooks/stripe/x/", Reply("ok"))
    assert strict.get("/health").text == "ok\n"
    assert strict.get("/users/.well-known/jwks.json").text == "{}"
    assert strict.post("/payments/webhooks/stripe/x/").text == "ok"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example"])
def test_nobody_is_sent_to_another_host(strict: Gateway, host: str) -> None:
    answer = strict.get("/", {"Host": host})
    assert answer.status == 421
    assert answer.header("Location") is None


def test_by_default_http_is_served(gateway: Gateway, cart: Stub) -> None:
    cart.on("/cart/", Reply("cart"))
    assert gateway.get("/cart/").status == 200

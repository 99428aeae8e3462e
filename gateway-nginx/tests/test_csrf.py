import re

import pytest
from gateway_testing import (
    FOR_A_MINUTE,
    HTML,
    JSON,
    Gateway,
    Reply,
    Stub,
    cookies,
    new_session,
    unique,
)

SHELL = '<input value="<!--# echo var="csrf" -->"><!--# echo var="csrf" encoding="none" -->'


def shell(stub: Stub) -> str:
    path = f"/{stub.name}/{unique()}/"
    stub.on(path, Reply(SHELL, headers={**HTML, **FOR_A_MINUTE}))
    return path


def shown(text: str) -> str:
    found = re.fullmatch(r'<input value="([A-Za-z0-9]+)">([A-Za-z0-9]+)', text)
    assert found, text
    assert found[1] == found[2]
    return found[1]


def set_token(cookie: str) -> str:
    found = re.match(r"csrftoken=([0-9a-f]{32}); Path=/; Max-Age=31449600; SameSite=Lax", cookie)
    assert found, cookie
    return found[1]


@pytest.mark.parametrize("visitor", [{}, cookies(cart="c"), cookies(souk_session=new_session())])
@pytest.mark.parametrize("service", ["catalog", "cart"])
def test_a_new_browser_gets_the_token_that_its_page_shows(
    gateway: Gateway, stubs: dict[str, Stub], service: str, visitor: dict[str, str]
) -> None:
    path = shell(stubs[service])
    tokens = set()
    for _ in range(4):
        answer = gateway.get(path, visitor)
        (cookie,) = answer.cookies()
        assert set_token(cookie) == shown(answer.text)
        tokens.add(shown(answer.text))
    assert len(tokens) == 4


@pytest.mark.parametrize("token", ["a" * 32, "Ab3" * 21 + "x"])
@pytest.mark.parametrize("service", ["catalog", "cart"])
def test_a_known_browser_keeps_its_token(
    gateway: Gateway, stubs: dict[str, Stub], service: str, token: str
) -> None:
    answer = gateway.get(shell(stubs[service]), cookies(csrftoken=token))
    assert shown(answer.text) == token
    assert answer.cookies() == []


@pytest.mark.parametrize("token", ["short", "a" * 31 + '"', "<script>", "a" * 65])
@pytest.mark.parametrize("service", ["catalog", "cart"])
def test_an_unusable_token_is_replaced(
    gateway: Gateway, stubs: dict[str, Stub], service: str, token: str
) -> None:
    answer = gateway.get(shell(stubs[service]), cookies(csrftoken=token))
    (cookie,) = answer.cookies()
    assert set_token(cookie) == shown(answer.text)


def test_a_service_sees_the_token_that_the_page_shows(gateway: Gateway, cart: Stub) -> None:
    path = shell(cart)
    new = gateway.get(path, cookies(csrftoken="bad", cart="c"))
    assert (cart.only(path).header("Cookie") or "").endswith(f"; csrftoken={shown(new.text)}")


def test_a_post_without_a_token_gets_none_that_could_be_guessed(
    gateway: Gateway, cart: Stub
) -> None:
    path = shell(cart)
    answer = gateway.post(path, cookies(cart="c"))
    made = (cart.only(path).header("Cookie") or "").split("csrftoken=")[1]
    assert re.fullmatch("[0-9a-f]{32}", made)
    assert [cookie for cookie in answer.cookies() if "csrftoken" in cookie] == []


def test_the_slot_of_a_kept_page_is_never_shown(gateway: Gateway, catalog: Stub) -> None:
    path = shell(catalog)
    for _ in range(3):
        answer = gateway.get(path)
        assert "slot" not in answer.text
        assert answer.header("X-Csrf-Slot") is None


def test_a_page_without_a_form_is_left_alone(gateway: Gateway, catalog: Stub) -> None:
    path = f"/catalog/{unique()}/"
    catalog.on(path, Reply("slot csrf", headers={**HTML, **FOR_A_MINUTE}))
    assert gateway.get(path).text == "slot csrf"


def test_nobody_can_choose_the_slot(gateway: Gateway, catalog: Stub) -> None:
    path = f"/catalog/{unique()}/"
    catalog.on(path, Reply("tea", headers={**HTML, **FOR_A_MINUTE, "X-Csrf-Slot": "tea"}))
    assert gateway.get(path).text == "tea"
    assert gateway.get(path, {"X-Csrf-Slot": "tea"}).text == "tea"


def test_only_pages_set_the_token(gateway: Gateway, stubs: dict[str, Stub]) -> None:
    for path in ("/cart/api/v1/cart/", "/cart/fragments/badge/", "/catalog/api/v1/products/"):
        stubs[path.split("/")[1]].on(path, Reply("{}", headers=JSON))
        assert gateway.get(path).cookies() == []
    assert gateway.get("/nothing/").cookies() == []


def test_the_token_is_secure_over_tls(gateway: Gateway, cart: Stub) -> None:
    (cookie,) = gateway.get(shell(cart), tls=True).cookies()
    assert cookie.endswith("; Secure")

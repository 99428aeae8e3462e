"""Who asks while the users service cannot say, or is busy."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from gateway_testing import Gateway, Reply, Stub, cookies, new_session, unique, wait_until
from test_identity import AUTHENTICATE, api, personal


def test_a_bearer_goes_on_when_users_is_down(
    gateway: Gateway, orders: Stub, identity: Stub
) -> None:
    identity.stop()
    path, token = api(orders), unique("token")
    assert gateway.get(path, {"Authorization": f"Bearer {token}"}).status == 200
    assert orders.only(path).header("Authorization") == f"Bearer {token}"


@pytest.mark.parametrize("scheme", ["Basic YTpi", "Token abc", 'Bearer "x y"'])
def test_only_bearers_go_on_when_users_is_down(
    gateway: Gateway, orders: Stub, identity: Stub, scheme: str
) -> None:
    identity.stop()
    path = api(orders)
    gateway.get(path, {"Authorization": scheme})
    assert orders.only(path).header("Authorization") is None


UNASKABLE = [Reply(status=500), Reply(status=503), Reply(drop=True), Reply(delay=3), None]


def break_down(identity: Stub, how: Reply | None) -> None:
    if how is None:
        identity.stop()
    else:
        identity.on(AUTHENTICATE, how)


@pytest.mark.parametrize("how", UNASKABLE)
def test_a_session_that_cannot_be_asked_about_is_told_to_wait(
    gateway: Gateway, orders: Stub, identity: Stub, how: Reply | None
) -> None:
    break_down(identity, how)
    page, data = personal(orders), api(orders)

    shown = gateway.get(page, cookies(souk_session=new_session()))
    told = gateway.post(data, cookies(souk_session=new_session()))

    assert (shown.status, told.status) == (503, 503)
    assert shown.header("Retry-After") == told.header("Retry-After") == "5"
    assert "text/html" in (shown.header("Content-Type") or "")
    assert '"code":"service_unavailable"' in told.text
    assert orders.requests == []


@pytest.mark.parametrize("how", UNASKABLE)
def test_a_page_for_everybody_is_shown_to_a_session_that_cannot_be_asked_about(
    gateway: Gateway, catalog: Stub, identity: Stub, how: Reply | None
) -> None:
    break_down(identity, how)
    path = personal(catalog, "for all")
    answer = gateway.get(path, cookies(souk_session=new_session()))
    assert (answer.status, answer.text) == (200, "for all")
    assert catalog.only(path).header("Authorization") is None


def test_strangers_and_guests_do_not_notice_that_users_is_down(
    gateway: Gateway, cart: Stub, identity: Stub, users: Stub
) -> None:
    identity.stop()
    users.stop()
    path = personal(cart)
    assert gateway.get(path).text == gateway.get(path, cookies(cart="c1")).text == "mine"


def test_signing_in_elsewhere_holds_up_no_question(
    gateway: Gateway, orders: Stub, users: Stub
) -> None:
    """Every web process of users is busy with passwords."""
    users.on("/users/login/", Reply("in", delay=3))
    path, started = personal(orders), time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        logins = [pool.submit(gateway.post, "/users/login/") for _ in range(4)]
        wait_until(lambda: len(users.requests) == 4)
        answer = gateway.get(path, cookies(souk_session=new_session()))
        took = time.monotonic() - started
    assert (answer.status, answer.text) == (200, "mine")
    assert took < 2
    assert {login.result().status for login in logins} == {200}
    assert users.seen(AUTHENTICATE) == []


@pytest.mark.parametrize("scheme", ["Basic YTpi", "Token abc"])
def test_another_scheme_beside_a_session_does_not_make_a_stranger_of_it(
    gateway: Gateway, orders: Stub, identity: Stub, scheme: str
) -> None:
    identity.stop()
    headers = {"Authorization": scheme, **cookies(souk_session=new_session())}
    assert gateway.get(personal(orders), headers).status == 503
    assert orders.requests == []


@pytest.mark.parametrize(
    "broken", [Reply(status=500), Reply(status=503), Reply(drop=True), Reply(delay=3)]
)
def test_a_users_service_that_fails_is_as_good_as_down(
    gateway: Gateway, orders: Stub, identity: Stub, broken: Reply
) -> None:
    identity.on(AUTHENTICATE, broken)
    path, token = api(orders), unique("token")
    assert gateway.get(path, {"Authorization": f"Bearer {token}"}).status == 200
    assert orders.only(path).header("Authorization") == f"Bearer {token}"


def test_a_known_session_outlives_a_short_outage(
    gateway: Gateway, cart: Stub, identity: Stub
) -> None:
    path, alice = personal(cart), new_session()
    gateway.get(path, cookies(souk_session=alice))
    identity.stop()
    deadline = time.monotonic() + 7
    while time.monotonic() < deadline:
        gateway.get(path, cookies(souk_session=alice))
        time.sleep(0.5)
    granted = {seen.header("Authorization") for seen in cart.seen(path)}
    assert granted == {f"Bearer granted.{alice}"}

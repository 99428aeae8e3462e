import time

import pytest
from gateway_testing import (
    HTML,
    JSON,
    Gateway,
    Reply,
    Stub,
    cookies,
    new_session,
    unique,
    wait_until,
)

AUTHENTICATE = "/users/internal/authenticate/"


def personal(stub: Stub, body: str = "mine") -> str:
    path = f"/{stub.name}/{unique()}/"
    stub.on(path, Reply(body, headers=HTML))
    return path


def api(stub: Stub) -> str:
    path = f"/{stub.name}/api/v1/{unique()}/"
    stub.on(path, Reply("{}", headers=JSON))
    return path


def test_a_session_becomes_a_bearer_token(gateway: Gateway, cart: Stub, identity: Stub) -> None:
    alice = new_session()
    path = personal(cart)
    gateway.get(path, cookies(souk_session=alice))
    assert cart.only(path).header("Authorization") == f"Bearer granted.{alice}"
    asked = identity.only(AUTHENTICATE)
    assert (asked.method, asked.header("Cookie")) == ("GET", f"souk_session={alice}")


def test_a_clients_bearer_is_exchanged_too(gateway: Gateway, orders: Stub, identity: Stub) -> None:
    path, token = api(orders), unique("token")
    gateway.get(path, {"Authorization": f"Bearer {token}"})
    assert orders.only(path).header("Authorization") == f"Bearer granted.{token}"
    assert identity.only(AUTHENTICATE).header("Authorization") == f"Bearer {token}"


def test_a_stranger_costs_no_question(gateway: Gateway, cart: Stub, identity: Stub) -> None:
    path = personal(cart)
    gateway.get(path, cookies(cart="c1"))
    assert cart.only(path).header("Authorization") is None
    assert identity.requests == []


def test_the_answer_is_kept_for_seconds_only(gateway: Gateway, cart: Stub, identity: Stub) -> None:
    path, session = personal(cart), cookies(souk_session=new_session())
    for _ in range(5):
        gateway.get(path, session)
    assert len(identity.requests) == 1

    def asked_again() -> bool:
        gateway.get(path, session)
        return len(identity.requests) > 1

    started = time.monotonic()
    wait_until(asked_again)
    assert 3 < time.monotonic() - started < 9


def test_a_posted_body_stays_with_its_request(gateway: Gateway, cart: Stub, identity: Stub) -> None:
    path = personal(cart)
    gateway.post(path, cookies(souk_session=new_session()), b"sku=1")
    assert cart.only(path).body == b"sku=1"
    assert identity.only(AUTHENTICATE).body == b""
    assert identity.only(AUTHENTICATE).method == "GET"


@pytest.mark.parametrize("path", ["/cart/api/v1/x/", "/catalog/api/v1/x/", "/cart/", "/catalog/"])
def test_a_bad_bearer_is_refused(gateway: Gateway, stubs: dict[str, Stub], path: str) -> None:
    answer = gateway.get(path, {"Authorization": f"Bearer revoked.{unique()}"})
    assert answer.status == 401
    assert answer.header("WWW-Authenticate") == 'Bearer realm="souk"'
    assert stubs["cart"].requests == stubs["catalog"].requests == []


def test_a_bad_bearer_is_refused_from_memory_for_a_moment(gateway: Gateway, identity: Stub) -> None:
    headers = {"Authorization": f"Bearer revoked.{unique()}"}
    statuses = {gateway.get("/cart/api/v1/cart/", headers).status for _ in range(4)}
    assert statuses == {401}
    assert len(identity.requests) == 1


def test_a_dead_session_is_a_stranger(gateway: Gateway, cart: Stub, identity: Stub) -> None:
    path, session = personal(cart), cookies(souk_session=f"revoked{new_session()}")
    assert [gateway.get(path, session).text for _ in range(3)] == ["mine"] * 3
    assert [seen.header("Authorization") for seen in cart.seen(path)] == [None] * 3
    assert len(identity.requests) == 1


def test_a_bad_bearer_beside_a_session_is_refused(gateway: Gateway, cart: Stub) -> None:
    path = personal(cart)
    headers = {"Authorization": f"Bearer revoked.{unique()}", **cookies(souk_session=new_session())}
    assert gateway.get(path, headers).status == 401
    assert cart.requests == []


def test_two_authorization_headers_are_refused(
    gateway: Gateway, cart: Stub, identity: Stub
) -> None:
    text = gateway.raw(
        "GET /cart/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a.b.c\r\n"
        "Authorization: Bearer d.e.f\r\nConnection: close\r\n\r\n"
    )
    assert text.split()[1] == "400"
    assert cart.requests == identity.requests == []


CONFUSIONS = [
    ({"Cookie": "souk_session=ab"}, {"Authorization": "ab"}),
    ({"Cookie": "souk_session=ab|a=Bearer cd"}, {"Authorization": "|a=Bearer cd"}),
    (
        {"Cookie": "souk_session=ab", "Authorization": "cd|a=ef"},
        {"Cookie": "souk_session=ab|a=cd", "Authorization": "ef"},
    ),
    (
        {"Cookie": "souk_session=ab", "Authorization": "Bearer cd"},
        {"Cookie": "souk_session=abBearer", "Authorization": "cd"},
    ),
]


@pytest.mark.parametrize(("first", "second"), CONFUSIONS)
def test_no_two_callers_share_a_kept_answer(
    gateway: Gateway, cart: Stub, identity: Stub, first: dict[str, str], second: dict[str, str]
) -> None:
    path, salt, tokens = personal(cart), unique("s"), iter("123")
    identity.on(AUTHENTICATE, lambda _: Reply(status=204, headers={"X-Access-Token": next(tokens)}))
    for headers in (first, second):
        salted = {name: value.replace("ab", f"ab{salt}") for name, value in headers.items()}
        gateway.get(path, salted)
    seen = [request.header("Authorization") for request in cart.seen(path)]
    assert len(seen) == 2
    assert seen[0] != seen[1]


def test_a_session_with_foreign_characters_is_none(
    gateway: Gateway, cart: Stub, identity: Stub
) -> None:
    path = personal(cart)
    gateway.get(path, cookies(souk_session="a|b"))
    assert cart.only(path).header("Authorization") is None
    assert identity.requests == []


def test_two_sessions_count_as_the_first_and_reach_no_service(
    gateway: Gateway, cart: Stub, identity: Stub, users: Stub
) -> None:
    path, first, second = personal(cart), new_session(), new_session()
    gateway.get(path, {"Cookie": f"souk_session={first}; a=1; souk_session={second}; b=2"})
    assert identity.only(AUTHENTICATE).header("Cookie") == f"souk_session={first}"
    assert "souk_session" not in (cart.only(path).header("Cookie") or "")
    own = personal(users)
    gateway.get(own, {"Cookie": f"souk_session={first}; a=1; souk_session={second}; b=2"})
    assert second not in (users.only(own).header("Cookie") or "")


@pytest.mark.parametrize(
    ("sent", "rest"),
    [
        ("souk_session=S", ""),
        ("souk_session=S; cart=c; messages=m", "cart=c; messages=m"),
        ("cart=c; souk_session=S; messages=m", "cart=c; messages=m"),
        ("cart=c; souk_session=S", "cart=c"),
        ("cart=c;souk_session=S;messages=m", "cart=c;messages=m"),
        ("cart=c; SOUK_SESSION=S", "cart=c"),
        ("not_souk_session=x; cart=c", "not_souk_session=x; cart=c"),
        ("souk_session=S; a=1; souk_session=S; souk_session=S", ""),
    ],
)
def test_the_session_cookie_reaches_users_only(
    gateway: Gateway, cart: Stub, users: Stub, sent: str, rest: str
) -> None:
    session, csrf = new_session(), "c" * 32
    header = {"Cookie": f"csrftoken={csrf}; {sent}".replace("=S", f"={session}")}
    path, own = personal(cart), personal(users)
    gateway.get(path, header)
    gateway.get(own, header)
    passed = cart.only(path).header("Cookie") or ""
    assert session not in passed
    if rest:
        assert passed == f"csrftoken={csrf}; {rest}; csrftoken={csrf}"
    ends = (users.only(own).header("Cookie") or "").endswith(f"; souk_session={session}")
    assert ends == ("S" in sent.replace("not_souk_session", ""))


def test_a_session_split_over_cookie_headers_is_still_cut_out(gateway: Gateway, cart: Stub) -> None:
    path, session = personal(cart), new_session()
    gateway.raw(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: a=1\r\n"
        f"Cookie: souk_session={session}\r\nConnection: close\r\n\r\n"
    )
    seen = cart.only(path)
    assert seen.header("Authorization") == f"Bearer granted.{session}"
    assert session not in (seen.header("Cookie") or "")


SPOOFED = {
    "X-Access-Token": "stolen",
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Protocol": "ssl",
    "X-Forwarded-Ssl": "on",
    "X-Forwarded-Scheme": "https",
    "X-Forwarded-Server": "evil.example",
    "X-Forwarded-User": "otto",
    "X-Real-IP": "6.6.6.6",
    "X-Request-ID": "spoofed",
    "X-Original-URL": "/admin/",
    "X-Rewrite-URL": "/admin/",
    "X-HTTP-Method-Override": "DELETE",
    "X-Csrf-Slot": "spoofed",
    "Forwarded": "for=6.6.6.6;host=evil.example",
    "Proxy": "http://evil.example",
    "TE": "trailers",
    "Upgrade": "websocket",
}


@pytest.mark.parametrize("service", ["cart", "users", "payments"])
def test_headers_that_only_the_gateway_may_say_are_its_own(
    gateway: Gateway, stubs: dict[str, Stub], service: str
) -> None:
    path = personal(stubs[service])
    answer = gateway.get(path, SPOOFED)
    seen = stubs[service].only(path)
    assert seen.header("X-Real-IP") == seen.header("X-Forwarded-For") == "127.0.0.1"
    assert seen.header("X-Forwarded-Proto") == "http"
    assert seen.header("X-Forwarded-Host") == f"127.0.0.1:{gateway.http}"
    assert seen.header("X-Request-ID") == answer.header("X-Request-ID") != "spoofed"
    rewritten = {"X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"}
    for name in SPOOFED.keys() - rewritten - {"X-Request-ID"}:
        assert seen.header(name) is None, name


def test_underscores_do_not_smuggle_headers(gateway: Gateway, cart: Stub) -> None:
    path = personal(cart)
    gateway.get(
        path, {"X_Access_Token": "stolen", "X_Forwarded_For": "6.6.6.6", "SCRIPT_NAME": "/x"}
    )
    seen = cart.only(path)
    assert not [name for name in seen.headers if "_" in name]


def test_two_lengths_are_refused(gateway: Gateway, cart: Stub) -> None:
    for smuggle in (
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Content-Length: 4\r\nContent-Length: 5",
    ):
        text = gateway.raw(
            f"POST /cart/items/ HTTP/1.1\r\nHost: localhost\r\n{smuggle}\r\n"
            "Connection: close\r\n\r\n"
            "0\r\n\r\nGET /users/internal/authenticate/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )
        assert text.split()[1] == "400"
        assert text.count("HTTP/1.1") == 1
    assert cart.requests == []


def test_clients_keep_their_own_headers(gateway: Gateway, cart: Stub) -> None:
    path = api(cart)
    headers = {
        "X-Cart-Token": "t",
        "X-Order-Token": "o",
        "Idempotency-Key": "k",
        "X-CSRFToken": "x",
    }
    gateway.post(path, headers)
    assert {name: cart.only(path).header(name) for name in headers} == headers


def test_a_service_cannot_hand_a_token_to_the_browser(gateway: Gateway, users: Stub) -> None:
    path = f"/users/{unique()}/"
    users.on(path, Reply("x", headers={**HTML, "X-Access-Token": "secret"}))
    assert gateway.get(path).header("X-Access-Token") is None


@pytest.mark.parametrize("path", ["/users/api/v1/token/refresh/", "/users/.well-known/jwks.json"])
def test_an_old_token_does_not_hinder_getting_a_new_one(
    gateway: Gateway, users: Stub, path: str
) -> None:
    users.on(path, Reply("{}", headers=JSON))
    answer = gateway.ask("POST", path, {"Authorization": f"Bearer revoked.{unique()}"})
    assert answer.status == 200
    assert users.only(path).header("Authorization") is None


def test_operators_tools_are_for_staff(
    gateway: Gateway, stubs: dict[str, Stub], identity: Stub
) -> None:
    stubs["flower"].on("/ops/flower/", Reply("flowers", headers=HTML))
    otto = cookies(souk_session=new_session())
    identity.on("/users/internal/staff/", Reply(status=204))
    assert gateway.get("/ops/flower/", otto).text == "flowers"
    seen = stubs["flower"].only("/ops/flower/")
    assert (seen.header("Cookie"), seen.header("Authorization")) == (None, None)


TASKS = "/ops/flower/tasks/datatable"
OWN = "http://{host}"


def post_as_otto(gateway: Gateway, identity: Stub, path: str, origin: str | None) -> int:
    identity.on("/users/internal/staff/", Reply(status=204))
    otto = cookies(souk_session=new_session())
    if origin is not None:
        otto["Origin"] = origin.format(host=f"127.0.0.1:{gateway.http}")
    return gateway.post(path, otto, b"draw=1").status


def test_the_list_of_tasks_is_asked_for_by_a_post(
    gateway: Gateway, stubs: dict[str, Stub], identity: Stub
) -> None:
    stubs["flower"].on(TASKS, Reply("{}", headers=JSON))
    assert post_as_otto(gateway, identity, TASKS, OWN) == 200
    seen = stubs["flower"].only(TASKS)
    assert (seen.method, seen.body, seen.header("Cookie")) == ("POST", b"draw=1", None)


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", OWN + "0", OWN + ".x"])
def test_another_sites_page_posts_nothing_to_the_tools(
    gateway: Gateway, stubs: dict[str, Stub], identity: Stub, origin: str | None
) -> None:
    assert post_as_otto(gateway, identity, TASKS, origin) == 405
    assert stubs["flower"].requests == []


@pytest.mark.parametrize(
    "path", ["task/revoke/1", "worker/shutdown/a", "worker/pool/shrink/a", "task/apply/x"]
)
def test_no_task_and_no_worker_is_changed_from_outside(
    gateway: Gateway, stubs: dict[str, Stub], identity: Stub, path: str
) -> None:
    assert post_as_otto(gateway, identity, f"/ops/flower/api/{path}", OWN) == 405
    assert stubs["flower"].requests == []


def test_the_list_of_tasks_is_for_staff(
    gateway: Gateway, stubs: dict[str, Stub], identity: Stub
) -> None:
    identity.on("/users/internal/staff/", Reply(status=403))
    own = OWN.format(host=f"127.0.0.1:{gateway.http}")
    alice = {**cookies(souk_session=new_session()), "Origin": own}
    assert gateway.post(TASKS, alice, b"draw=1").status == 403
    assert gateway.post(TASKS, {"Origin": own}, b"draw=1").status == 302
    assert stubs["flower"].requests == []


@pytest.mark.parametrize(("said", "status"), [(403, 403), (401, 302), (500, 503), (302, 503)])
def test_operators_tools_are_closed_to_others(
    gateway: Gateway, stubs: dict[str, Stub], identity: Stub, said: int, status: int
) -> None:
    identity.on("/users/internal/staff/", Reply(status=said))
    answer = gateway.get("/ops/flower/", cookies(souk_session=new_session()))
    assert answer.status == status
    assert stubs["flower"].requests == []


def test_operators_tools_are_closed_to_strangers_and_when_users_is_down(
    gateway: Gateway, stubs: dict[str, Stub], identity: Stub
) -> None:
    answer = gateway.get("/ops/flower/tasks")
    assert (answer.status, answer.header("Location")) == (302, "/users/login/?next=/ops/flower/")
    assert identity.requests == []
    identity.stop()
    assert gateway.get("/ops/flower/", cookies(souk_session=new_session())).status == 503
    assert stubs["flower"].requests == []

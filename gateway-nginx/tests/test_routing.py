import json
from urllib.parse import quote, unquote

import pytest
from gateway_testing import (
    HTML,
    SERVICES,
    Gateway,
    Reply,
    Stub,
    cookies,
    new_session,
    unique,
)


@pytest.mark.parametrize("service", SERVICES)
def test_the_first_segment_names_the_service(
    gateway: Gateway, stubs: dict[str, Stub], service: str
) -> None:
    path = f"/{service}/{unique()}/"
    stubs[service].on(path, Reply(f"from {service}", headers=HTML))
    answer = gateway.get(f"{path}?page=2")
    assert (answer.status, answer.text) == (200, f"from {service}")
    assert stubs[service].only(path).target == f"{path}?page=2"


@pytest.mark.parametrize("space", ["/catalog/products", "/catalog/api/v1/products"])
@pytest.mark.parametrize("as_stranger", [True, False])
def test_an_address_may_be_of_any_script(
    gateway: Gateway, catalog: Stub, space: str, as_stranger: bool
) -> None:
    written = f"{space}/{quote('чайник')}-{unique()}/"
    catalog.on(unquote(written), Reply("kettle", headers=HTML))
    catalog.on(written, Reply("kettle", headers=HTML))
    who = {} if as_stranger else cookies(souk_session=new_session())
    answer = gateway.get(written, who)
    assert (answer.status, answer.text) == (200, "kettle")


@pytest.mark.parametrize(
    "path", ["/", "/docs/api/", "/sitemap.xml", "/robots.txt", "/.well-known/security.txt"]
)
def test_the_catalogue_answers_for_the_whole_shop(
    gateway: Gateway, catalog: Stub, path: str
) -> None:
    catalog.on(path, Reply("catalogue", headers=HTML))
    assert gateway.get(path).text == "catalogue"


def test_the_api_reference_is_a_page_out_of_parts(
    gateway: Gateway, catalog: Stub, cart: Stub, users: Stub
) -> None:
    part, menu = "/cart/fragments/public/api-reference/", "/users/fragments/menu/"
    page = f"""<!--# block name="unavailable" -->Cart is unavailable<!--# endblock -->
        <!--# include virtual="{part}" stub="unavailable" -->
        <!--# if expr="$cookie_souk_session" --><!--# include virtual="{menu}" --><!--# endif -->"""
    catalog.on("/docs/api/", Reply(page, headers=HTML))
    users.on(menu, Reply("Alice", headers=HTML))
    cart.on(part, Reply(status=503))
    known = gateway.get("/docs/api/", cookies(souk_session=new_session())).text
    assert "Cart is unavailable" in known
    assert "Alice" in known
    cart.on(part, Reply("Cart's calls", headers=HTML))
    stranger = gateway.get("/docs/api/").text
    assert "Cart's calls" in stranger
    assert "unavailable" not in stranger
    assert "Alice" not in stranger
    assert gateway.get("/docs/api/more/").status == 404


def test_the_way_in_for_merchants_is_the_admin_of_users(gateway: Gateway) -> None:
    for path in ("/admin/", "/admin"):
        answer = gateway.get(path)
        assert (answer.status, answer.header("Location")) == (302, "/users/admin/tasks/")


def test_a_missing_slash_is_added_with_its_query(gateway: Gateway) -> None:
    answer = gateway.get("/catalog?q=tea")
    assert (answer.status, answer.header("Location")) == (301, "/catalog/?q=tea")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("room", ["internal/authenticate/", "internal", "metrics", "metrics/"])
def test_the_inside_of_a_service_is_not_there(
    gateway: Gateway, stubs: dict[str, Stub], service: str, room: str
) -> None:
    assert gateway.get(f"/{service}/{room}").status == 404
    assert stubs[service].requests == []


@pytest.mark.parametrize(
    "path",
    [
        "//users/internal/authenticate/",
        "/catalog/../users/internal/authenticate/",
        "/users/%69nternal/authenticate/",
        "/users//internal/authenticate/",
        "/users/./internal/authenticate/",
        "/catalog/%2e%2e/users/internal/authenticate/",
        "/users%2finternal/authenticate/",
        "/users/internal%2fauthenticate/",
        "/users/x/%2e%2e/internal/authenticate/",
        "/users/%2569nternal/authenticate/",
        "/users\\internal/",
        "/users/internal#/",
    ],
)
def test_no_spelling_of_a_path_reaches_the_inside(
    gateway: Gateway, stubs: dict[str, Stub], path: str
) -> None:
    first = gateway.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert first.split()[1] in {"400", "404"}
    assert all(stub.requests == [] for stub in stubs.values())


@pytest.mark.parametrize("path", ["/unknown/", "/unknown", "/.env", "/_auth", "/_staff", "/ops/x/"])
def test_what_is_no_part_of_the_shop_is_not_found(
    gateway: Gateway, stubs: dict[str, Stub], path: str
) -> None:
    assert gateway.get(path).status in {301, 404}
    assert gateway.get(path.rstrip("/") + "/").status == 404
    assert all(stub.requests == [] for stub in stubs.values())


def test_a_service_cannot_send_the_gateway_to_its_own_files(gateway: Gateway, cart: Stub) -> None:
    path = f"/cart/{unique()}/"
    cart.on(path, Reply("mine", headers={**HTML, "X-Accel-Redirect": "/_gateway/page"}))
    assert gateway.get(path).text == "mine"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.2"])
def test_another_host_name_is_misdirected(gateway: Gateway, catalog: Stub, host: str) -> None:
    assert gateway.get("/catalog/", {"Host": host}).status == 421
    assert catalog.requests == []


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000"])
def test_the_names_of_a_laptop_are_the_shop(gateway: Gateway, cart: Stub, host: str) -> None:
    path = f"/cart/{unique()}/"
    cart.on(path, Reply("ok", headers=HTML))
    assert gateway.get(path, {"Host": host}).status == 200
    assert cart.only(path).header("Host") == host.lower()
    assert cart.only(path).header("X-Forwarded-Host") == host.lower()


def test_an_absolute_request_line_names_the_host(gateway: Gateway, catalog: Stub) -> None:
    text = gateway.raw(
        "GET http://evil.example/catalog/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    assert text.split()[1] == "421"
    assert catalog.requests == []


def test_the_sandbox_lets_through_only_what_a_browser_needs(
    gateway: Gateway, stubs: dict[str, Stub]
) -> None:
    sandbox = stubs["payments_sandbox"]
    allowed = ["/v3/", "/elements/card.html", "/3ds/pi_1", "/v1/payment_methods"]
    allowed += ["/v1/payment_intents/pi_1", "/v1/payment_intents/pi_1/confirm"]
    for path in allowed:
        sandbox.on(path, Reply("ok", headers=HTML))
        answer = gateway.get(f"/payments/sandbox{path}?a=b", {"Authorization": "Bearer pk_test_1"})
        assert (answer.status, answer.text) == (200, "ok"), path
        assert sandbox.only(path).target == f"{path}?a=b"
        assert sandbox.only(path).header("Authorization") == "Bearer pk_test_1"
    assert stubs["users"].requests == stubs["identity"].requests == []


@pytest.mark.parametrize(
    "path",
    [
        "",
        "_sandbox/faults",
        "v1/refunds",
        "v1/payment_intents",
        "v1/payment_intents/pi_1/cancel",
        "v1/payment_intents/pi_1/confirm/x",
        "v3/../_sandbox/ledger",
        "v3/%2e%2e/_sandbox/ledger",
        "v3/a%0d%0aX:%20y",
    ],
)
def test_the_sandbox_keeps_the_rest_to_itself(
    gateway: Gateway, stubs: dict[str, Stub], path: str
) -> None:
    assert gateway.post(f"/payments/sandbox/{path}").status == 404
    assert stubs["payments_sandbox"].requests == []
    assert stubs["payments"].requests == []


def test_a_webhook_passes_without_asking_who_it_is(
    gateway: Gateway, stubs: dict[str, Stub]
) -> None:
    path = f"/payments/webhooks/stripe/{unique()}/"
    stubs["payments"].on(path, Reply("{}"))
    headers = {"Authorization": "Bearer x.y.z", "Stripe-Signature": "t=1,v1=2", "Cookie": "a=b"}
    assert gateway.post(path, headers, b'{"id":"evt_1"}').status == 200
    seen = stubs["payments"].only(path)
    assert (seen.body, seen.header("Stripe-Signature")) == (b'{"id":"evt_1"}', "t=1,v1=2")
    assert (seen.header("Authorization"), seen.header("Cookie")) == (None, None)
    assert stubs["users"].requests == stubs["identity"].requests == []


def test_health_is_the_gateways_own(gateway: Gateway, stubs: dict[str, Stub]) -> None:
    answer = gateway.get("/health", {"Host": "10.0.0.7"})
    assert (answer.status, answer.text) == (200, "ok\n")
    assert all(stub.requests == [] for stub in stubs.values())


def test_a_strange_method_is_refused(gateway: Gateway, cart: Stub) -> None:
    for method in ("PROPFIND", "LOCK", "TRACE"):
        assert gateway.ask(method, "/cart/").status == 405
    assert cart.requests == []


def test_flower_can_only_be_looked_at(gateway: Gateway, stubs: dict[str, Stub]) -> None:
    assert gateway.post("/ops/flower/api/x").status == 405
    assert stubs["flower"].requests == []


def test_the_mailbox_sees_no_credentials(gateway: Gateway, stubs: dict[str, Stub]) -> None:
    stubs["mailbox"].on("/ops/mailbox/", Reply("mails", headers=HTML))
    headers = {"Cookie": "souk_session=a", "Authorization": "Bearer a.b.c"}
    assert gateway.get("/ops/mailbox/", headers).text == "mails"
    seen = stubs["mailbox"].only("/ops/mailbox/")
    assert (seen.header("Cookie"), seen.header("Authorization")) == (None, None)


def test_counters_are_on_a_socket_only(gateway: Gateway) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(gateway.run / "status.sock"))
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        text = b"".join(iter(lambda: connection.recv(4096), b"")).decode()
    assert "Active connections" in text
    for path in ("/_gateway/status", "/status", "/nginx_status"):
        assert gateway.get(path).status in {301, 404}


def test_problem_documents_cannot_be_broken_by_a_request(gateway: Gateway) -> None:
    answer = gateway.get('/nothing/api/"%22,"x":"y/', {"Accept": "application/json"})
    assert json.loads(answer.text)["code"] == "not_found"

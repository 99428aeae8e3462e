"""What the gateway itself says: headers, errors, limits of size, TLS, logs."""

import gzip
import json
import re
import subprocess

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
    wait_until,
)

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.mark.parametrize(
    "path",
    ["/catalog/", "/cart/", "/cart/api/v1/cart/", "/nothing/", "/cart/internal/", "/health"]
    + ["/static/none.css", "/admin/", "/robots.txt", "/payments/sandbox/v3/", "/ops/flower/"],
)
def test_every_answer_is_hardened(gateway: Gateway, path: str) -> None:
    answer = gateway.get(path)
    assert {name: answer.header(name) for name in ALWAYS} == ALWAYS
    assert "frame-ancestors 'self'" in (answer.header("Content-Security-Policy") or "")
    assert "camera=()" in (answer.header("Permissions-Policy") or "")
    assert re.fullmatch("[0-9a-f]{32}", answer.header("X-Request-ID") or "")
    assert answer.header("Strict-Transport-Security") is None
    assert answer.header("Server") == "nginx"


def test_a_service_cannot_loosen_or_double_the_policies(gateway: Gateway, cart: Stub) -> None:
    path = f"/cart/{unique()}/"
    loose = {"Content-Security-Policy": "default-src *", "X-Frame-Options": "ALLOW"}
    loose |= {"X-Content-Type-Options": "x", "X-Request-ID": "mine", "Referrer-Policy": "x"}
    cart.on(path, Reply("x", headers={**HTML, **loose}))
    answer = gateway.get(path)
    for name, value in loose.items():
        assert answer.header(name) != value


@pytest.mark.parametrize(
    ("path", "loose"),
    [
        ("/catalog/", False),
        ("/cart/checkout/", False),
        ("/users/login/", False),
        ("/orders/admin/", False),
        ("/docs/api/", False),
        ("/orders/api/v1/orders/", False),
        ("/ops/flower/", True),
        ("/payments/sandbox/elements/card.html", False),
    ],
)
def test_inline_scripts_run_in_back_rooms_only(gateway: Gateway, path: str, loose: bool) -> None:
    policy = gateway.get(path).header("Content-Security-Policy") or ""
    scripts = re.search(r"script-src [^;]*", policy)
    assert ("'unsafe-inline'" in (scripts[0] if scripts else "")) == loose


def test_the_sandbox_keeps_its_stricter_policy(gateway: Gateway, stubs: dict[str, Stub]) -> None:
    strict = {"Content-Security-Policy": "default-src 'none'; script-src 'self'"}
    stubs["payments_sandbox"].on("/elements/card", Reply("card", headers={**HTML, **strict}))
    answer = gateway.get("/payments/sandbox/elements/card")
    policy = answer.header("Content-Security-Policy")
    assert policy == "default-src 'none'; script-src 'self'; frame-ancestors 'self'"


def test_the_storefront_may_use_the_payment_provider(gateway: Gateway) -> None:
    policy = gateway.get("/payments/x/").header("Content-Security-Policy") or ""
    for rule in (
        "script-src 'self' https://js.stripe.com",
        "connect-src 'self' https://api.stripe.com",
        "https://hooks.stripe.com",
        "style-src 'self';",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    ):
        assert rule in policy


@pytest.mark.parametrize("path", ["/users/login/", "/users/signup/", "/users/3rdparty/"])
def test_sign_in_providers_are_reached_from_where_their_buttons_are(
    gateway: Gateway, path: str
) -> None:
    policy = gateway.get(path).header("Content-Security-Policy") or ""
    assert "form-action 'self' https://accounts.google.com https://github.com;" in policy


@pytest.mark.parametrize("path", ["/users/profile/", "/cart/checkout/", "/users/password/change/"])
def test_no_other_form_leads_out_of_the_shop(gateway: Gateway, path: str) -> None:
    policy = gateway.get(path).header("Content-Security-Policy") or ""
    assert "form-action 'self';" in policy


def test_tls_is_modern_and_remembered(gateway: Gateway, catalog: Stub) -> None:
    answer = gateway.get("/catalog/", tls=True)
    assert answer.header("Strict-Transport-Security") == "max-age=31536000; includeSubDomains"
    assert catalog.only("/catalog/").header("X-Forwarded-Proto") == "https"
    url = f"https://127.0.0.1:{gateway.https}/health"
    command = ["curl", "-s", "--cacert", str(gateway.certificate), "-w", " %{http_version}", url]
    output = subprocess.run([*command, "--http2"], capture_output=True, text=True, check=True)
    assert output.stdout == "ok\n 2"
    old = subprocess.run([*command, "--tls-max", "1.1"], capture_output=True, check=False)
    assert old.returncode != 0


def test_http_2_cookies_and_hosts_mean_the_same(gateway: Gateway, cart: Stub) -> None:
    path, session = f"/cart/{unique()}/", new_session()
    cart.on(path, Reply("mine", headers=HTML))
    url = f"https://localhost:{gateway.https}{path}"
    command = ["curl", "-s", "--http2", "--cacert", str(gateway.certificate), url]
    crumbs = ["-H", f"Cookie: cart=c; souk_session={session}"]
    assert subprocess.run([*command, *crumbs], capture_output=True, check=True).stdout == b"mine"
    seen = cart.only(path)
    assert seen.header("Host") == f"localhost:{gateway.https}"
    assert seen.header("Authorization") == f"Bearer granted.{session}"
    assert session not in (seen.header("Cookie") or "")


def test_plain_http_on_the_tls_port_is_sent_to_tls(gateway: Gateway) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", gateway.https), timeout=5) as connection:
        host = f"localhost:{gateway.https}"
        connection.sendall(f"GET /cart/?a=1 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        text = connection.recv(4096).decode()
    assert text.split()[1] == "308"
    assert f"Location: https://{host}/cart/?a=1" in text


def test_the_request_id_goes_in_and_out(gateway: Gateway, catalog: Stub, cart: Stub) -> None:
    for stub in (catalog, cart):
        path = f"/{stub.name}/{unique()}/"
        stub.on(path, Reply("x", headers=HTML))
        answer = gateway.get(path, {"X-Request-ID": "spoofed"})
        seen = stub.only(path)
        request_id = answer.header("X-Request-ID") or ""
        assert seen.header("X-Request-ID") == request_id
        assert seen.header("traceparent") == f"00-{request_id}-{request_id[:16]}-01"


@pytest.mark.parametrize(
    ("sent", "passed"),
    [
        (f"00-{'ab' * 16}-{'cd' * 8}-01", True),
        (f"00-{'0' * 32}-{'cd' * 8}-01", False),
        (f"00-{'ab' * 16}-{'0' * 16}-01", False),
        (f"00-{'AB' * 16}-{'cd' * 8}-01", False),
        ("evil", False),
    ],
)
def test_a_trace_goes_on_when_it_is_one(
    gateway: Gateway, catalog: Stub, cart: Stub, sent: str, passed: bool
) -> None:
    for stub in (catalog, cart):
        path = f"/{stub.name}/{unique()}/"
        stub.on(path, Reply("x", headers=HTML))
        gateway.get(path, {"traceparent": sent, "tracestate": "a=b"})
        seen = stub.only(path)
        assert (seen.header("traceparent") == sent) == passed
        assert seen.header("tracestate") == ("a=b" if passed else None)


@pytest.mark.parametrize("path", ["/cart/", "/catalog/", "/orders/admin/", "/cart/fragments/x/"])
@pytest.mark.parametrize("visitor", [{}, {"Cookie": "cart=c"}])
def test_people_get_a_page_when_a_part_is_down(
    gateway: Gateway, stubs: dict[str, Stub], path: str, visitor: dict[str, str]
) -> None:
    stubs[path.split("/")[1]].stop()
    answer = gateway.get(f"{path}?{unique()}", visitor)
    assert answer.status == 502
    assert answer.header("Content-Type") == "text/html; charset=utf-8"
    assert answer.header("Retry-After") == "5"
    assert "This part of the shop is unavailable" in answer.text
    assert (answer.header("X-Request-ID") or "none") in answer.text
    assert "<script" not in answer.text
    assert " style=" not in answer.text
    assert answer.cookies() == []


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/cart/api/v1/cart/", {}),
        ("/catalog/api/v1/products/", {}),
        ("/cart/api/v1/cart/", {"Accept": "text/html"}),
        ("/payments/webhooks/stripe/x/", {}),
        ("/cart/", {"Accept": "application/json"}),
        ("/catalog/", {"Accept": "application/json"}),
        ("/users/.well-known/jwks.json", {}),
    ],
)
def test_programs_get_a_problem_document_when_a_part_is_down(
    gateway: Gateway, stubs: dict[str, Stub], path: str, headers: dict[str, str]
) -> None:
    stubs[path.split("/")[1]].stop()
    answer = gateway.get(f"{path}?{unique()}", headers)
    assert answer.header("Content-Type") == "application/problem+json"
    told = json.loads(answer.text)
    assert told.pop("request_id") == answer.header("X-Request-ID")
    assert told == {
        "type": "about:blank",
        "title": "This part of the shop is unavailable",
        "status": 502,
        "code": "service_unavailable",
        "detail": "Everything else is open, and nothing of yours is lost. "
        "Please try again in a moment.",
    }


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 422, 429, 500, 502, 503, 504])
@pytest.mark.parametrize(
    "path", ["/cart/x/", "/catalog/x/", "/cart/api/v1/x/", "/catalog/admin/x/"]
)
def test_what_a_service_says_passes_untouched(
    gateway: Gateway, stubs: dict[str, Stub], path: str, status: int
) -> None:
    body = unique("service says")
    target = f"{path}{unique()}/"
    stubs[path.split("/")[1]].on(target, Reply(body, status, JSON))
    answer = gateway.get(target)
    assert (answer.status, answer.text) == (status, body)


def test_a_refusal_tells_programs_and_people(gateway: Gateway) -> None:
    program = gateway.get("/nothing/", {"Accept": "application/json"})
    assert json.loads(program.text)["code"] == "not_found"
    person = gateway.get("/nothing/", {"Accept": "text/html,application/json"})
    assert "We could not find that" in person.text
    bearer = gateway.get("/cart/api/v1/cart/", {"Authorization": f"Bearer revoked.{unique()}"})
    assert json.loads(bearer.text)["code"] == "not_authenticated"
    foreign = gateway.get("/cart/", {"Host": "evil.example", "Accept": "application/json"})
    assert json.loads(foreign.text)["code"] == "misdirected_request"


def test_an_address_that_is_too_long_gets_a_page(gateway: Gateway) -> None:
    answer = gateway.get("/catalog/" + "x" * 17000)
    assert answer.status == 414
    assert "too long" in answer.text


@pytest.mark.parametrize(
    ("path", "megabytes", "passes"),
    [
        ("/cart/x/", 0.9, True),
        ("/cart/x/", 1.1, False),
        ("/cart/api/v1/x/", 1.1, False),
        ("/cart/fragments/x/", 0.9, True),
        ("/cart/fragments/x/", 1.1, False),
        ("/reviews/fragments/public/x/", 1.1, False),
        ("/payments/webhooks/x/", 0.2, True),
        ("/payments/webhooks/x/", 0.3, False),
        ("/catalog/admin/x/", 19, True),
        ("/catalog/admin/x/", 21, False),
        ("/catalog/api/v1/imports/", 19, True),
        ("/reviews/new/", 19, True),
        ("/reviews/api/v1/reviews/", 19, True),
        ("/reviews/api/v1/reviews/", 21, False),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_have_a_limit(
    gateway: Gateway,
    stubs: dict[str, Stub],
    path: str,
    megabytes: float,
    passes: bool,
    chunked: bool,
) -> None:
    if chunked and path == "/reviews/new/":
        path = "/reviews/api/v1/reviews/"
    stub, size = stubs[path.split("/")[1]], int(megabytes * 1024 * 1024)
    stub.on(path, Reply("ok", headers=JSON))
    try:
        body = iter([b"x" * size]) if chunked else b"x" * size
        answer = gateway.ask("POST", path, {"Accept": "application/json"}, body)
    except (BrokenPipeError, ConnectionResetError):
        assert not passes
    else:
        assert answer.status == (200 if passes else 413)
        assert passes or json.loads(answer.text)["code"] == "too_large"
    assert [len(seen.body) for seen in stub.requests] == ([size] if passes else [])


@pytest.mark.parametrize(
    ("path", "said", "told"),
    [
        ("/catalog/x/", "public, s-maxage=60", "private, no-cache"),
        ("/cart/x/", None, "private, no-cache"),
        ("/cart/x/", "private, max-age=5", "private, max-age=5"),
        ("/cart/api/v1/x/", "no-store", "no-store"),
        ("/catalog/api/v1/x/", "public, max-age=5", "public, max-age=5"),
    ],
)
def test_browsers_keep_no_page_with_a_visitors_token(
    gateway: Gateway, stubs: dict[str, Stub], path: str, said: str | None, told: str
) -> None:
    target = f"{path}{unique()}/"
    headers = {**HTML, **({"Cache-Control": said} if said else {})}
    stubs[path.split("/")[1]].on(target, Reply("x", headers=headers))
    for visitor in ({}, cookies(cart="c")):
        answer = gateway.get(target, visitor)
        assert answer.header("Cache-Control") == told
        assert answer.header("X-Accel-Expires") is None


@pytest.mark.parametrize("path", ["/catalog/x/", "/cart/x/", "/cart/api/v1/x/"])
def test_answers_are_packed_at_the_door(
    gateway: Gateway, stubs: dict[str, Stub], path: str
) -> None:
    target, stub = f"{path}{unique()}/", stubs[path.split("/")[1]]
    kind = JSON if "/api/" in path else HTML
    stub.on(target, Reply("tea " * 2000, headers={**kind, **FOR_A_MINUTE}))
    for _ in range(2):
        answer = gateway.get(target, {"Accept-Encoding": "gzip"})
        assert answer.header("Content-Encoding") == "gzip"
        assert gzip.decompress(answer.content) == b"tea " * 2000
    assert stub.requests[0].header("Accept-Encoding") is None
    assert gateway.get(target).text == "tea " * 2000


def test_the_log_is_json_and_holds_no_secret(gateway: Gateway, cart: Stub) -> None:
    path, session = f"/cart/{unique()}/", new_session()
    cart.on(path, Reply("x", headers=HTML))
    headers = {**cookies(souk_session=session), "User-Agent": 'a "quoted" agent'}
    answer = gateway.get(f"{path}?token=secret-token", headers)
    for page in ("password/reset/key", "confirm-email", "erase/confirm"):
        gateway.get(f"/users/{page}/secret-key/")
    request_id = answer.header("X-Request-ID") or ""
    wait_until(lambda: request_id in gateway.log.read_text())
    wait_until(lambda: "erase/confirm/..." in gateway.log.read_text())
    lines = [json.loads(line) for line in gateway.log.read_text().splitlines()]
    (line,) = [line for line in lines if line["request_id"] == request_id]
    expected = {"path": path, "status": 200, "route": "page", "backend": "cart"}
    assert {name: line[name] for name in expected} == expected
    assert line["visitor"] == "known"
    assert float(line["upstream_seconds"].split(",")[-1]) >= 0
    for secret in (session, "secret-token", "secret-key"):
        assert secret not in gateway.log.read_text()


@pytest.mark.parametrize(
    ("line", "status", "code"),
    [
        ("Transfer-Encoding: xchunked", 501, "not_implemented"),
        (f"X-Mark: {'a' * 20_000}", 431, "headers_too_large"),
        ("Content-Length: -5", 400, "bad_request"),
    ],
)
def test_what_nginx_refuses_before_any_lane_gets_the_shops_answer(
    gateway: Gateway, stubs: dict[str, Stub], line: str, status: int, code: str
) -> None:
    head = (
        f"POST /cart/api/v1/x/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{line}\r\n\r\n"
    )
    answer = gateway.raw(head)
    assert answer.split()[1] == str(status)
    assert f'"code":"{code}"' in answer
    page = gateway.raw(head.replace("/cart/api/v1/x/", "/cart/"))
    assert page.split()[1] == str(status)
    assert "gateway-page" in page
    assert [stub.requests for stub in stubs.values() if stub.requests] == []

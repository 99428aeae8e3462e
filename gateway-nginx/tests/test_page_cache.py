"""What is kept, for whom and how long."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from gateway_testing import (
    HTML,
    Gateway,
    Reply,
    Seen,
    Stub,
    cookies,
    new_session,
    unique,
    wait_until,
)
from pages import PUBLIC, STUB, badge, include, page, public_fragment

from compose.local import packages

# NGINX 1.22 lets max-age=0 count unless X-Accel-Expires stands before it; 1.26 lets X-Accel-Expires
# count wherever it stands. A service that means both says s-maxage, which both understand alike.
ANY_ORDER = packages.version(packages.NGINX) >= (1, 23)


def test_a_second_stranger_reaches_no_service(
    gateway: Gateway, stubs: dict[str, Stub], catalog: Stub, reviews: Stub
) -> None:
    stars = public_fragment(reviews)
    path = page(catalog, f"{STUB}tea {include(stars)}")
    assert [gateway.get(path).text for _ in range(5)] == ["tea [stars]"] * 5
    assert len(catalog.seen(path)) == len(reviews.seen(stars)) == 1
    assert stubs["identity"].requests == []


def test_nobody_ever_sees_anothers_page(gateway: Gateway, catalog: Stub, cart: Stub) -> None:
    part = badge(cart)
    path = page(catalog, STUB + include(part))

    def visit(number: int) -> tuple[str, str]:
        kind = number % 3
        name = f"v{number}"
        if kind == 0:
            return "[badge of nobody]", gateway.get(path).text
        if kind == 1:
            return f"[badge of {name}]", gateway.get(path, cookies(cart=name)).text
        text = gateway.get(path, cookies(souk_session=name)).text
        return f"[badge of Bearer granted.{name}]", text

    with ThreadPoolExecutor(12) as pool:
        for expected, text in pool.map(visit, range(150)):
            assert text == expected


@pytest.mark.parametrize("service", ["cart", "users", "orders", "payments"])
def test_a_personal_page_is_never_kept(
    gateway: Gateway, stubs: dict[str, Stub], service: str
) -> None:
    path, kept = f"/{service}/{unique()}/", {**PUBLIC, "X-Accel-Expires": "60"}
    stubs[service].on(path, lambda seen: Reply(seen.header("Cookie") or "", headers=kept))
    for name in ("alice", "bob", "carol"):
        assert f"cart={name};" in gateway.get(path, cookies(cart=name)).text
    assert gateway.get(path).text.startswith("csrftoken=")


def test_a_kept_part_outlives_its_service(gateway: Gateway, catalog: Stub, reviews: Stub) -> None:
    part = f"/reviews/fragments/public/{unique()}/"
    reviews.on(part, Reply("[stars]", headers={**HTML, "Cache-Control": "public, s-maxage=1"}))
    path = page(catalog, STUB + include(part))
    gateway.get(path)
    reviews.stop()
    threading.Event().wait(2.2)
    assert {gateway.get(path, cookies(cart="c")).text for _ in range(3)} == {"[stars]"}
    assert {gateway.get(path).text for _ in range(3)} == {"[stars]"}


def test_a_kept_page_outlives_the_catalogue(gateway: Gateway, catalog: Stub) -> None:
    path = page(catalog, "tea", {**HTML, "Cache-Control": "public, s-maxage=1"})
    gateway.get(path)
    catalog.stop()
    threading.Event().wait(2.2)
    assert [gateway.get(path).text for _ in range(3)] == ["tea"] * 3
    assert gateway.get(path, cookies(cart="c")).text == "tea"


def test_a_crowd_asks_once(gateway: Gateway, catalog: Stub) -> None:
    path = f"/catalog/{unique()}/"
    catalog.on(path, Reply("tea", headers=PUBLIC, delay=0.05))
    with ThreadPoolExecutor(20) as pool:
        texts = list(pool.map(lambda _: gateway.get(path).text, range(20)))
    assert texts == ["tea"] * 20
    assert len(catalog.seen(path)) == 1


def test_a_page_is_renewed_after_its_time(gateway: Gateway, catalog: Stub) -> None:
    path = page(catalog, "old", {**HTML, "Cache-Control": "public, s-maxage=1"})
    assert gateway.get(path).text == "old"
    catalog.on(path, Reply("new", headers=PUBLIC))
    wait_until(lambda: gateway.get(path).text == "new", seconds=6)
    assert gateway.get(path, cookies(cart="c")).text == "new"


@pytest.mark.parametrize("visitor", [{}, cookies(cart="c")])
def test_a_page_that_is_gone_goes_while_it_is_asked_for(
    gateway: Gateway, catalog: Stub, visitor: dict[str, str]
) -> None:
    path = page(catalog, "tea", {**HTML, "Cache-Control": "public, s-maxage=1"})
    assert gateway.get(path, visitor).text == "tea"
    catalog.on(path, Reply("gone", status=404, headers=HTML))
    wait_until(lambda: gateway.get(path, visitor).status == 404, seconds=6)
    catalog.on(path, Reply("back", headers=PUBLIC))
    wait_until(lambda: gateway.get(path, visitor).text == "back", seconds=6)


@pytest.mark.parametrize("prefix", ["/catalog", "/catalog/api/v1", "/reviews/fragments/public"])
def test_a_crowd_hears_that_something_is_gone(
    gateway: Gateway, stubs: dict[str, Stub], prefix: str
) -> None:
    path, stub = f"{prefix}/{unique()}/", stubs[prefix.split("/")[1]]
    stub.on(path, Reply("tea", headers={**HTML, "Cache-Control": "public, s-maxage=1"}))
    assert gateway.get(path).text == "tea"
    stub.on(path, Reply("gone", status=404, headers=HTML, delay=0.2))
    visitor = {} if "api" in prefix else cookies(cart="c")
    with ThreadPoolExecutor(8) as pool:

        def answers() -> set[int]:
            return set(pool.map(lambda _: gateway.get(path, visitor).status, range(8)))

        wait_until(lambda: answers() == {404}, seconds=8)


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({"Cache-Control": "public, s-maxage=60"}, True),
        ({"Cache-Control": "public, max-age=60"}, True),
        ({"Cache-Control": "public, s-maxage=60, max-age=0"}, True),
        ({"X-Accel-Expires": "60", "Cache-Control": "public, max-age=0, s-maxage=60"}, True),
        ({"Cache-Control": "public, max-age=0, s-maxage=60", "X-Accel-Expires": "60"}, True),
        ({"Cache-Control": "public, max-age=0", "X-Accel-Expires": "60"}, ANY_ORDER),
        ({"X-Accel-Expires": "60"}, True),
        ({"X-Accel-Expires": "60", "Cache-Control": "public, max-age=0"}, True),
        ({}, False),
        ({"X-Accel-Expires": "0"}, False),
        ({"Cache-Control": "public, s-maxage=0, max-age=60"}, False),
        ({"Cache-Control": "private, max-age=60"}, False),
        ({"Cache-Control": "private", "X-Accel-Expires": "60"}, False),
        ({"X-Accel-Expires": "60", "Cache-Control": "private"}, False),
        ({"Cache-Control": "no-store"}, False),
        ({"Cache-Control": "public, s-maxage=60", "Set-Cookie": "x=1"}, False),
    ],
)
def test_the_service_decides_what_is_kept(
    gateway: Gateway, catalog: Stub, headers: dict[str, str], kept: bool
) -> None:
    path = page(catalog, "tea", {**HTML, **headers})
    for visitor in ({}, cookies(cart="c"), {}, cookies(cart="d")):
        assert gateway.get(path, visitor).text == "tea"
    assert (len(catalog.seen(path)) == 1) == kept


@pytest.mark.parametrize("path_of", ["catalog/admin", "catalog/fragments/mine", "cart/fragments"])
def test_personal_spaces_are_never_kept(
    gateway: Gateway, stubs: dict[str, Stub], path_of: str
) -> None:
    path, stub = f"/{path_of}/{unique()}/", stubs[path_of.split("/")[0]]
    stub.on(path, Reply("x", headers={**PUBLIC, "X-Accel-Expires": "60"}))
    for _ in range(3):
        gateway.get(path)
    assert len(stub.seen(path)) == 3


def test_posts_to_public_pages_are_personal(gateway: Gateway, catalog: Stub) -> None:
    path = page(catalog, "tea")
    gateway.get(path)
    session = new_session()
    answer = gateway.post(path, cookies(souk_session=session, cart="c"), b"a=b")
    assert answer.status == 200
    posted = catalog.seen(path)[-1]
    assert (posted.method, posted.body) == ("POST", b"a=b")
    assert posted.header("Authorization") == f"Bearer granted.{session}"
    assert "cart=c" in (posted.header("Cookie") or "")


def test_a_head_request_fills_the_cache_with_the_whole_page(
    gateway: Gateway, catalog: Stub
) -> None:
    path = page(catalog, "tea")
    head = gateway.ask("HEAD", path)
    assert (head.status, head.content) == (200, b"")
    assert gateway.get(path).text == "tea"
    assert [seen.method for seen in catalog.seen(path)] == ["GET"]


def test_a_conditional_request_gets_the_whole_page(gateway: Gateway, cart: Stub) -> None:
    path = f"/cart/{unique()}/"
    cart.on(path, Reply("mine", headers=HTML))
    gateway.get(path, {"If-None-Match": '"x"', "Range": "bytes=0-1", "If-Range": '"x"'})
    seen = cart.only(path)
    assert {seen.header(name) for name in ("If-None-Match", "Range", "If-Range")} == {None}


POISON = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Original-URL": "/evil/",
    "X-Access-Token": "evil",
    "Accept-Language": "xx",
    "Accept": "application/evil",
    "User-Agent": "evil",
    "Range": "bytes=0-1",
    "If-None-Match": '"evil"',
    "Origin": "https://evil.example",
    "X-Anything": "evil",
    "Content-Type": "evil/evil",
}


@pytest.mark.parametrize("prefix", ["/catalog", "/catalog/api/v1", "/reviews/fragments/public"])
def test_a_public_answer_cannot_be_poisoned(
    gateway: Gateway, stubs: dict[str, Stub], prefix: str
) -> None:
    path, stub = f"{prefix}/{unique()}/", stubs[prefix.split("/")[1]]
    stub.on(path, Reply("clean", headers=PUBLIC))
    assert gateway.ask("GET", path, POISON, b"fat body").status == 200
    seen = stub.only(path)
    sent = {name.lower(): value for name, value in seen.headers.items()}
    allowed = {"host", "x-forwarded-host", "x-forwarded-proto", "x-request-id"}
    assert sent.keys() <= allowed | {"traceparent", "accept"}
    assert "evil" not in str(sent)
    assert seen.body == b""
    assert gateway.get(path).text == "clean"


def test_hosts_schemes_and_queries_are_kept_apart(gateway: Gateway, catalog: Stub) -> None:
    path = f"/catalog/{unique()}/"

    def who(seen: Seen) -> Reply:
        text = f"{seen.header('X-Forwarded-Proto')}://{seen.header('Host')}{seen.target}"
        return Reply(text, headers=PUBLIC)

    catalog.on(path, who)
    asked = [
        ("localhost:1", ""),
        ("localhost:2", ""),
        ("127.0.0.1", "?a=1"),
        ("localhost:1", "?a=1&b"),
    ]
    for _ in range(2):
        for host, query in asked:
            for visitor in ({}, cookies(cart="c")):
                text = gateway.get(path + query, {"Host": host, **visitor}).text
                assert text == f"http://{host}{path}{query}"
        assert (
            gateway.get(path, {"Host": "localhost:1"}, tls=True).text
            == f"https://localhost:1{path}"
        )
    assert len(catalog.seen(path)) == 5


def test_no_two_addresses_share_a_page(gateway: Gateway, catalog: Stub) -> None:
    name = unique()
    catalog.on(f"/catalog/{name}", Reply("with query", headers=PUBLIC))
    assert gateway.get(f"/catalog/{name}%3Fa=1").status == 404
    assert gateway.get(f"/catalog/{name}?a=1").text == "with query"
    assert gateway.get(f"/catalog/{name}%7Ctrue%7C").status == 404
    assert len(catalog.requests) == 2


def test_the_api_of_the_catalogue_is_kept_for_those_without_a_token(
    gateway: Gateway, catalog: Stub
) -> None:
    path = f"/catalog/api/v1/{unique()}/"
    catalog.on(path, lambda seen: Reply(seen.header("Accept") or "", headers=PUBLIC))
    for _ in range(2):
        assert gateway.get(path).text == "application/json"
        assert (
            gateway.get(path, {"Accept": "text/html,*/*", "Cookie": "cart=c"}).text == "text/html"
        )
    assert len(catalog.seen(path)) == 2
    token = unique("token")
    gateway.get(path, {"Authorization": f"Bearer {token}"})
    gateway.get(path, {"Authorization": f"Bearer {token}"})
    assert len(catalog.seen(path)) == 4
    assert catalog.seen(path)[-1].header("Authorization") == f"Bearer granted.{token}"

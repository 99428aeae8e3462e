"""Pages out of parts: who gets which, and what happens when one is broken."""

import threading

import pytest
from gateway_testing import (
    HTML,
    JSON,
    Gateway,
    Reply,
    Seen,
    Stub,
    cookies,
    new_session,
    unique,
)
from pages import PUBLIC, STUB, badge, include, page, public_fragment


def test_a_shell_asks_for_personal_parts_of_guests_only(
    gateway: Gateway, catalog: Stub, cart: Stub
) -> None:
    part = badge(cart)
    shell = f'{STUB}tea <!--# if expr="$cookie_cart" -->{include(part)}<!--# endif -->'
    path = page(catalog, shell)
    assert gateway.get(path).text == "tea "
    assert cart.requests == []
    assert gateway.get(path, cookies(cart="bob")).text == "tea [badge of bob]"
    assert gateway.get(path).text == "tea "
    assert len(catalog.seen(path)) == 1


def test_a_personal_part_gets_the_token_of_its_page(
    gateway: Gateway, catalog: Stub, cart: Stub, identity: Stub
) -> None:
    part = badge(cart)
    path = page(catalog, STUB + include(part))
    alice = new_session()
    text = gateway.get(path, cookies(souk_session=alice)).text
    assert text == f"[badge of Bearer granted.{alice}]"
    assert "souk_session" not in (cart.only(part).header("Cookie") or "")
    assert len(identity.requests) == 1
    shell = catalog.only(path)
    assert (shell.header("Authorization"), shell.header("Cookie")) == (None, None)


def test_a_broken_part_becomes_its_stub(gateway: Gateway, catalog: Stub, reviews: Stub) -> None:
    broken = [Reply("trace", status) for status in (500, 502, 503, 404, 403, 401, 302, 429)]
    for reply in [*broken, Reply(drop=True)]:
        for kind in ("public/", ""):
            part = f"/reviews/fragments/{kind}{unique()}/"
            reviews.on(part, reply)
            path = page(catalog, f"{STUB}tea {include(part)}!")
            assert gateway.get(path).text == "tea (nothing)!"
            assert gateway.get(path, cookies(souk_session=new_session())).text == "tea (nothing)!"


def test_a_page_stands_without_a_service(gateway: Gateway, catalog: Stub, reviews: Stub) -> None:
    reviews.stop()
    parts = include(f"/reviews/fragments/public/{unique()}/") + include("/reviews/fragments/x/")
    path = page(catalog, f"{STUB}tea {parts}!")
    assert gateway.get(path).text == "tea (nothing)(nothing)!"
    assert gateway.get(path, cookies(cart="c")).text == "tea (nothing)(nothing)!"


def test_the_parts_of_a_posted_page_get_no_body(
    gateway: Gateway, cart: Stub, reviews: Stub
) -> None:
    part, public = badge(cart), public_fragment(reviews)
    path = f"/cart/{unique()}/"
    cart.on(path, Reply(STUB + include(part) + include(public), headers=HTML))
    assert gateway.post(path, cookies(cart="bob"), b"a=b").text == "[badge of bob][stars]"
    for seen in (cart.only(part), reviews.only(public)):
        assert (seen.method, seen.body, seen.header("Content-Length")) == ("GET", b"", None)


def test_a_large_upload_does_not_hinder_the_parts_of_its_page(
    gateway: Gateway, cart: Stub, reviews: Stub
) -> None:
    part, public = badge(cart), public_fragment(reviews)
    reviews.on("/reviews/new/", Reply(STUB + include(part) + include(public), headers=HTML))
    photo = b"x" * 3_000_000
    alice = cookies(souk_session=new_session(), cart="bob")
    text = gateway.post("/reviews/new/", alice, photo).text
    assert text.startswith("[badge of Bearer granted.")
    assert text.endswith("][stars]")
    assert reviews.only("/reviews/new/").body == photo


def test_a_fragment_asked_for_directly_shows_its_own_errors(gateway: Gateway, cart: Stub) -> None:
    path = f"/cart/fragments/{unique()}/"
    cart.on(path, Reply("quantity?", 422, HTML))
    answer = gateway.post(path, {}, b"quantity=-1")
    assert (answer.status, answer.text) == (422, "quantity?")


DIRECTIVE = '<!--# include virtual="/cart/fragments/secret/" -->'


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/cart/api/v1/x/", JSON),
        ("/cart/api/v1/html/", HTML),
        ("/catalog/api/v1/x/", JSON),
        ("/catalog/api/v1/html/", HTML),
        ("/cart/admin/x/", HTML),
        ("/cart/x.json", JSON),
        ("/catalog/x.txt", {"Content-Type": "text/plain"}),
    ],
)
def test_includes_are_run_in_pages_only(
    gateway: Gateway, stubs: dict[str, Stub], path: str, headers: dict[str, str]
) -> None:
    stub = stubs[path.split("/")[1]]
    stub.on(path, Reply(DIRECTIVE, headers=headers))
    for visitor in ({}, cookies(cart="c")):
        assert gateway.get(path, visitor).text == DIRECTIVE
    assert stubs["cart"].seen("/cart/fragments/secret/") == []


@pytest.mark.parametrize(
    "query",
    [
        "?q=<!--%23 include virtual='/cart/fragments/secret/' -->",
        "?q=%3C!--%23%20echo%20var=%22csrf%22%20--%3E",
    ],
)
def test_a_query_runs_no_include(gateway: Gateway, catalog: Stub, cart: Stub, query: str) -> None:
    path = f"/catalog/{unique()}/"
    shell = '<!--# echo var="arg_q" encoding="none" -->|<!--# echo var="query_string" -->'
    catalog.on(path, Reply(shell, headers=PUBLIC))
    target = (path + query).replace(" ", "%20")
    for visitor in ({}, cookies(cart="c")):
        assert gateway.get(target, visitor).status == 200
    assert cart.seen("/cart/fragments/secret/") == []


def test_a_composed_page_runs_no_second_round_of_includes(
    gateway: Gateway, catalog: Stub, cart: Stub, reviews: Stub
) -> None:
    """What a part says is text: the shop's server runs no includes over a composed page."""
    part = f"/reviews/fragments/public/{unique()}/"
    reviews.on(part, Reply("<!--", headers=PUBLIC))
    path = page(catalog, STUB + include(part) + "# include virtual='/cart/fragments/secret/' -->")
    assert "secret" in gateway.get(path).text
    assert cart.requests == []


def test_an_include_cannot_reach_the_inside(
    gateway: Gateway, catalog: Stub, users: Stub, identity: Stub
) -> None:
    inside = ["/users/internal/authenticate/", "/users/metrics", "/_staff", "/nowhere/"]
    path = page(catalog, STUB + "".join(include(one) for one in inside))
    for visitor in ({}, cookies(cart="c")):
        assert "granted" not in gateway.get(path, visitor).text
    assert users.requests == identity.requests == []


def test_parts_are_asked_for_side_by_side(gateway: Gateway, catalog: Stub, cart: Stub) -> None:
    together = threading.Barrier(3, timeout=5)

    def wait_for_the_others(_: Seen) -> Reply:
        together.wait()
        return Reply("+", headers=HTML)

    parts = [f"/cart/fragments/{unique()}/" for _ in range(3)]
    for part in parts:
        cart.on(part, wait_for_the_others)
    path = page(catalog, STUB + "".join(include(part) for part in parts))
    assert gateway.get(path, cookies(cart="c")).text == "+++"


WORK = "/users/admin/tasks/"
PART = "/orders/admin/fragments/tasks/"


@pytest.mark.parametrize("service", ["orders", "catalog"])
def test_the_staffs_page_is_put_together_for_whoever_asks(
    gateway: Gateway, stubs: dict[str, Stub], service: str
) -> None:
    part = f"/{service}/admin/fragments/tasks/"
    stubs["users"].on(WORK, Reply(STUB + include(part), headers=HTML))
    stubs[service].on(part, lambda seen: Reply(f"[{seen.header('Authorization')}]", headers=HTML))
    mia = new_session()
    assert gateway.get(WORK, cookies(souk_session=mia)).text == f"[Bearer granted.{mia}]"
    assert "souk_session" not in (stubs[service].only(part).header("Cookie") or "")


@pytest.mark.parametrize("status", [302, 403, 500, 503])
def test_the_staffs_page_stands_without_a_service(
    gateway: Gateway, users: Stub, orders: Stub, status: int
) -> None:
    users.on(WORK, Reply(f"{STUB}work {include(PART)}", headers=HTML))
    orders.on(PART, Reply("trace", status, headers=HTML))
    assert gateway.get(WORK, cookies(souk_session=new_session())).text == "work (nothing)"


def test_what_is_posted_to_a_staff_fragment_is_bounded(gateway: Gateway, orders: Stub) -> None:
    answer = gateway.post(PART, cookies(souk_session=new_session()), b"x" * 2_000_000)
    assert answer.status == 413
    assert orders.requests == []

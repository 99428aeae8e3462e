"""A kept answer whose source did not change is renewed by a 304 of its service."""

import threading

import pytest
from gateway_testing import Gateway, Reply, Seen, Stub, cookies, unique
from pages import PUBLIC, STUB, badge, include

ETAG = '"a1b2"'
SECOND = {**PUBLIC, "Cache-Control": "public, max-age=0, s-maxage=1", "X-Accel-Expires": "1"}
GUEST = cookies(cart="c")


def conditional(
    stub: Stub, path: str, body: str = "tea", etag: str = ETAG, renewed: dict[str, str] = SECOND
) -> None:
    """Scripts a view that knows its own ETag again, and says `renewed` with the 304."""

    def answer(seen: Seen) -> Reply:
        is_known = seen.header("If-None-Match") == etag
        headers = {**(renewed if is_known else SECOND), "ETag": etag}
        return Reply("", 304, headers) if is_known else Reply(body, headers=headers)

    stub.on(path, answer)


def expire() -> None:
    threading.Event().wait(2.2)


def asked(stub: Stub, path: str) -> list[str | None]:
    return [seen.header("If-None-Match") for seen in stub.seen(path)]


@pytest.mark.parametrize(
    ("prefix", "visitor"),
    [
        ("/catalog", GUEST),
        ("/catalog", {}),
        ("/catalog/api/v1", {}),
        ("/reviews/fragments/public", GUEST),
    ],
)
def test_what_did_not_change_is_renewed_by_its_etag(
    gateway: Gateway, stubs: dict[str, Stub], prefix: str, visitor: dict[str, str]
) -> None:
    path, stub = f"{prefix}/{unique()}/", stubs[prefix.split("/")[1]]
    conditional(stub, path)
    assert gateway.get(path, visitor).text == "tea"
    expire()
    assert gateway.get(path, visitor).text == "tea"
    expire()
    assert gateway.get(path, visitor).text == "tea"
    expire()  # a stranger's page is renewed behind the answer
    assert set(asked(stub, path)[1:]) == {ETAG}


def test_another_etag_brings_another_page(gateway: Gateway, catalog: Stub) -> None:
    path = f"/catalog/{unique()}/"
    conditional(catalog, path)
    gateway.get(path, GUEST)
    conditional(catalog, path, "coffee", '"c3d4"')
    expire()
    assert gateway.get(path, GUEST).text == "coffee"
    expire()
    assert gateway.get(path, GUEST).text == "coffee"
    assert asked(catalog, path) == [None, ETAG, '"c3d4"']


@pytest.mark.parametrize(
    ("renewed", "times"),
    [({"X-Accel-Expires": "60"}, 1), ({}, 2), ({"Cache-Control": "private, no-store"}, 2)],
)
def test_a_304_says_how_long_or_it_is_as_long_as_before(
    gateway: Gateway, catalog: Stub, renewed: dict[str, str], times: int
) -> None:
    """NGINX reads the time of a 304 and nothing else: what is private now is so from its next
    whole answer on."""
    path = f"/catalog/{unique()}/"
    conditional(catalog, path, renewed=renewed)
    gateway.get(path, GUEST)
    for _ in range(2):
        expire()
        assert [gateway.get(path, GUEST).text for _ in range(2)] == ["tea", "tea"]
    assert asked(catalog, path) == [None, *[ETAG] * times]


def test_parts_are_put_into_a_page_that_was_renewed(
    gateway: Gateway, catalog: Stub, cart: Stub
) -> None:
    path = f"/catalog/{unique()}/"
    conditional(catalog, path, STUB + include(badge(cart)))
    gateway.get(path, GUEST)
    expire()
    assert gateway.get(path, cookies(cart="d")).text == "[badge of d]"
    assert asked(catalog, path) == [None, ETAG]


@pytest.mark.parametrize("visitor", [{}, GUEST])
def test_a_page_of_parts_is_never_not_modified(
    gateway: Gateway, catalog: Stub, cart: Stub, visitor: dict[str, str]
) -> None:
    path = f"/catalog/{unique()}/"
    conditional(catalog, path, STUB + include(badge(cart)))
    for _ in range(2):
        answer = gateway.get(path, {**visitor, "If-None-Match": ETAG})
        assert (answer.status, answer.header("ETag")) == (200, None)
        assert answer.text.startswith("[badge of ")


def test_a_client_of_the_api_is_told_the_etag_and_known_by_it(
    gateway: Gateway, catalog: Stub
) -> None:
    path = f"/catalog/api/v1/{unique()}/"
    conditional(catalog, path)
    assert gateway.get(path).header("ETag") == ETAG
    again = gateway.get(path, {"If-None-Match": ETAG})
    assert (again.status, again.content) == (304, b"")
    assert asked(catalog, path) == [None]

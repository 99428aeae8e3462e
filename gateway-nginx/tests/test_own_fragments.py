"""A visitor's own fragments are kept for that visitor, and only until they change something."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest
from gateway_testing import HTML, Answer, Gateway, Reply, Stub, cookies, unique
from pages import OWN, PUBLIC, STUB, badge, include, page

TOKEN = "c" * 32


@pytest.fixture
def part(cart: Stub) -> str:
    return badge(cart, OWN)


@pytest.fixture
def path(catalog: Stub, part: str) -> str:
    return page(catalog, STUB + include(part))


def visitor(**more: str) -> dict[str, str]:
    return cookies(csrftoken=TOKEN, **more)


def epoch_of(answer: Answer) -> list[str]:
    return [cookie for cookie in answer.cookies() if cookie.startswith("souk_cache_epoch=")]


def test_the_next_page_asks_no_service(gateway: Gateway, cart: Stub, part: str, path: str) -> None:
    hers = visitor(souk_session=unique(), cart=unique())
    texts = {gateway.get(path, hers).text for _ in range(4)}
    assert len(texts) == 1
    assert "granted" in texts.pop()
    assert len(cart.seen(part)) == 1


def test_another_page_shows_the_same_part(
    gateway: Gateway, catalog: Stub, cart: Stub, part: str, path: str
) -> None:
    other = page(catalog, STUB + include(part))
    hers = visitor(cart=unique())
    assert gateway.get(path, hers).text == gateway.get(other, hers).text
    assert len(cart.seen(part)) == 1


def test_nobody_is_shown_anothers(gateway: Gateway, cart: Stub, part: str, path: str) -> None:
    def visit(number: int) -> tuple[str, str]:
        kind, name = number % 4, f"v{number % 40}"
        if kind == 0:
            return "[badge of nobody]", gateway.get(path, visitor(messages="m" + name)).text
        if kind == 1:
            return f"[badge of {name}]", gateway.get(path, visitor(cart=name)).text
        if kind == 2:
            token = {"Authorization": f"Bearer {name}", **visitor()}
            return f"[badge of Bearer granted.{name}]", gateway.get(path, token).text
        seen = gateway.get(path, visitor(souk_session=name, cart="shared"))
        return f"[badge of Bearer granted.{name}]", seen.text

    with ThreadPoolExecutor(12) as pool:
        for expected, text in pool.map(visit, range(200)):
            assert text == expected
    assert len(cart.seen(part)) < 120


@pytest.mark.parametrize("trick", ["x|c=victim", "x|m=|1|", "|c=victim", "victim|m="])
def test_a_key_cannot_be_spelled_by_another(
    gateway: Gateway, part: str, path: str, trick: str
) -> None:
    assert gateway.get(path, visitor(cart="victim")).text == "[badge of victim]"
    for hers in (
        visitor(messages=trick),
        visitor(cart=trick),
        visitor(souk_session=trick),
        {"Authorization": f"Bearer {trick}", **visitor(cart="other")},
    ):
        assert "badge of victim]" not in gateway.get(path, hers).text or trick == "victim|m="
    assert gateway.get(path, visitor(cart="victim")).text == "[badge of victim]"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [200, 303, 409, 500])
def test_whoever_changes_something_sees_it(
    gateway: Gateway, cart: Stub, part: str, path: str, method: str, status: int
) -> None:
    who = {"souk_session": unique(), "cart": unique()}
    gateway.get(path, visitor(**who))
    changed = f"/cart/items/{unique()}/"
    cart.on(changed, Reply("done", status, headers=HTML))
    cart.on(part, Reply("[two things]", headers=OWN))
    (epoch,) = epoch_of(gateway.ask(method, changed, visitor(**who)))
    assert "HttpOnly" in epoch
    assert "SameSite=Lax" in epoch
    value = epoch.partition(";")[0].partition("=")[2]
    assert gateway.get(path, visitor(**who, souk_cache_epoch=value)).text == "[two things]"


def test_a_look_changes_nothing(gateway: Gateway, catalog: Stub, path: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        assert epoch_of(gateway.ask(method, path, visitor(cart=unique()))) == []


def test_a_program_is_given_no_cache_epoch(gateway: Gateway, cart: Stub) -> None:
    changed = f"/cart/api/v1/{unique()}/"
    cart.on(changed, Reply("{}"))
    assert epoch_of(gateway.post(changed, {"Authorization": "Bearer program"})) == []
    assert epoch_of(gateway.post(changed)) == []


def test_over_tls_the_cache_epoch_travels_so_only(gateway: Gateway, cart: Stub) -> None:
    changed = f"/cart/items/{unique()}/"
    cart.on(changed, Reply("done", headers=HTML))
    (epoch,) = epoch_of(gateway.ask("POST", changed, visitor(cart="c"), tls=True))
    assert epoch.endswith("; Secure")


def test_the_time_that_the_service_allows_is_kept(
    gateway: Gateway, cart: Stub, part: str, path: str
) -> None:
    hers = visitor(cart=unique())
    cart.on(part, Reply("[old]", headers={**OWN, "X-Accel-Expires": "1"}))
    assert gateway.get(path, hers).text == "[old]"
    cart.on(part, Reply("[new]", headers=OWN))
    Event().wait(2.1)
    assert gateway.get(path, hers).text == "[new]"


@pytest.mark.parametrize(
    "headers",
    [
        {**HTML, "Cache-Control": "private, no-store"},
        {**PUBLIC, "Cache-Control": "public, s-maxage=60"},
        {**OWN, "X-Accel-Expires": "0"},
        {**OWN, "Set-Cookie": "cart=new"},
        HTML,
    ],
)
def test_only_what_the_service_allows_is_kept(
    gateway: Gateway, catalog: Stub, cart: Stub, headers: dict[str, str]
) -> None:
    part = badge(cart, headers)
    path = page(catalog, STUB + include(part))
    for _ in range(3):
        gateway.get(path, visitor(cart="c"))
    assert len(cart.seen(part)) == 3


def test_a_broken_part_is_asked_for_again(
    gateway: Gateway, catalog: Stub, cart: Stub, part: str, path: str
) -> None:
    hers = visitor(cart=unique())
    cart.on(part, Reply("broken", 500, headers=HTML))
    assert gateway.get(path, hers).text == "(nothing)"
    cart.on(part, Reply("[well]", headers=OWN))
    assert gateway.get(path, hers).text == "[well]"


def test_one_asked_for_directly_is_made_anew(gateway: Gateway, cart: Stub, part: str) -> None:
    for _ in range(3):
        gateway.get(part, visitor(cart="c"))
    assert len(cart.seen(part)) == 3


def test_a_session_that_ended_takes_its_parts_along(
    gateway: Gateway, stubs: dict[str, Stub], part: str, path: str
) -> None:
    """What was kept for the person is not shown once the session is a stranger's."""
    session = unique()
    assert "granted" in gateway.get(path, visitor(souk_session=session, cart="c")).text
    known = stubs["identity"]._scripts["/users/internal/authenticate/"]
    stubs["identity"].on(
        "/users/internal/authenticate/",
        lambda seen: replace(known(seen), status=401, headers={}),
    )
    Event().wait(6.1)  # the clock of what is kept for 5 s counts whole seconds
    assert gateway.get(path, visitor(souk_session=session, cart="c")).text == "[badge of c]"

"""The gateway's caches: nothing personal is kept, nothing kept can be chosen by one for others."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from uuid import uuid4

import httpx
import pytest

from tests.hostile.browsers import EVIL_HOST, Browser, ask_by_path

PERSONAL = ("/users/profile/", "/orders/", "/users/fragments/menu/", "/notify/inbox/")
DISGUISES = (
    "{path}x.css",
    "{path}.js",
    "{path};x.js",
    "{path}%3bx.css",
    "{path}%2fx.css",
    "{path}%0ax.css",
    "{path}?/static/x.css",
    "{path}%3f.css",
    "{path}%23.css",
    "/catalog/..{path}",
    "/catalog/%2e%2e{path}",
    "/static/..{path}",
    "/static/%2e%2e{path}",
    "/media/..%2f{path}",
    "/docs/api/..%2f..{path}",
    "/catalog/fragments/public/../../..{path}",
    "/catalog/fragments/public/%2e%2e/%2e%2e/%2e%2e{path}",
    "/{path}",
    "/catalog/\\..{path}",
    "/.{path}",
    "/robots.txt{path}",
)


@pytest.mark.parametrize("path", PERSONAL)
def test_a_personal_page_in_disguise_is_shown_to_nobody_else(shop, alice, path):
    cookies = {"Cookie": f"souk_session={alice.session}; csrftoken={'c' * 32}"}
    for disguise in DISGUISES:
        salt = uuid4().hex[:8]
        target = disguise.format(path=path)
        target += f"{'&' if '?' in target else '?'}salt={salt}"
        hers = ask_by_path(shop.url, target, cookies)
        assert hers.status_code < 500, target
        theirs = ask_by_path(shop.url, target)
        assert "Alice-Hostile" not in theirs.text, target
        assert "public" not in hers.headers.get("Cache-Control", "") or hers.status_code != 200


def test_a_personal_answer_tells_every_cache_to_let_it_be(alice):
    for path in PERSONAL:
        answer = alice.get(path)
        assert answer.status_code == 200
        assert "Alice-Hostile" in answer.text
        assert "private" in answer.headers["Cache-Control"] or (
            "no-store" in answer.headers["Cache-Control"]
        )


PAGES = ("/catalog/", "/catalog/search/?q=tea", "/docs/api/", "/catalog/api/v1/products/")
UNKEYED = {
    "X-Forwarded-Host": EVIL_HOST,
    "X-Forwarded-Scheme": "gopher",
    "X-Original-URL": f"/{EVIL_HOST}",
    "X-Host": EVIL_HOST,
    "Referer": f"http://{EVIL_HOST}/",
    "Origin": f"http://{EVIL_HOST}",
    "User-Agent": EVIL_HOST,
    "Accept-Language": "xx-evil.example",
    "Accept-Encoding": "evil.example",
    "Accept": "text/evil.example",
    "Cookie": "django_language=evil.example; sorted=evil.example",
    "Range": "bytes=0-9",
    "If-None-Match": "*",
    "If-Modified-Since": "Wed, 01 Jan 2098 00:00:00 GMT",
    "Expect": "100-continue",
    "X-HTTP-Method-Override": "POST",
    "X-Method-Override": "PUT",
    "Cache-Control": "no-store",
    "Max-Forwards": "0",
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", UNKEYED)
def test_a_header_of_one_changes_nothing_for_the_next(shop, page, name):
    address = f"{shop.url}{page}{'&' if '?' in page else '?'}salt={uuid4().hex}"
    httpx.get(address, headers={name: UNKEYED[name]})
    clean = httpx.get(address)
    known = httpx.get(shop.url + page)

    assert clean.status_code == 200
    assert EVIL_HOST not in clean.text
    assert clean.headers["Content-Type"] == known.headers["Content-Type"]
    assert len(clean.text) > 0.8 * len(known.text)


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_leaves_nothing_behind(shop, method):
    for page in PAGES:
        address = f"{shop.url}{page}{'&' if '?' in page else '?'}salt={uuid4().hex}"
        httpx.request(method, address, content=b"" if method == "HEAD" else b"x=1")
        clean = httpx.get(address)
        assert clean.status_code == 200
        assert len(clean.content) > 500


@pytest.mark.parametrize(
    ("odd", "plain"),
    [
        ("/catalog/search/?q=tea%26salt={salt}", "/catalog/search/?q=tea&salt={salt}"),
        ("/catalog/search/?q={salt}%00", "/catalog/search/?q={salt}"),
        ("/catalog/search/?q={salt}%23x", "/catalog/search/?q={salt}#x"),
        ("/catalog/search/?q=evil&q={salt}", "/catalog/search/?q={salt}"),
        ("/catalog/search/?q={salt};q=evil", "/catalog/search/?q={salt}"),
        ("/catalog/search/%3Fq=evil&salt={salt}", "/catalog/search/?q=evil&salt={salt}"),
        ("/catalog/search/?q={salt}+evil", "/catalog/search/?q={salt}"),
    ],
)
def test_an_odd_spelling_is_kept_apart_from_the_plain_one(shop, odd, plain):
    salt = uuid4().hex
    target = plain.format(salt=salt).partition("#")[0]
    ask_by_path(shop.url, odd.format(salt=salt))
    answer = ask_by_path(shop.url, target)

    assert answer.status_code == 200
    shown = answer.text.partition("<main")[2].partition("<form")[0]
    assert ("evil" in shown) == ("evil" in target)


def test_everybody_sees_only_themselves_while_many_look_at_once(shop, sign_in, product):
    """Five people and three strangers walk the same public and personal pages for some seconds."""
    names = [f"Crowd-{letter}-Hostile" for letter in "ABCDE"]
    people: list[tuple[str, Browser]] = [(name, sign_in(name)) for name in names]
    people += [("", Browser(shop.url)) for _ in range(3)]
    pages = ("/", "/catalog/", f"/catalog/products/{product['slug']}/", *PERSONAL, "/docs/api/")
    end = time.monotonic() + 6

    def walk(person: tuple[str, Browser]) -> int:
        name, browser = person
        seen = 0
        for page in cycle(pages):
            if time.monotonic() > end:
                return seen
            text = browser.get(page).text
            others = [other for other in names if other != name and other in text]
            assert others == [], (page, name, others)
            assert name in text, (page, name)
            seen += 1
        return seen

    with ThreadPoolExecutor(len(people)) as pool:
        assert min(pool.map(walk, people)) >= len(pages)

"""What one connection says never becomes part of another's request, nor the gateway's own word."""

from uuid import uuid4

import httpx
import pytest

from tests.hostile.browsers import EVIL_HOST, say, statuses
from tests.journeys.shop import eventually

POST = "POST /cart/items/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
GET = "GET /cart/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
MALFORMED = {
    "length and chunks": POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": POST + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "a length with a sign": POST + "Content-Length: +5\r\n\r\nhello",
    "a negative length": POST + "Content-Length: -5\r\n\r\nhello",
    "a length in hexadecimal": POST + "Content-Length: 0x5\r\n\r\nhello",
    "a list of lengths": POST + "Content-Length: 5, 5\r\n\r\nhello",
    "unknown coding": POST + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two codings": POST + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "coding twice": POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": POST.replace("1.1", "1.0")
    + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk size that is none": POST
    + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    "a chunk size too large": POST + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx\r\n",
    "a chunk that is longer": POST + "Transfer-Encoding: chunked\r\n\r\n1\r\nhello\r\n0\r\n\r\n",
    "NUL in a value": GET + "X-Mark: a\x00b\r\n\r\n",
    "two hosts": GET + f"Host: {EVIL_HOST}\r\n\r\n",
    "no host": "GET /cart/ HTTP/1.1\r\n\r\n",
    "a host with a path": "GET / HTTP/1.1\r\nHost: 127.0.0.1/evil\r\n\r\n",
    "a huge header": GET + f"X-Mark: {'a' * 70_000}\r\n\r\n",
    "very many headers": GET + "".join(f"X-{n}: {'a' * 900}\r\n" for n in range(200)) + "\r\n",
    "NUL in the path": "GET /cart/\x00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "HTTP/2 without TLS": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "CONNECT": f"CONNECT {EVIL_HOST}:80 HTTP/1.1\r\nHost: {EVIL_HOST}\r\n\r\n",
    "TRACE": "TRACE /cart/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: cart=secret\r\n\r\n",
}


@pytest.mark.parametrize("words", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_request_that_two_programs_could_read_differently_is_refused(shop, words):
    # Whoever reads the first request shorter than it is answers this one too.
    hidden = (
        "GET /users/.well-known/jwks.json HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    )
    heard = say(shop.url, (words + hidden).encode("latin-1"), seconds=5)

    assert len(statuses(heard)) <= 1
    assert all(400 <= status < 500 or status in (501, 505) for status in statuses(heard)), heard
    assert b"<center>nginx" not in heard
    assert b'"keys"' not in heard


@pytest.mark.parametrize(
    "words",
    [
        f"GET http://{EVIL_HOST}/cart/ HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        f"GET / HTTP/1.1\r\nHost: {EVIL_HOST}\r\n",
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1.{EVIL_HOST}\r\n",
        "GET / HTTP/1.1\r\nHost: evil@127.0.0.1\r\n",
    ],
)
def test_another_host_is_not_the_shop(shop, words):
    heard = say(shop.url, f"{words}Connection: close\r\n\r\n".encode())

    assert statuses(heard) == [421]
    assert EVIL_HOST.encode() not in heard


@pytest.mark.parametrize(
    "coding", ["Transfer-Encoding : chunked", " Transfer-Encoding: chunked", "Transfer_Encoding: x"]
)
def test_a_hidden_coding_reaches_no_service(shop, coding):
    """nginx drops or refuses such a header; then the length alone counts, for everybody."""
    mark = uuid4().hex
    inner = f"0\r\n\r\nGET /cart/{mark}/ HTTP/1.1\r\nX: "
    words = f"{POST}Content-Length: {len(inner)}\r\n{coding}\r\nConnection: close\r\n\r\n{inner}"
    heard = say(shop.url, words.encode("latin-1"), seconds=5)

    assert len(statuses(heard)) == 1
    assert 400 <= statuses(heard)[0] < 500
    for _ in range(12):
        assert httpx.get(f"{shop.url}/cart/").status_code == 200


LONG = {
    "a query": (lambda size: f"?mark={'a' * size}", lambda size: {}),
    "a header": (lambda size: "", lambda size: {"X-Mark": "a" * size}),
    "cookies": (lambda size: "", lambda size: {"Cookie": f"mark={'a' * size}"}),
    "many headers": (lambda size: "", lambda size: {f"X-Mark-{n}": "a" for n in range(size // 20)}),
}


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("size", [3_900, 4_200, 8_150, 8_300, 16_000, 20_000])
def test_what_is_long_is_answered_or_refused_in_the_right_shape(shop, kind, size):
    """Gateway and services agree on what is too long: no refusal comes from between them."""
    query, headers = (make(size) for make in LONG[kind])
    for path, shape in (("/reviews/api/v1/reviews/", "json"), ("/cart/", "text/html")):
        answer = httpx.get(shop.url + path + query, headers=headers)
        assert answer.status_code in (200, 400, 414, 431), (path, answer.text[:300])
        assert shape in answer.headers["Content-Type"]
        assert "Content-Security-Policy" in answer.headers
        assert "too large" not in answer.text


def test_a_folded_header_does_not_become_another(shop):
    words = f"{GET}X-Mark: a\r\n X-Access-Token: stolen\r\nConnection: close\r\n\r\n"
    heard = say(shop.url, words.encode("latin-1"))

    assert len(statuses(heard)) == 1
    assert statuses(heard)[0] in (200, 400)


@pytest.mark.parametrize(
    "name",
    [
        "X-Access-Token",
        "X_Access_Token",
        "HTTP_AUTHORIZATION",
        "Authorization_",
        "X-Forwarded-User",
    ],
)
def test_an_identity_comes_by_no_other_header(shop, name):
    token = shop.merchant()._headers["Authorization"]
    for value in (token, token.removeprefix("Bearer ")):
        for path in ("/users/api/v1/me/", "/orders/api/v1/orders/"):
            assert httpx.get(shop.url + path, headers={name: value}).status_code == 401


SPOOFED = {
    "X-Forwarded-Host": EVIL_HOST,
    "X-Forwarded-Server": EVIL_HOST,
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Prefix": f"/{EVIL_HOST}",
    "X-Forwarded-Port": "6666",
    "X-Original-URL": f"/{EVIL_HOST}",
    "X-Rewrite-URL": f"/{EVIL_HOST}",
    "X-Real-IP": EVIL_HOST,
    "Forwarded": f"host={EVIL_HOST};proto=gopher",
    "X-Http-Method-Override": "DELETE",
    "X-Host": EVIL_HOST,
}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sitemap.xml",
        "/docs/api/",
        "/catalog/api/v1/products/?page=1",
        "/users/login/",
        "/users/password/reset/",
        "/orders/",
        "/catalog",
    ],
)
def test_no_page_link_or_redirect_names_a_host_that_the_client_made_up(shop, path):
    answer = httpx.get(shop.url + path, headers=SPOOFED)

    assert answer.status_code in (200, 301, 302)
    assert EVIL_HOST not in answer.text
    assert "gopher" not in answer.text
    assert EVIL_HOST not in str(answer.headers)


def test_the_mail_that_resets_a_password_leads_to_the_shop(shop, stranger):
    alice = shop.newcomer()
    stranger.http.headers.update(SPOOFED)
    assert stranger.post("/users/password/reset/", {"email": alice.email}).status_code == 302

    mail = eventually(lambda: [m for m in shop.mails_to(alice.email) if "reset/key/" in m["text"]])
    assert EVIL_HOST not in str(mail)
    assert f"{shop.url}/users/password/reset/key/" in mail[0]["text"]

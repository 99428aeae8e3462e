"""Fetching from real servers on this machine; their address is private, so each is exempt."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from catalog.clients import feeds
from catalog.clients.feeds import ImportTooLarge, UrlUnreachable, fetch_feed
from catalog.rules.addresses import UrlRefused

CSV = b"Handle,Title,Variant Price\ntea,Tea,5\n"
LIMIT = 200_000
Send = Callable[[bytes], None]


class Server:
    """Answers each connection by a function that gets the request and sends what it likes."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.place = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"http://{self.place}/f.csv"
        self.requests: list[bytes] = []
        self.answer: Callable[[bytes, Send], None] = lambda request, send: None
        threading.Thread(target=self._serve, daemon=True).start()

    def says(self, body: bytes = CSV, status: str = "200 OK", **headers: str) -> None:
        lines = [f"HTTP/1.1 {status}", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
        head = "\r\n".join([*lines, "", ""]).encode()
        self.answer = lambda request, send: send(head + body)

    def redirects_to(self, *locations: str) -> None:
        waiting = list(locations)

        def answer(request: bytes, send: Send) -> None:
            where = f"Location: {waiting.pop(0)}" if waiting else "Content-Length: 0"
            send(f"HTTP/1.1 302 Found\r\n{where}\r\n\r\n".encode())

        self.answer = answer

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            with link:
                self.requests.append(link.recv(65536))
                try:
                    self.answer(self.requests[-1], link.sendall)
                except OSError:
                    continue

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def fetch(server: Server, url: str = "", **options: Any) -> bytes:
    options = {"max_bytes": LIMIT, "allowed": [server.place], "seconds": 5, **options}
    return fetch_feed(url or server.url, **options)


def refused(server: Server, error: type[Exception], **options: Any) -> str:
    with pytest.raises(error) as refusal:
        fetch(server, **options)
    return str(refusal.value)


def test_it_fetches_a_file(server):
    server.says()
    assert fetch(server) == CSV
    assert server.requests[0].startswith(b"GET /f.csv HTTP/1.1\r\nHost: " + server.place.encode())


def test_it_unpacks_gzip(server):
    server.says(gzip.compress(CSV), Content_Encoding="gzip")
    assert fetch(server) == CSV


def test_it_follows_three_redirects(server):
    server.redirects_to("/2", "?3", f"http://{server.place}/4")
    follow = server.answer

    def answer(request: bytes, send: Send) -> None:
        if b" /4 " in request:
            server.says()
        follow(request, send) if b" /4 " not in request else server.answer(request, send)

    server.answer = answer
    assert fetch(server) == CSV
    assert len(server.requests) == 4


def test_four_redirects_are_too_many(server):
    server.redirects_to("/2", "/3", "/4", "/5", "/6")
    assert "redirects" in refused(server, UrlUnreachable)
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://localhost/",
        "https://user@x.example/",
        "https://x.example:22/",
        "file:///etc/passwd",
        "gopher://x.example/",
        "http://[::1",
    ],
)
def test_a_redirect_to_the_inside_is_refused(server, location):
    server.redirects_to(location)
    refused(server, UrlRefused)
    assert len(server.requests) == 1


def test_a_port_that_is_not_exempt_is_never_spoken_to(server):
    server.says()
    refused(server, UrlRefused, allowed=["127.0.0.1:1"])
    assert server.requests == []


@pytest.mark.parametrize(
    "answers", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"], ["64:ff9b::7f00:1"]]
)
def test_a_name_that_leads_inside_is_refused(server, monkeypatch, answers):
    def resolve(host: str, port: int, **options: Any) -> list[Any]:
        return [(socket.AF_INET, 1, 6, "", (ip, port)) for ip in answers]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    refused(server, UrlRefused, url="http://feeds.example/f.csv")
    assert server.requests == []


def test_it_connects_to_the_address_that_was_checked(server, monkeypatch):
    """A name is asked once: a second answer, of another host, would never be checked."""
    server.says()
    asked: list[str] = []

    def resolve(host: str, port: int, **options: Any) -> list[Any]:
        asked.append(host)
        ip = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, 1, 6, "", (ip, int(server.place.split(":")[1])))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    name = f"feeds.example:{server.place.split(':')[1]}"

    assert fetch(server, url=f"http://{name}/f.csv", allowed=[name]) == CSV
    assert asked == ["feeds.example"]
    assert f"Host: {name}\r\n".encode() in server.requests[0]


def drip(prefix: bytes) -> Callable[[bytes, Send], None]:
    def answer(request: bytes, send: Send) -> None:
        send(prefix)
        while True:
            send(b"x")
            time.sleep(0.05)

    return answer


@pytest.mark.parametrize("prefix", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_slow_drip_ends_at_the_deadline(server, prefix):
    server.answer = drip(prefix)
    began = time.monotonic()
    assert "too long" in refused(server, UrlUnreachable, seconds=0.5)
    assert time.monotonic() - began < 2


def test_a_server_that_says_nothing_ends_at_the_deadline(server):
    server.answer = lambda request, send: time.sleep(1)
    assert "too long" in refused(server, UrlUnreachable, seconds=0.3)


def test_a_slow_resolver_ends_at_the_deadline(server, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: time.sleep(1))
    assert "too long" in refused(server, UrlUnreachable, url="http://slow.example/", seconds=0.2)


def test_an_endless_body_ends_at_the_limit(server):
    def answer(request: bytes, send: Send) -> None:
        send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            send(b"x" * 50_000)

    server.answer = answer
    refused(server, ImportTooLarge)


def test_a_bomb_ends_at_the_limit(server, monkeypatch):
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < LIMIT
    made: list[int] = []
    unpack = feeds._unpack

    def watch(*args: Any) -> Iterator[bytes]:
        for piece in unpack(*args):
            made.append(len(piece))
            yield piece

    monkeypatch.setattr(feeds, "_unpack", watch)
    server.says(bomb, Content_Encoding="gzip")
    refused(server, ImportTooLarge)
    assert sum(made) <= LIMIT + feeds.CHUNK


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (CSV, {"Content_Encoding": "br"}),
        (CSV, {"Content_Encoding": "gzip"}),
        (gzip.compress(CSV)[:-4], {"Content_Encoding": "gzip"}),
        (CSV, {"Content_Length": "1000"}),
        (b"5\r\nHan", {"Transfer_Encoding": "chunked"}),
        (CSV, {"X" * 70_000: "1"}),
        (CSV, {f"X_{n}": "1" for n in range(200)}),
    ],
)
def test_a_broken_answer_is_told(server, body, headers):
    server.says(body, **headers)
    refused(server, UrlUnreachable)


@pytest.mark.parametrize(
    "status", ["204 None", "206 Part", "304 Same", "401 Who", "404 No", "500 X"]
)
def test_another_status_is_told(server, status):
    server.says(b"", status=status)
    assert status[:3] in refused(server, UrlUnreachable)


def test_what_is_no_http_is_told(server):
    server.answer = lambda request, send: send(b"220 mail.example ESMTP\r\n")
    refused(server, UrlUnreachable)


def test_a_certificate_is_asked_for(server):
    server.says()
    refused(server, UrlUnreachable, url=server.url.replace("http", "https"))


def test_a_name_that_leads_nowhere_and_a_closed_port_are_told(server):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        place = f"127.0.0.1:{closed.getsockname()[1]}"
    refused(server, UrlUnreachable, url=f"http://{place}/", allowed=[place])
    refused(server, UrlUnreachable, url="http://nowhere.invalid/f.csv")

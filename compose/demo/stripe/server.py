"""HTTP/1.1 with keep-alive, one thread a connection."""

from __future__ import annotations

import json
import logging
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

from .api import Api, Request
from .context import Config
from .control import Control
from .errors import BodyTooLarge, Json
from .pages import Page, Pages
from .store import Store

log = logging.getLogger("compose.demo.stripe")
LARGEST_BODY = 1_000_000
CROSS_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Request-Id, Stripe-Should-Retry",
}
PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Stripe-Version",
    "Access-Control-Max-Age": "600",
}


class Server(ThreadingHTTPServer):
    """The listening socket and what answers on it."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, config: Config, store: Store) -> None:
        self.api = Api(store, config)
        self.pages = Pages(store, config)
        self.control = Control(store)
        super().__init__((config.host, config.port), Handler)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "souk-payments-sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 65536
    timeout: ClassVar[float | None] = 75
    server: Server

    def do_GET(self) -> None:
        """Every method is served alike."""
        self._serve()

    do_POST = do_DELETE = do_HEAD = do_OPTIONS = do_GET

    def _serve(self) -> None:
        started = time.perf_counter()
        target = urlsplit(self.path)
        body = self._body()
        if body is None:
            return
        if self.command == "OPTIONS":
            self._send(204, b"", "text/plain", PREFLIGHT)
        elif target.path.startswith("/v1/"):
            self._serve_api(target.path, target.query, body)
        elif target.path.startswith("/_sandbox/"):
            self._serve_control(target.path, body)
        else:
            self._serve_page(target.path, body)
        elapsed = (time.perf_counter() - started) * 1000
        log.info("%s %s %.1f ms", self.command, target.path, elapsed)

    def _body(self) -> bytes | None:
        """The request's body; None where it was refused and the connection ends."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self._refuse(411, {"error": {"message": "Send a Content-Length."}})
            return None
        if int(length) > LARGEST_BODY:
            self._discard(int(length))
            self._refuse(413, BodyTooLarge("The request is too large.").body())
            return None
        return self.rfile.read(int(length))

    def _discard(self, length: int) -> None:
        """Read on for a while, because a client that is cut off while sending sees no answer."""
        left = min(length, 10 * LARGEST_BODY)
        while left > 0 and (chunk := self.rfile.read(min(left, 65536))):
            left -= len(chunk)

    def _refuse(self, status: int, body: Json) -> None:
        self.close_connection = True
        self._send_json(status, body, {"Connection": "close"})

    def _lowered(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _serve_api(self, path: str, query: str, body: bytes) -> None:
        request = Request(self.command, path, query, self._lowered(), body)
        answer = self.server.api.answer(request)
        if answer.lost:
            self.close_connection = True
            return
        self._send_json(answer.status, answer.body, {**answer.headers, **CROSS_ORIGIN})

    def _serve_control(self, path: str, body: bytes) -> None:
        peer = str(self.client_address[0])
        status, answer = self.server.control.answer(self.command, path, body, self._lowered(), peer)
        self._send_json(status, answer, {"Cache-Control": "no-store"})

    def _serve_page(self, path: str, body: bytes) -> None:
        pages = self.server.pages
        page = pages.challenge(path, body if self.command == "POST" else None)
        if page is None and self.command in ("GET", "HEAD"):
            page = pages.file(path, self.headers.get("If-None-Match"))
        self._send_page(page or Page(404, b"There is nothing here.\n", "text/plain"))

    def _send_page(self, page: Page) -> None:
        headers = {"X-Content-Type-Options": "nosniff", **page.headers}
        self._send(page.status, page.body, f"{page.kind}; charset=utf-8", headers)

    def _send_json(self, status: int, body: Json, headers: dict[str, str]) -> None:
        encoded = json.dumps(body, indent=2).encode()
        self._send(status, encoded, "application/json", headers)

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status, HTTPStatus(status).phrase if status in _STATUSES else "")
        if status not in (204, 304):
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value.replace("\r", "").replace("\n", ""))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are logged by `_serve`, without their query."""


_STATUSES = {status.value for status in HTTPStatus}

"""The HTTP side: pages for people, JSON for tests."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from compose.demo.mailbox import views
from compose.demo.mailbox.store import Mail, Store

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'"
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox;"
    " default-src 'none'; style-src 'unsafe-inline'; img-src data: https:"
)
_CSS = Path(__file__).parent / "static" / "mailbox.css"


@dataclass(frozen=True)
class Answer:
    body: bytes
    kind: str = HTML
    status: HTTPStatus = HTTPStatus.OK
    policy: str = PAGE_POLICY
    location: str = ""


def shape(mail: Mail) -> dict[str, Any]:
    """A mail as JSON."""
    return {
        "id": mail.id,
        "to": list(mail.recipients),
        "from": mail.sender,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "message_id": mail.message_id,
        "received_at": mail.received_at,
        "copies": mail.copies,
    }


class Pages:
    """What each address answers."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, path: str, query: dict[str, str]) -> Answer:
        if path == "":
            to = query.get("to", "").strip()
            return _html(views.list_page(self._store.list(to), to))
        if path == "health":
            return _json({"status": "ok"})
        if path == "static/mailbox.css":
            return Answer(_CSS.read_bytes(), "text/css; charset=utf-8")
        if path == "api/messages":
            return _json({"messages": [shape(m) for m in self._store.list(query.get("to", ""))]})
        return self._mail(path)

    def _mail(self, path: str) -> Answer:
        room, _, rest = path.partition("/")
        number, _, part = rest.partition("/")
        known = room == "messages" and number.isascii() and number.isdigit() and len(number) < 16
        mail = self._store.get(int(number)) if known else None
        if mail is None:
            return _html(views.not_found_page(), HTTPStatus.NOT_FOUND)
        if part == "":
            return _html(views.mail_page(mail))
        if part == "html":
            return Answer(views.framed(mail.html).encode(), policy=MAIL_POLICY)
        if part == "source":
            return Answer(self._store.source(mail.id), TEXT)
        return _html(views.not_found_page(), HTTPStatus.NOT_FOUND)

    def clear(self) -> None:
        self._store.clear()


def _html(page: str, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    return Answer(page.encode(), status=status)


def _json(value: Any, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    return Answer(json.dumps(value).encode(), JSON, status)


class Handler(BaseHTTPRequestHandler):
    """Subclassed by `make_server`, which sets `pages`."""

    pages: Pages
    protocol_version = "HTTP/1.1"
    server_version = "mailbox"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if not address.path.startswith(views.PREFIX):
            self._send(_html(views.not_found_page(), HTTPStatus.NOT_FOUND))
            return
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        self._send(self.pages.get(address.path.removeprefix(views.PREFIX), query))

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self._read_body()
        if self.path != f"{views.PREFIX}clear":
            self._send(_html(views.not_found_page(), HTTPStatus.NOT_FOUND))
        elif self.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            self._send(_json({"code": "cross_site"}, HTTPStatus.FORBIDDEN))
        else:
            self.pages.clear()
            self._send(Answer(b"", status=HTTPStatus.SEE_OTHER, location=views.PREFIX))

    def do_DELETE(self) -> None:
        self._read_body()
        if urlsplit(self.path).path != f"{views.PREFIX}api/messages":
            self._send(_json({"code": "not_found"}, HTTPStatus.NOT_FOUND))
            return
        self.pages.clear()
        self._send(Answer(b"", status=HTTPStatus.NO_CONTENT))

    def _read_body(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if length.isdigit() and int(length) < 65536:
            self.rfile.read(int(length))
        else:
            self.close_connection = True

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Security-Policy", answer.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        if answer.location:
            self.send_header("Location", answer.location)
        if answer.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the addresses of caught mails belong into no log."""


def make_server(store: Store, host: str, port: int) -> ThreadingHTTPServer:
    """Listens already; `serve_forever()` answers."""
    handler = type("MailboxHandler", (Handler,), {"pages": Pages(store)})
    server = ThreadingHTTPServer((host, port), handler)
    server.daemon_threads = True
    return server

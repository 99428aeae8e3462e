"""What a browser loads: the Stripe.js stand-in, the card field, the 3-D Secure page."""

from __future__ import annotations

import hashlib
import html
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from urllib.parse import parse_qs

from . import challenges, faults, payment
from .context import Config, Context
from .currencies import shown_amount
from .errors import Json
from .store import Store, Tx

STATIC = Path(__file__).parent / "static"
FILES = {
    "/v3": ("v3.js", "application/javascript"),
    "/v3/": ("v3.js", "application/javascript"),
    "/elements/card/": ("card.html", "text/html"),
    "/elements/card.js": ("card.js", "application/javascript"),
    "/elements/style.css": ("style.css", "text/css"),
    "/elements/challenge.js": ("challenge.js", "application/javascript"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'"
)


@dataclass(frozen=True)
class Page:
    """A finished answer for a browser."""

    status: int
    body: bytes
    kind: str
    headers: dict[str, str] = field(default_factory=dict)


def _load(name: str, kind: str) -> Page:
    body = (STATIC / name).read_bytes()
    tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"}
    return Page(200, body, kind, {**headers, **_policy(kind)})


def _policy(kind: str) -> dict[str, str]:
    return {"Content-Security-Policy": POLICY} if kind == "text/html" else {}


class Pages:
    """The pages of one sandbox."""

    def __init__(self, store: Store, config: Config) -> None:
        self.store = store
        self.config = config
        self.files = {path: _load(*file) for path, file in FILES.items()}
        self.template = Template((STATIC / "challenge.html").read_text())

    def file(self, path: str, known_tag: str | None) -> Page | None:
        """A static file, or None; 304 where the browser has it."""
        page = self.files.get(path)
        if page is not None and known_tag == page.headers["ETag"]:
            return Page(304, b"", page.kind, page.headers)
        return page

    def challenge(self, path: str, form: bytes | None) -> Page | None:
        """GET shows the bank's question, POST answers it; None for an unknown address."""
        found = re.fullmatch(r"/3ds/([A-Za-z0-9]{32})", path)
        if found is None:
            return None
        with self.store.transaction() as tx:
            intent = tx.by_challenge(found[1])
            if intent is None:
                return self._page(410, "Nothing to confirm", "This question was answered already.")
            if form is None:
                return self._question(intent)
            return self._answered(tx, intent, form)

    def _question(self, intent: Json) -> Page:
        about = f"Pay {shown_amount(intent['amount'], intent['currency'])} to Souk?"
        return self._page(200, "Is it really you?", about, asks=True)

    def _answered(self, tx: Tx, intent: Json, form: bytes) -> Page:
        outcome = parse_qs(form.decode("ascii", "replace")).get("outcome", [""])[0]
        if outcome not in ("approve", "fail"):
            return self._page(400, "Is it really you?", "Choose one of the two.", asks=True)
        challenge = intent["_challenge"]
        ctx = Context(tx, self.config, faults.read(tx), time.time(), by_browser=True)
        payment.answer_challenge(ctx, intent, approved=outcome == "approve")
        target = challenges.way_back(intent, challenge)
        if target is not None:
            return Page(303, b"", "text/html", {"Location": target, "Cache-Control": "no-store"})
        return self._page(200, "Thank you", "You can go back to the shop.", outcome=outcome)

    def _page(
        self, status: int, title: str, text: str, *, asks: bool = False, outcome: str = ""
    ) -> Page:
        body = self.template.substitute(
            title=html.escape(title),
            text=html.escape(text),
            outcome=html.escape(outcome or ("" if asks else "closed")),
            hidden="" if asks else " hidden",
        )
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return Page(status, body.encode(), "text/html", {**headers, **_policy("text/html")})

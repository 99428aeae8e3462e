"""A small JWKS server, real to the last byte, and a clock to move."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.cache import caches
from jwt.algorithms import RSAAlgorithm

from shared.auth import keys
from shared.testing.tokens import TestIssuer


def jwk(issuer: TestIssuer) -> dict[str, Any]:
    public: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(issuer.private_key.public_key()))
    return {**public, "kid": issuer.kid, "use": "sig", "alg": "RS256"}


class JwksServer:
    """Answers with `body` and counts how often it was asked."""

    def __init__(self) -> None:
        self.body = b""
        self.asked = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked += 1
                self.send_response(200)
                self.send_header("Content-Length", str(len(server.body)))
                self.end_headers()
                self.wfile.write(server.body)

            def log_message(self, *args: Any) -> None:
                """Not on the test's output."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/jwks.json"

    def publish(self, *issuers: TestIssuer) -> None:
        self.body = json.dumps({"keys": [jwk(issuer) for issuer in issuers]}).encode()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._http.shutdown()
            self._http.server_close()
            self._thread.join()


class Clock:
    """Stands in for the module `time`."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    own = Clock()
    monkeypatch.setattr(keys, "time", own)
    return own


@pytest.fixture
def jwks(settings: Any) -> Iterator[JwksServer]:
    caches["default"].delete(keys.CACHE_KEY)
    server = JwksServer()
    settings.JWKS_URL = server.url
    yield server
    server.stop()
    caches["default"].delete(keys.CACHE_KEY)

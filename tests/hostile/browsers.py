"""A person with cookies, and a connection on which anything can be said."""

import re
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx

PASSWORD = "sesame-open-1"
EVIL_HOST = "evil.example"


class Browser:
    """Cookies, forms with their CSRF token, and no redirects followed."""

    def __init__(self, url: str, *, verify: bool = True) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=30, verify=verify)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=headers)

    def post(self, path: str, data: dict[str, Any], **headers: str) -> httpx.Response:
        """As a form of the shop would send it."""
        token = self.http.cookies.get("csrftoken") or self._new_token()
        said = {"Referer": self.url + path, **headers}
        return self.http.post(path, data={**data, "csrfmiddlewaretoken": token}, headers=said)

    def sign_in(self, email: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        answer = self.post("/users/login/", {"login": email, "password": password, **more})
        assert answer.status_code == 302, answer.text
        return answer

    def call_oneself(self, name: str) -> None:
        answer = self.post("/users/profile/", {"name": name})
        assert answer.status_code == 302, answer.text

    @property
    def session(self) -> str:
        return self.http.cookies.get("souk_session") or ""

    def _new_token(self) -> str:
        self.get("/users/login/")
        token: str = self.http.cookies["csrftoken"]
        return token


def ask_by_path(url: str, target: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """GET with the target as written: no client tidies it up."""
    request = httpx.Request("GET", url, headers=headers)
    request.url = request.url.copy_with(raw_path=target.encode("latin-1"))
    with httpx.Client(timeout=30) as http:
        return http.send(request)


def say(url: str, words: bytes, *, seconds: float = 10.0) -> bytes:
    """Everything that comes back until the other side closes, or says no more."""
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port), timeout=seconds) as connection:
        said = b""
        try:
            connection.sendall(words)
            while heard := connection.recv(65536):
                said += heard
        except (TimeoutError, ConnectionResetError, BrokenPipeError):
            pass
        return said


def statuses(answers: bytes) -> list[int]:
    """Of each answer on the connection."""
    return [int(found) for found in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answers)]

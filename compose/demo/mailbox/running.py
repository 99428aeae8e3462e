"""For tests: the mail catcher as a process of its own."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mailbox:
    """A mail catcher that was started as people start it."""

    def __init__(self, state: Path) -> None:
        self.smtp_port, self.http_port = _free_port(), _free_port()
        self.url = f"http://127.0.0.1:{self.http_port}/ops/mailbox/"
        self._state = state
        self.start()

    def start(self) -> None:
        ports = [f"--smtp-port={self.smtp_port}", f"--http-port={self.http_port}"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "compose.demo.mailbox", *ports, "--state", str(self._state)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("mailbox ready")

    def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code

    def ask(self, path: str = "", method: str = "GET") -> Any:
        request = urllib.request.Request(self.url + path, method=method)
        return urllib.request.urlopen(request, timeout=5)

    def mails(self, to: str = "") -> list[dict[str, Any]]:
        with self.ask(f"api/messages?to={to}") as answer:
            found: list[dict[str, Any]] = json.load(answer)["messages"]
        return found

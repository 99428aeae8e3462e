"""What is chosen once and kept: ports, passwords, replicas, what has been done. `state.json`."""

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from compose.local import network
from compose.local.layout import Layout
from compose.local.progress import say


class State:
    """A small JSON file, written whole and atomically on every change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._data: dict[str, dict[str, Any]] = {}
        if path.is_file():
            self._data = json.loads(path.read_text())

    def _group(self, name: str) -> dict[str, Any]:
        return self._data.setdefault(name, {})

    def _save(self) -> None:
        fresh = self.path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self._data, file, indent=2, sort_keys=True)
        fresh.replace(self.path)

    def get(self, group: str, key: str) -> Any:
        return self._data.get(group, {}).get(key)

    def all(self, group: str) -> dict[str, Any]:
        return dict(self._data.get(group, {}))

    def put(self, group: str, key: str, value: Any) -> None:
        if self._group(group).get(key) != value:
            self._group(group)[key] = value
            self._save()

    def forget(self, group: str, key: str) -> None:
        if self._group(group).pop(key, None) is not None:
            self._save()

    def port(self, name: str) -> int:
        """The port of that name; a free one is chosen the first time."""
        if name not in self._group("ports"):
            self.renew_port(name)
        return int(self._group("ports")[name])

    def renew_port(self, name: str) -> None:
        self.put("ports", name, network.find_free(avoid=self._group("ports").values()))

    def secret(self, name: str, make: Callable[[], str] = lambda: secrets.token_hex(24)) -> str:
        if name not in self._group("secrets"):
            self.put("secrets", name, make())
        return str(self._group("secrets")[name])

    def replicas(self, service: str) -> int:
        return int(self._group("replicas").get(service, 1))


@contextmanager
def locked(layout: Layout) -> Iterator[State]:
    """One command at a time may change a run directory; the next one waits its turn."""
    layout.run.mkdir(parents=True, exist_ok=True)
    with layout.lock_file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Another command is at work in {layout.run}; waiting for it to finish.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        layout.make()
        yield State(layout.state_file)

"""Processes that outlived their supervisord (it was killed): found and ended before a new one."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from compose.local.memory import PROC

TERMINATION_SECONDS = 15.0


def find(socket: Path) -> set[int]:
    """The running processes that the supervisord of this socket had started.

    supervisord tells each child its socket, and children pass it on. Where there is no /proc,
    nothing is found.
    """
    mark = f"SUPERVISOR_SERVER_URL=unix://{socket}".encode()
    return {int(entry.name) for entry in PROC.glob("[0-9]*") if mark in _environment(entry)}


def tell(pids: set[int], what: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, what)


def _environment(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []

"""What supervisord runs: the shape of one program and of the script that starts it."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from compose.local.layout import Layout

# Every machine has it. ssh may bring a language that this one has not; servers end of that.
SERVER_LOCALE = {"LC_ALL": "C"}


@dataclass(frozen=True)
class Program:
    """One process (with its children).

    `service` and `role` are what `status` and `info` show. `env_file` is read by the start script
    each time, so a restart sees new values. `other_ports` are names of ports in the state. `before`
    are lines of shell that clear away what an earlier life of the program left, or wait for
    another program.
    `is_ready` is asked while the program starts and by `status`; it must answer within seconds.
    """

    name: str
    service: str
    role: str
    argv: tuple[str, ...]
    is_ready: Callable[[], bool]
    port: int | None = None
    other_ports: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    env_file: Path | None = None
    before: tuple[str, ...] = ()
    heartbeat: Path | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = 15

    @property
    def is_server(self) -> bool:
        return self.role == "server"


def write_script(layout: Layout, program: Program) -> Path:
    """Writes the program's start script; people may run it by hand, too."""
    lines = ["#!/bin/sh"]
    if program.env_file:
        lines += ["set -a", f". {shlex.quote(str(program.env_file))}", "set +a"]
    env = {**SERVER_LOCALE, **program.env} if program.is_server else program.env
    lines += [f"export {key}={shlex.quote(value)}" for key, value in sorted(env.items())]
    if program.heartbeat:
        # A heartbeat of an earlier life must not make this one look healthy.
        lines.append(f"rm -f {shlex.quote(str(program.heartbeat))}")
    lines += program.before
    lines.append(f"exec {shlex.join(program.argv)}")
    path = layout.scripts / program.name
    write_private(path, "\n".join(lines) + "\n", mode=0o700)
    return path


def write_private(path: Path, text: str, mode: int = 0o600) -> None:
    """Writes a file that only its owner reads; nothing happens when it says so already."""
    if path.is_file() and path.read_text() == text:
        return
    path.touch(mode=mode)
    path.chmod(mode)
    path.write_text(text)

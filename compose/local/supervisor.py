"""supervisord: one per run directory, its private socket, its programs."""

import hashlib
import http.client
import os
import resource
import signal
import subprocess
import time
import xmlrpc.client
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from compose.local import environment, memory
from compose.local.errors import PartFailed
from compose.local.layout import Layout
from compose.local.programs import Program, write_private, write_script

STOPPED = {"STOPPED", "EXITED", "FATAL"}
NO_SUCH_NAME, NOT_RUNNING, ALREADY_STARTED, ALREADY_ADDED = 10, 70, 60, 90
WANTED_FILES = 8192
TERMINATION_SECONDS = 15.0


@dataclass(frozen=True)
class Status:
    """A program's state in supervisord's words; `pid` is 0 when it does not run."""

    name: str
    state: str
    pid: int
    started: int
    stopped: int

    @property
    def is_up(self) -> bool:
        return self.state in {"STARTING", "RUNNING"}


class Supervisor:
    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._config = layout.supervisor / "supervisord.conf"
        self._log = layout.log("supervisord")

    def _rpc(self) -> Any:
        transport = SupervisorTransport(serverurl=f"unix://{self.layout.supervisor_socket}")
        return xmlrpc.client.ServerProxy("http://localhost", transport=transport).supervisor

    def is_alive(self) -> bool:
        try:
            return bool(self._rpc().getState()["statecode"] == 1)
        except (OSError, http.client.HTTPException):
            return False

    def pid(self) -> int:
        return int(self._rpc().getPID()) if self.is_alive() else 0

    def launch(self) -> bool:
        """Starts supervisord (no program yet). False if it runs already."""
        if self.is_alive():
            return False
        self._end_orphans()
        write_private(self._config, self._settings())
        command: list[str | Path] = [self.layout.python, "-m", "compose.local.supervisord"]
        command += ["-c", self._config]
        inherited = environment.inherited(self.layout)
        ran = subprocess.run(command, capture_output=True, text=True, env=inherited)
        if ran.returncode:
            raise PartFailed("supervisord", ran.stderr.strip() or ran.stdout.strip(), self._log)
        if not wait_until(self.is_alive, seconds=10):
            raise PartFailed("supervisord", "does not answer on its socket", self._log)
        return True

    def _end_orphans(self) -> None:
        """What a killed supervisord left running holds ports and files that are needed now."""
        socket_path = self.layout.supervisor_socket
        for what in (signal.SIGTERM, signal.SIGKILL):
            for pid in find_children(socket_path):
                with suppress(ProcessLookupError):
                    os.kill(pid, what)
            if wait_until(lambda: not find_children(socket_path), TERMINATION_SECONDS):
                return

    def shut_down(self) -> None:
        """Ends supervisord with whatever it still runs; returns when its process is gone."""
        pid = self.pid()
        if not pid:
            return
        self._rpc().shutdown()
        if not wait_until(lambda: not is_process(pid), seconds=60):
            raise PartFailed("supervisord", f"process {pid} does not end", self._log)

    def statuses(self) -> dict[str, Status]:
        if not self.is_alive():
            return {}
        return {
            row["name"]: Status(
                row["name"], row["statename"], row["pid"], row["start"], row["stop"]
            )
            for row in self._rpc().getAllProcessInfo()
        }

    def status(self, name: str) -> Status:
        """STOPPED, too, for a program that supervisord does not know."""
        return self.statuses().get(name, Status(name, "STOPPED", 0, 0, 0))

    def apply(self, programs: Sequence[Program]) -> list[str]:
        """Makes supervisord know these programs as they are now; gives the names that changed.

        A program whose configuration changed is stopped and known anew, not started.
        Programs that are not named stay as they are.
        """
        for program in programs:
            section = self._section(program, write_script(self.layout, program))
            write_private(self.layout.supervisor / f"{program.name}.ini", section)
        added, changed, _ = self._rpc().reloadConfig()[0]
        for name in changed:
            self.stop([name])
            self._rpc().removeProcessGroup(name)
        for name in [*added, *changed]:
            _tolerate({ALREADY_ADDED}, self._rpc().addProcessGroup, name)
        return [*changed]

    def forget(self, names: Sequence[str]) -> None:
        """Stops programs and removes them from supervisord's list."""
        if not names:
            return
        self.stop(names)
        for name in names:
            (self.layout.supervisor / f"{name}.ini").unlink(missing_ok=True)
        self._rpc().reloadConfig()
        for name in names:
            _tolerate({NO_SUCH_NAME}, self._rpc().removeProcessGroup, name)

    def start(self, names: Iterable[str]) -> None:
        """Asks for the programs; does not wait (see health)."""
        for name in names:
            _tolerate({ALREADY_STARTED}, self._rpc().startProcess, name, False)

    def stop(self, names: Iterable[str], seconds: float = 60) -> None:
        """Stops the programs side by side and waits until all are down."""
        asked = self.ask_to_stop(names)
        if not wait_until(lambda: self._all_stopped(asked), seconds):
            raise PartFailed(", ".join(asked), f"still running after {seconds:.0f} s", self._log)

    def ask_to_stop(self, names: Iterable[str]) -> list[str]:
        """Sends the programs their stop signal and does not wait; gives those that are known."""
        known = self.statuses()
        asked = [name for name in names if name in known]
        for name in asked:
            _tolerate({NOT_RUNNING}, self._rpc().stopProcess, name, False)
        return asked

    def signal(self, name: str, signal: str) -> None:
        self._rpc().signalProcess(name, signal)

    def _all_stopped(self, names: Iterable[str]) -> bool:
        statuses = self.statuses()
        return all(statuses[name].state in STOPPED for name in names if name in statuses)

    def _settings(self) -> str:
        socket_path = self.layout.supervisor_socket
        as_root = "user=root\n" if os.getuid() == 0 else ""
        return (
            f"[unix_http_server]\nfile={socket_path}\nchmod=0700\n\n"
            f"[supervisord]\nlogfile={self._log}\npidfile={self.layout.supervisor / 'pid'}\n"
            f"childlogdir={self.layout.logs}\ndirectory={self.layout.root}\n"
            f"minfds={_files_allowed()}\nsilent=true\n{as_root}\n"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory ="
            " supervisor.rpcinterface:make_main_rpcinterface\n\n"
            # Beside this file; a whole path would end at its first space.
            "[include]\nfiles = *.ini\n"
        ).replace("%", "%%")

    def _section(self, program: Program, script: Path) -> str:
        return (
            f"[program:{program.name}]\n"
            # Part of the section, so that a changed script counts as a changed program.
            f'environment=SOUK_START="{_fingerprint(program, script)}"\n'
            f'command="{script}"\n'
            "autostart=false\nautorestart=true\nstartsecs=3\nstartretries=10\n"
            f"stopsignal={program.stop_signal}\nstopwaitsecs={program.stop_seconds}\n"
            "killasgroup=true\nredirect_stderr=true\n"
            f"stdout_logfile={self.layout.log(program.name)}\n"
            "stdout_logfile_maxbytes=10MB\nstdout_logfile_backups=1\n"
        ).replace("%", "%%")


def wait_until(is_true: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Asks until the answer is yes; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def is_process(pid: int) -> bool:
    """False also for one that has ended and that nobody has waited for: not every first process of
    a container does."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, 0)
        return not memory.has_ended(pid)
    return False


def find_children(socket: Path) -> set[int]:
    """The running processes that the supervisord of this socket had started: it tells each child
    its socket, and children pass it on. Where there is no /proc, nothing is found."""
    mark = f"SUPERVISOR_SERVER_URL=unix://{socket}".encode()
    return {
        int(process.name) for process in memory.PROC.glob("[0-9]*") if mark in _environment(process)
    }


def _environment(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _tolerate(codes: set[int], call: Callable[..., Any], *arguments: Any) -> None:
    try:
        call(*arguments)
    except xmlrpc.client.Fault as fault:
        if fault.faultCode not in codes:
            raise


def _fingerprint(program: Program, script: Path) -> str:
    said = script.read_bytes()
    if program.env_file:
        said += program.env_file.read_bytes()
    return hashlib.sha256(said).hexdigest()[:16]


def _files_allowed() -> int:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, WANTED_FILES)

"""Step by step output: one line a step, with its seconds."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from compose.local.errors import LauncherError, PartFailed

_lock = threading.Lock()


def say(text: str = "") -> None:
    """One line on stdout, whole even when several threads speak. BrokenPipeError, once: nobody
    reads any more; what is still said while work is undone goes nowhere."""
    with _lock:
        try:
            print(text, flush=True)
        except BrokenPipeError:
            be_quiet()
            raise


def be_quiet() -> None:
    """From now on stdout goes nowhere, also what Python still holds for it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def complain(text: str) -> None:
    with _lock:
        print(text, file=sys.stderr, flush=True)


def report(title: str, seconds: float = 0.0, outcome: str = "ok") -> None:
    say(f"  {title:<52} {outcome:<6} {seconds:5.1f} s")


@contextmanager
def step(title: str) -> Iterator[None]:
    """Prints `title … ok 1.2 s` when the block ends, `failed` when it raises."""
    began = time.monotonic()
    outcome = "failed"
    try:
        yield
        outcome = "ok"
    finally:
        report(title, time.monotonic() - began, outcome)


def tail(path: Path, lines: int = 20) -> list[str]:
    """The last lines of a log; reads at most its last 64 KB."""
    if not path.is_file():
        return []
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 65536))
        return log.read().decode(errors="replace").splitlines()[-lines:]


def explain(error: LauncherError) -> None:
    """What went wrong, and where there is a log, the end of its story."""
    complain(f"\n{error}")
    if isinstance(error, PartFailed) and error.log:
        complain(f"The last lines of {error.log}:")
        for line in tail(error.log):
            complain(f"    {line}")

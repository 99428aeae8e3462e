"""Running other programs to their end, with what they said kept in a log."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from compose.local.errors import PartFailed


def run(
    command: Sequence[str | Path],
    log: Path,
    mode: str = "w",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    umask: int = -1,
) -> int:
    """The exit status of the command, whose output is written to `log`."""
    with log.open(mode) as output:
        return subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            umask=umask,
        ).returncode


def run_logged(part: str, command: Sequence[str | Path], log: Path, **options: Any) -> None:
    """Runs the command with its output appended to `log`; PartFailed if its status is not 0."""
    if status := run(command, log, mode="a", **options):
        raise PartFailed(part, f"ended with status {status}", log)

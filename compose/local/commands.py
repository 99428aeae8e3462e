"""Running other programs to their end, with what they said kept in a log."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from compose.local.errors import PartFailed


def run_logged(
    part: str,
    command: Sequence[str | Path],
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    umask: int = -1,
) -> None:
    """Runs the command with its output appended to `log`; PartFailed if its status is not 0."""
    with log.open("ab") as output:
        ran = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            umask=umask,
        )
    if ran.returncode:
        raise PartFailed(part, f"ended with status {ran.returncode}", log)

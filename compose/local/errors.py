"""What can go wrong while Souk is run, each with a stable code and a sentence for a person."""

from pathlib import Path


class LauncherError(Exception):
    """Anticipated trouble: printed as a sentence, never as a traceback."""

    code = "launcher_error"
    exit_status = 1


class PartFailed(LauncherError):
    """One part did not come up; `log` is where its story ends."""

    code = "part_failed"

    def __init__(self, part: str, reason: str, log: Path | None = None) -> None:
        super().__init__(f"{part}: {reason}")
        self.part = part
        self.log = log


class PortTaken(LauncherError):
    code = "port_taken"


class NotInstalled(LauncherError):
    code = "not_installed"


class OtherVersion(LauncherError):
    """The data of a server were made by a version of it that is not here."""

    code = "other_version"


class UnknownName(LauncherError):
    code = "unknown_name"
    exit_status = 2


class NotRunning(LauncherError):
    code = "not_running"
    exit_status = 3


class Refused(LauncherError):
    code = "refused"
    exit_status = 2

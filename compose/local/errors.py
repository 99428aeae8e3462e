"""What can go wrong while Souk is run, each with a sentence for a person."""

from pathlib import Path


class LauncherError(Exception):
    """Anticipated trouble: printed as a sentence, never as a traceback."""

    exit_status = 1


class PartFailed(LauncherError):
    """One part did not come up; `log` is where its story ends."""

    def __init__(self, part: str, reason: str, log: Path | None = None) -> None:
        super().__init__(f"{part}: {reason}")
        self.part = part
        self.log = log


class PortTaken(LauncherError):
    pass


class NotInstalled(LauncherError):
    pass


class OtherVersion(LauncherError):
    """The data of a server were made by a version of it that is not here."""


class UnknownName(LauncherError):
    exit_status = 2


class NotRunning(LauncherError):
    exit_status = 3


class Refused(LauncherError):
    exit_status = 2

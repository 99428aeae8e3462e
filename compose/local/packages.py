"""The servers that must be installed: found where they lie, or installed with apt or brew.

`python -m compose.local.packages COMMAND` installs what manage_all.sh needs for that command, all
at once and before anything else. It needs nothing but Python itself.
"""

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from compose.local.commands import run_logged
from compose.local.errors import LauncherError, NotInstalled
from compose.local.layout import find_layout
from compose.local.progress import explain, say


@dataclass(frozen=True)
class Package:
    """What to install (`apt` and `brew` names) and how to see that it is there: its programs, or
    the modules of this Python that it brings."""

    title: str
    apt: str
    brew: str
    programs: tuple[str, ...]
    places: tuple[str, ...] = ()
    minimum: tuple[int, ...] = ()
    version_command: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()


BREW = ("/opt/homebrew", "/usr/local")
POSTGRESQL = Package(
    title="PostgreSQL >= 15",
    apt="postgresql",
    brew="postgresql@15",
    programs=("postgres", "initdb"),
    places=("/usr/lib/postgresql/*/bin", *(f"{top}/opt/postgresql@*/bin" for top in BREW)),
    minimum=(15,),
    version_command=("postgres", "--version"),
    units=("postgresql.service",),
)
RABBITMQ = Package(
    title="RabbitMQ >= 3.10",
    apt="rabbitmq-server",
    brew="rabbitmq",
    programs=("rabbitmq-server", "epmd"),
    # Debian's /usr/sbin/rabbitmq-server changes to another user; the real script lies here.
    places=(
        "/usr/lib/rabbitmq/bin",
        "/usr/lib/erlang/erts-*/bin",
        *(f"{top}/opt/rabbitmq/sbin" for top in BREW),
        *(f"{top}/opt/erlang/lib/erlang/erts-*/bin" for top in BREW),
    ),
    minimum=(3, 10),
    units=("rabbitmq-server.service", "epmd.service", "epmd.socket"),
)
REDIS = Package(
    "Redis", "redis-server", "redis", ("redis-server",), units=("redis-server.service",)
)
NGINX = Package(
    title="NGINX",
    apt="nginx",
    brew="nginx",
    programs=("nginx",),
    places=("/usr/sbin",),
    version_command=("nginx", "-v"),
    units=("nginx.service",),
)
OPENSSL = Package("OpenSSL", "openssl", "openssl@3", ("openssl",))
CHROMIUM = Package("Chromium", "chromium", "chromium", ("chromium",), ("/usr/lib/chromium",))
WRK = Package("wrk", "wrk", "wrk", ("wrk",))
CURL = Package("curl", "curl", "curl", ("curl",))
# Debian keeps it in a package of its own, one a version of Python.
VENV = Package(
    title="Python's venv module",
    apt=f"python{sys.version_info.major}.{sys.version_info.minor}-venv",
    brew="python",
    programs=(),
    modules=("venv", "ensurepip"),
)
SERVERS = (POSTGRESQL, RABBITMQ, REDIS)
PLATFORM = (*SERVERS, NGINX, OPENSSL)
PGBOUNCER = Package(
    "PgBouncer",
    "pgbouncer",
    "pgbouncer",
    ("pgbouncer",),
    ("/usr/sbin",),
    units=("pgbouncer.service",),
)
TESTING = (*PLATFORM, CHROMIUM, CURL, PGBOUNCER)
NEEDED = {
    "up": PLATFORM,
    "servers": SERVERS,
    "test": TESTING,
    "prove": PLATFORM,
    "bench": (*PLATFORM, WRK),
}
POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_TEXT = (
    "#!/bin/sh\n# Put here by manage_all.sh while it installs; it removes it again.\nexit 101\n"
)


def find(program: str, version: int | None = None) -> Path:
    """Where a program of one of the packages lies: that major version of it where several are
    installed, else the newest. NotInstalled if nowhere."""
    for package in (*TESTING, WRK):
        if program in package.programs:
            found = _find(package, program, version)
            if found:
                return found
            raise NotInstalled(f"{package.title} is not installed.")
    raise KeyError(program)


def missing(packages: Sequence[Package]) -> list[Package]:
    return [package for package in packages if not _is_installed(package)]


def ensure(packages: Sequence[Package], log: Path) -> None:
    """Installs what is missing; NotInstalled says what a person must install if this cannot."""
    absent = missing(packages)
    if not absent:
        return
    titles = ", ".join(package.title for package in absent)
    root = _root_command() if shutil.which("apt-get") else None
    if root is not None:
        say(f"  Installing {titles}")
        _install_with_apt(absent, root, log)
    elif shutil.which("brew"):
        say(f"  Installing {titles}")
        run_logged("brew install", ["brew", "install", *(p.brew for p in absent)], log)
    still = missing(absent)
    if still:
        raise NotInstalled(_please_install(still))


def _is_installed(package: Package) -> bool:
    importlib.invalidate_caches()
    if not all(importlib.util.find_spec(module) for module in package.modules):
        return False
    if not all(_find(package, program) for program in package.programs):
        return False
    return not package.minimum or version(package) >= package.minimum


def _find(package: Package, program: str, wanted: int | None = None) -> Path | None:
    """The newest of the package's own places comes before the search path."""
    for place in package.places:
        found = [path for path in _newest_first(place) if (path / program).is_file()]
        if found:
            fitting = [path for path in found if wanted in _numbers(path)]
            return [*fitting, *found][0] / program
    on_path = shutil.which(program)
    return Path(on_path) if on_path else None


def _newest_first(pattern: str) -> list[Path]:
    return sorted(Path("/").glob(pattern.lstrip("/")), key=_numbers, reverse=True)


def _numbers(text: object) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", str(text)))


def version(package: Package) -> tuple[int, ...]:
    """The version of what `find` finds."""
    if package is RABBITMQ:
        return _rabbitmq_version()
    program, *arguments = package.version_command
    return version_of([find(program), *arguments])


def version_of(command: Sequence[str | Path]) -> tuple[int, ...]:
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return _numbers(ran.stdout)


def _rabbitmq_version() -> tuple[int, ...]:
    """Read from the installation's files: asking the program would start an Erlang machine."""
    home = find("rabbitmq-server").resolve().parents[1]
    return max((_numbers(path.name) for path in home.glob("plugins/rabbit-*")), default=(0,))


def _root_command() -> list[str] | None:
    """The prefix that makes a command run as root; None where there is no way. Where sudo wants a
    password and somebody is there to give it, it is asked for here, once."""
    if os.getuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    allowed = subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
    if not allowed and sys.stdin.isatty():
        say("  To install packages, sudo asks for your password now, and not again.")
        allowed = subprocess.run(["sudo", "-v"]).returncode == 0
    return ["sudo", "-n"] if allowed else None


def _install_with_apt(packages: Sequence[Package], root: Sequence[str], log: Path) -> None:
    # RUNLEVEL and the policy: a package's own scripts must not start a system service.
    settings = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
    names = [package.apt for package in packages]
    install = [*root, *settings, "apt-get", "install", "-y", "--no-install-recommends", *names]
    with _no_service_starts(root):
        update = [*root, *settings, "apt-get", "update"]
        # Whatever the caller's umask: everybody may use what is installed.
        run_logged("apt-get update", update, log, umask=0o022)
        run_logged("apt-get install", install, log, umask=0o022)
    _disable_at_boot(root, packages)


@contextmanager
def _no_service_starts(root: Sequence[str]) -> Iterator[None]:
    if POLICY.exists():
        yield
        return
    subprocess.run([*root, "tee", POLICY], input=POLICY_TEXT.encode(), capture_output=True)
    subprocess.run([*root, "chmod", "755", POLICY], check=True)
    try:
        yield
    finally:
        subprocess.run([*root, "rm", "-f", POLICY], check=True)


def _disable_at_boot(root: Sequence[str], packages: Sequence[Package]) -> None:
    """Only of what was just installed: Souk runs its own, the system need not."""
    if Path("/run/systemd/system").is_dir():
        units = [unit for package in packages for unit in package.units]
        subprocess.run([*root, "systemctl", "disable", *units], capture_output=True)


def _please_install(packages: Sequence[Package]) -> str:
    titles = ", ".join(package.title for package in packages)
    if sys.platform == "darwin":
        command = "brew install " + " ".join(package.brew for package in packages)
    else:
        command = "sudo apt-get install " + " ".join(package.apt for package in packages)
    return (
        f"Needed and not installed: {titles}.\n"
        f"Neither apt-get (as root or with sudo) nor brew could install it here. Please run\n"
        f"    {command}\nor install the same with your system's package manager, and try again."
    )


def main(command: str) -> int:
    layout = find_layout()
    layout.make()
    try:
        ensure((VENV, *NEEDED.get(command, ())), layout.log("packages"))
    except LauncherError as error:
        explain(error)
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

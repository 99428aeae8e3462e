"""Where everything lies: the checkout and its run directory."""

import hashlib
import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A UNIX socket's path may have 107 bytes on Linux, 103 on macOS; supervisord appends a suffix.
LONGEST_SOCKET_PATH = 80


class Layout:
    """Paths of one run directory. Two run directories share nothing but the code in `root`."""

    def __init__(self, root: Path, run: Path) -> None:
        self.root, self.run = root, run
        self.python = root / ".venv" / "bin" / "python"
        self.state_file = run / "state.json"
        self.lock_file = run / "lock"
        self.env = run / "env"
        self.logs = run / "logs"
        self.scripts = run / "bin"
        self.health = run / "health"
        self.static = run / "static"
        self.media = run / "media"
        self.gateway = run / "gateway"
        self.supervisor = run / "supervisor"
        self.rabbitmq = run / "rabbitmq"
        self.redis = run / "redis"
        # Eight hexadecimal digits that tell this run directory from any other on the machine.
        self.fingerprint = hashlib.sha256(str(run).encode()).hexdigest()[:8]
        # A short directory elsewhere, for what cannot live under `run` (see who uses it).
        self.outside = Path(tempfile.gettempdir()) / f"souk-{os.getuid()}-{self.fingerprint}"
        inside = self.supervisor / "socket"
        is_short = len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH
        self.supervisor_socket = inside if is_short else self.outside / "supervisor"
        # A run directory for tests, proofs or measurements: roles may create databases, every port
        # is a free one, and one address may ask as often as it likes.
        self.for_tests = run.name in {"test", "prove", "bench"}

    def log(self, program: str) -> Path:
        return self.logs / f"{program}.log"

    def env_file(self, service: str) -> Path:
        return self.env / f"{service}.env"

    def for_the_tests(self) -> "Layout":
        return self if self.run.name == "test" else Layout(self.root, self.run / "test")

    def for_the_proof(self) -> "Layout":
        return Layout(self.root, self.run / "prove")

    def for_the_benchmarks(self) -> "Layout":
        return Layout(self.root, self.run / "bench")

    def make(self) -> None:
        """Creates the directories. What holds secrets is closed to other users of the machine."""
        self.run.mkdir(parents=True, exist_ok=True)
        self.run.chmod(0o711)
        for private in (self.env, self.scripts, self.supervisor, self.rabbitmq, self.redis):
            private.mkdir(mode=0o700, exist_ok=True)
        for shared in (self.logs, self.health, self.static, self.media, self.gateway):
            shared.mkdir(mode=0o755, exist_ok=True)
        self.supervisor_socket.parent.mkdir(mode=0o700, exist_ok=True)


def find_layout() -> Layout:
    """SOUK_RUN_DIR, relative to the checkout, or `.run`."""
    return Layout(ROOT, (ROOT / os.environ.get("SOUK_RUN_DIR", ".run")).resolve())

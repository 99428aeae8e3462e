"""Where everything lies: the checkout and its run directory."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A UNIX socket's path may have 107 bytes on Linux, 103 on macOS; supervisord appends a suffix.
LONGEST_SOCKET_PATH = 80


@dataclass(frozen=True)
class Layout:
    """Paths of one run directory. Two run directories share nothing but the code in `root`."""

    root: Path
    run: Path

    @property
    def state_file(self) -> Path:
        return self.run / "state.json"

    @property
    def lock_file(self) -> Path:
        return self.run / "lock"

    @property
    def env(self) -> Path:
        return self.run / "env"

    @property
    def logs(self) -> Path:
        return self.run / "logs"

    @property
    def scripts(self) -> Path:
        return self.run / "bin"

    @property
    def health(self) -> Path:
        return self.run / "health"

    @property
    def static(self) -> Path:
        return self.run / "static"

    @property
    def media(self) -> Path:
        return self.run / "media"

    @property
    def gateway(self) -> Path:
        return self.run / "gateway"

    @property
    def supervisor(self) -> Path:
        return self.run / "supervisor"

    @property
    def rabbitmq(self) -> Path:
        return self.run / "rabbitmq"

    @property
    def redis(self) -> Path:
        return self.run / "redis"

    @property
    def python(self) -> Path:
        return self.root / ".venv" / "bin" / "python"

    @property
    def fingerprint(self) -> str:
        """Eight hexadecimal digits that tell this run directory from any other on the machine."""
        return hashlib.sha256(str(self.run).encode()).hexdigest()[:8]

    @property
    def outside(self) -> Path:
        """A short directory elsewhere, for what cannot live under `run` (see who uses it)."""
        return Path(tempfile.gettempdir()) / f"souk-{os.getuid()}-{self.fingerprint}"

    @property
    def supervisor_socket(self) -> Path:
        inside = self.supervisor / "socket"
        if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
            return inside
        return self.outside / "supervisor"

    @property
    def for_tests(self) -> bool:
        """A run directory for tests, proofs or measurements: roles may create databases, every
        port is a free one, and one address may ask as often as it likes."""
        return self.run.name in {"test", "prove", "bench"}

    def log(self, program: str) -> Path:
        return self.logs / f"{program}.log"

    def env_file(self, service: str) -> Path:
        return self.env / f"{service}.env"

    def for_the_tests(self) -> "Layout":
        return Layout(self.root, self.run / "test")

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

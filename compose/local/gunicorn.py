"""How a service's web processes are run. Measured: docs/performance.md."""

from pathlib import Path
from tempfile import gettempdir

APPLICATION = "shared.wsgi:application"
# What shoppers ask for goes on while one of their requests, or a merchant's, takes long. Payments
# waits for the provider, which may take a second where this machine takes milliseconds.
PROCESSES = {"catalog": 2, "cart": 2, "orders": 2, "payments": 4, "users-identity": 2}
# gunicorn's heartbeat file: where a busy disk cannot make a worker look dead.
SHARED_MEMORY = Path("/dev/shm")
COMMON = (
    # The master loads the service once (shared.wsgi) and the workers share its memory.
    "--preload",
    *("--timeout", "60", "--graceful-timeout", "30", "--no-control-socket"),
    # The gateway bounds what a request may hold before its body, and refuses in the right shape.
    *("--limit-request-line", "0", "--limit-request-field_size", "65536"),
    *("--limit-request-fields", "32768"),
    *("--worker-tmp-dir", str(SHARED_MEMORY if SHARED_MEMORY.is_dir() else Path(gettempdir()))),
)


def arguments(service: str, bind: str, *, application: str = "", replicas: int = 1) -> list[str]:
    """Python's arguments for a web process of a service, or of a pool, that listens on `bind`; or
    for one that stands for several replicas."""
    processes = PROCESSES.get(service, 1) * replicas
    return [
        *("-m", "gunicorn", application or APPLICATION, "--bind", bind, *COMMON),
        *("--worker-class", "sync", "--workers", str(processes)),
    ]

"""What must be done once before the services start, and again only when its inputs changed."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from compose.local import environment
from compose.local.commands import run_logged
from compose.local.layout import Layout
from compose.local.progress import step
from compose.local.state import State
from shared.services import SERVICES

AT_ONCE = 4
# dj-stripe's migrations take as long as everything else together: they begin first.
SLOWEST_FIRST = ("payments", *(service for service in SERVICES if service != "payments"))
SEED_FIRST = ("users", "catalog")
Item = TypeVar("Item")
COMMANDS = ("migrate", "declare_queue", "collectstatic", "spectacular")


def due(layout: Layout, state: State) -> list[str]:
    """Which of the commands have to run because their inputs are not those of last time."""
    return [name for name in COMMANDS if state.get("done", name) != fingerprint(layout, name)]


def run(layout: Layout, state: State, commands: Sequence[str]) -> None:
    """Runs the commands for every service, four services at once. PartFailed names the service."""
    prints = {command: fingerprint(layout, command) for command in commands}
    side_by_side(SLOWEST_FIRST, lambda service: _run_for(layout, service, commands), AT_ONCE)
    if "spectacular" in commands:
        _join_documents(layout)
    for command, value in prints.items():
        state.put("done", command, value)


def seed(layout: Layout) -> None:
    """Fills the demo shop. Repeatable: each service's command creates only what is missing."""
    seeding = {path.parts[-4] for path in layout.root.glob("*/management/commands/seed_demo.py")}
    for service in SEED_FIRST:
        if service in seeding:
            _seed_one(layout, service)
    rest = [name for name in SERVICES if name in seeding.difference(SEED_FIRST)]
    side_by_side(rest, lambda service: _seed_one(layout, service), AT_ONCE)


def fingerprint(layout: Layout, command: str) -> str:
    """A hash of everything whose change asks for the command again."""
    digest = hashlib.sha256()
    for path in sorted(_inputs(layout.root, command)):
        digest.update(str(path.relative_to(layout.root)).encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def side_by_side(items: Iterable[Item], work: Callable[[Item], None], at_once: int) -> None:
    """Works on all items; after a failure no further one begins, and the failure is raised."""
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        try:
            for finished in [pool.submit(work, item) for item in items]:
                finished.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _run_for(layout: Layout, service: str, commands: Sequence[str]) -> None:
    with step(f"{service}: {', '.join(commands)}"):
        run_logged(
            f"{service} ({', '.join(commands)})",
            [layout.python, "-m", "compose.local.prepare", service, *commands],
            layout.log(f"{service}-prepare"),
            env=environment.of_process(layout, service),
            cwd=layout.root,
        )


def _join_documents(layout: Layout) -> None:
    """The services' OpenAPI documents as the one that the gateway serves."""
    parts, joined = layout.static / "api" / "openapi", layout.static / "api" / "openapi.json"
    command: list[str | Path] = [layout.python, "-m", "shared.api.joining", parts, joined]
    variables = environment.inherited(layout)
    run_logged("OpenAPI", command, layout.log("openapi"), env=variables, cwd=layout.root)


def _seed_one(layout: Layout, service: str) -> None:
    with step(f"{service}: demo data"):
        run_logged(
            f"{service} (seed_demo)",
            [layout.python, "-m", f"{service}.manage", "seed_demo"],
            layout.log(f"{service}-seed"),
            env=environment.of_process(layout, service),
            cwd=layout.root,
        )


def _inputs(root: Path, command: str) -> Iterator[Path]:
    yield root / "requirements.lock"
    for folder in (*SERVICES, "shared"):
        for pattern in _PATTERNS[command]:
            yield from (path for path in (root / folder).glob(pattern) if path.is_file())


_PATTERNS = {
    "migrate": ("**/migrations/*.py", "settings.py", "settings/*.py"),
    "declare_queue": ("consumers.py", "consumers/*.py", "jobs.py", "contracts/*.py", "events/*.py"),
    "collectstatic": ("**/static/**/*", "settings.py", "settings/*.py"),
    "spectacular": (
        *("urls.py", "api.py", "api/*.py", "rules/*.py", "models.py"),
        *("settings.py", "settings/*.py", "auth/*.py"),
    ),
}

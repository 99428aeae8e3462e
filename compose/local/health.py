"""Is a part well? Each program says how it is asked; here is the asking and the waiting."""

import http.client
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from compose.local.errors import PartFailed
from compose.local.layout import Layout
from compose.local.network import LOOPBACK
from compose.local.programs import Program
from compose.local.progress import report
from compose.local.supervisor import Status, Supervisor

START_LIMIT = 120.0
PAUSE = 0.1
HEARTBEAT_LIMIT = 20.0
# One early end can be bad luck (a port in the moment of closing); supervisord tries again.
LIVES_ALLOWED = 2


def answers_ok(port: int, path: str, host: str = LOOPBACK) -> bool:
    """True if GET answers 200 within five seconds."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def is_beating(heartbeat: Path) -> bool:
    """True if a worker touched its file a moment ago, which it does while it consumes."""
    try:
        return time.time() - heartbeat.stat().st_mtime < HEARTBEAT_LIMIT
    except FileNotFoundError:
        return False


def look(programs: Sequence[Program], statuses: Mapping[str, Status]) -> dict[str, str]:
    """Each program's health in one word: healthy, starting, unhealthy, failed or stopped. They are
    asked side by side."""
    with ThreadPoolExecutor(max_workers=max(1, len(programs))) as pool:
        words = pool.map(lambda program: _word(program, statuses.get(program.name)), programs)
        return {program.name: word for program, word in zip(programs, words, strict=True)}


def _word(program: Program, status: Status | None) -> str:
    if status is None or status.state == "STOPPED":
        return "stopped"
    if not status.is_up:
        return "failed"
    if program.is_ready():
        return "healthy"
    return "starting" if time.time() - status.started < START_LIMIT else "unhealthy"


def wait_for(
    programs: Sequence[Program],
    supervisor: Supervisor,
    layout: Layout,
    limit: float = START_LIMIT,
) -> None:
    """Returns when all are ready, with a line for each that was not ready at once.

    PartFailed names the first one that keeps dying or is not ready within `limit` seconds.
    """
    began = time.monotonic()
    lives: dict[str, set[int]] = {}
    words = look(programs, supervisor.statuses())
    while waiting := [program for program in programs if words[program.name] != "healthy"]:
        time.sleep(PAUSE)
        statuses = supervisor.statuses()
        words |= look(waiting, statuses)
        still = [program for program in waiting if words[program.name] != "healthy"]
        seconds = time.monotonic() - began
        for program in waiting:
            if program not in still:
                report(program.name, seconds)
        reason = _reason_to_give_up(still, statuses, lives)
        if still and seconds > limit:
            reason = (still[0], f"not ready after {limit:.0f} s")
        if reason:
            program, text = reason
            report(program.name, seconds, "failed")
            raise PartFailed(program.name, text, layout.log(program.name))


def _reason_to_give_up(
    programs: Iterable[Program], statuses: Mapping[str, Status], lives: dict[str, set[int]]
) -> tuple[Program, str] | None:
    """Counts the lives that each program has had so far; too many are a reason."""
    for program in programs:
        status = statuses.get(program.name)
        if status is None or status.state == "FATAL":
            return program, "could not be started"
        seen = lives.setdefault(program.name, set())
        seen.add(status.started)
        if len(seen) > LIVES_ALLOWED:
            return program, "ends as soon as it starts"
    return None

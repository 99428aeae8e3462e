"""What is running: `status` for people, `info --json` for programs, `logs`."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from compose.local import accounts, applications, environment, gateway, health, memory
from compose.local.platform import Platform
from compose.local.postgres import NAME as POSTGRESQL
from compose.local.programs import Program
from compose.local.progress import say, tail
from compose.local.rabbitmq import NAME as RABBITMQ
from compose.local.redis import NAME as REDIS
from compose.local.supervisor import Status

SERVERS = {
    "postgresql": POSTGRESQL,
    "rabbitmq": RABBITMQ,
    "redis": REDIS,
    "gateway": gateway.NAME,
    "sandbox": applications.SANDBOX,
}
NOT_PROCESSES = {"server", "gateway", "sandbox"}
ROW = "{:<20} {:<10} {:<10} {:>6} {:>8} {:>9} {:>9}"
MEGABYTE = 1024 * 1024


def status(platform: Platform) -> bool:
    """Prints every process; True if all are healthy."""
    programs, statuses = platform.programs(), platform.supervisor.statuses()
    words = health.look(programs, statuses)
    known = memory.parents()
    say(ROW.format("process", "role", "health", "port", "pid", "memory", "up for"))
    for program in programs:
        say(_row(program, statuses.get(program.name), words[program.name], known))
    pid = platform.supervisor.pid()
    total = memory.occupied(memory.tree(pid, known)) if pid else 0
    say(f"\nMemory in all: {total / MEGABYTE:,.0f} MB (proportional set size)")
    return all(word == "healthy" for word in words.values())


def info(platform: Platform) -> dict[str, Any]:
    """The answer of `info --json`; a pid is null while its process does not run."""
    public, statuses = environment.public_url(platform.state), platform.supervisor.statuses()
    programs = {program.name: program for program in platform.programs()}
    return {
        "shop": public,
        "shop_tls": environment.public_tls_url(platform.state),
        "admin": f"{public}/admin/",
        "flower": f"{public}/{applications.FLOWER_PREFIX}/",
        "mailbox": f"{public}/ops/mailbox/",
        "accounts": accounts.by_role(),
        "servers": {
            key: {"port": programs[name].port, "pid": _pid(statuses.get(name))}
            for key, name in SERVERS.items()
            if name in programs
        },
        "processes": [
            _process(program, statuses.get(program.name))
            for program in programs.values()
            if program.role not in NOT_PROCESSES
        ],
    }


def print_welcome(platform: Platform) -> None:
    """What a person needs after `up`: where the shop is, who may sign in, what to do next."""
    told = info(platform)
    say(f"\nSouk is open.\n\n  Shop     {told['shop']}/   (TLS: {told['shop_tls']}/)")
    say(f"  Admin    {told['admin']}\n  Mailbox  {told['mailbox']}\n  Flower   {told['flower']}\n")
    for account in accounts.EVERYONE:
        say(f"  {account.role:<9} {account.email:<20} {account.password}")
    say("\nNext:\n  ./manage_all.sh status\n  ./manage_all.sh logs -f orders")
    say("  ./manage_all.sh down\n")


def print_logs(platform: Platform, programs: Sequence[Program], follow: bool) -> None:
    """The last lines of each log, each with its process's name; then, if asked, all new ones."""
    paths = {}
    for program in programs:
        paths[program.name] = platform.layout.log(program.name)
        for own in sorted((platform.layout.logs / program.name).glob("*.log")):
            paths[f"{program.name} {own.stem}"] = own
    for name, path in paths.items():
        for line in tail(path, 20 if len(paths) > 1 else 100):
            say(f"{name} | {line}")
    if follow:
        deque(_follow(paths), maxlen=0)


def _follow(paths: dict[str, Path]) -> Iterator[None]:
    ends = {name: _size(path) for name, path in paths.items()}
    while True:
        for name, path in paths.items():
            size = _size(path)
            if size < ends[name]:
                ends[name] = 0  # the log was rotated
            if size > ends[name]:
                ends[name] = _print_new(name, path, ends[name])
        yield
        time.sleep(0.2)


def _print_new(name: str, path: Path, start: int) -> int:
    """Prints the whole lines after `start`; gives the place where the next look begins."""
    with path.open("rb") as log:
        log.seek(start)
        fresh = log.read()
    whole = fresh[: fresh.rfind(b"\n") + 1]
    for line in whole.decode(errors="replace").splitlines():
        say(f"{name} | {line}")
    return start + len(whole)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _row(program: Program, status: Status | None, word: str, known: dict[int, int]) -> str:
    pid = _pid(status)
    size = f"{memory.occupied(memory.tree(pid, known)) / MEGABYTE:,.0f} MB" if pid else "-"
    age = _age(time.time() - status.started) if status and pid else "-"
    return ROW.format(program.name, program.role, word, program.port or "-", pid or "-", size, age)


def _process(program: Program, status: Status | None) -> dict[str, Any]:
    told: dict[str, Any] = {"service": program.service, "role": program.role, "pid": _pid(status)}
    return {**told, "port": program.port} if program.port else told


def _pid(status: Status | None) -> int | None:
    return status.pid if status and status.is_up and status.pid else None


def _age(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"

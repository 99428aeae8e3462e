"""Process trees and what they occupy: proportional set size, so shared pages count once."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")


def parents() -> dict[int, int]:
    """pid -> parent's pid, of every process of the machine."""
    if not (PROC / "self").exists():
        return {pid: parent for pid, parent, _ in _ps()}
    found = {}
    for directory in PROC.glob("[0-9]*"):
        try:
            # "pid (command) state ppid …"; the command may itself hold spaces and brackets.
            after_command = (directory / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(directory.name)] = int(after_command[1])
    return found


def has_ended(pid: int) -> bool:
    """True for a process of which only its exit status is left. Where there is no /proc: False."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] in ("Z", "X")
    except OSError:
        return False


def children(pid: int) -> set[int]:
    return {child for child, parent in parents().items() if parent == pid}


def tree(pid: int, known: dict[int, int]) -> set[int]:
    """The process and all its descendants."""
    members = {pid}
    while True:
        grown = members | {child for child, parent in known.items() if parent in members}
        if grown == members:
            return members
        members = grown


def occupied(pids: Iterable[int]) -> int:
    """Bytes of memory of these processes together; one that has just ended counts nothing."""
    if not (PROC / "self" / "smaps_rollup").exists():
        wanted = set(pids)
        return sum(size for pid, _, size in _ps() if pid in wanted)
    return sum(_proportional(pid) for pid in pids)


def _proportional(pid: int) -> int:
    try:
        text = (PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0
    sizes = [line.split()[1] for line in text.splitlines() if line.startswith("Pss:")]
    return int(sizes[0]) * 1024 if sizes else 0


def _ps() -> list[tuple[int, int, int]]:
    """(pid, parent, resident bytes): where there is no /proc, resident size has to do."""
    command = ["ps", "-A", "-o", "pid=,ppid=,rss="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in listed.splitlines())
    return [(int(pid), int(parent), int(size) * 1024) for pid, parent, size in rows]

"""The command line of manage_all.sh: one function a command."""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

from compose.local import arguments, checks, environment, inspection, postgres, servers, testing
from compose.local.errors import LauncherError, Refused, UnknownName
from compose.local.layout import Layout, find_layout
from compose.local.platform import Platform
from compose.local.progress import be_quiet, complain, explain, say
from compose.local.state import State, locked
from compose.local.supervisor import Supervisor
from shared.services import SERVICES

Command = Callable[[Layout, argparse.Namespace], int | None]
# What a shell says of a program that nobody listened to any more.
NOBODY_LISTENS = 141


def main(line: Sequence[str]) -> int:
    try:
        return _run(line)
    except LauncherError as error:
        explain(error)
        return error.exit_status
    except KeyboardInterrupt:
        complain("Interrupted.")
        return 130
    except BrokenPipeError:
        be_quiet()
        return NOBODY_LISTENS


def _run(line: Sequence[str]) -> int:
    try:
        options = arguments.parse(line)
        return COMMANDS[options.command](find_layout(), options) or 0
    finally:
        sys.stdout.flush()


def up(layout: Layout, options: argparse.Namespace) -> None:
    with locked(layout) as state:
        platform = Platform(layout, state)
        platform.up()
        inspection.print_welcome(platform)


def down(layout: Layout, options: argparse.Namespace) -> None:
    with locked(layout) as state:
        Platform(layout, state).down()


def restart(layout: Layout, options: argparse.Namespace) -> None:
    with locked(layout) as state:
        Platform(layout, state).restart(options.service)


def status(layout: Layout, options: argparse.Namespace) -> int:
    return 0 if inspection.status(_platform(layout)) else 1


def info(layout: Layout, options: argparse.Namespace) -> None:
    platform = _platform(layout)
    if options.json:
        say(json.dumps(inspection.info(platform), indent=2))
    else:
        inspection.print_welcome(platform)


def logs(layout: Layout, options: argparse.Namespace) -> None:
    platform = _platform(layout)
    chosen = platform.find(options.service) if options.service else platform.programs()
    with suppress(KeyboardInterrupt, BrokenPipeError):
        inspection.print_logs(platform, chosen, options.follow)


def scale(layout: Layout, options: argparse.Namespace) -> None:
    with locked(layout) as state:
        Platform(layout, state).scale(dict(options.wishes))


def seed(layout: Layout, options: argparse.Namespace) -> None:
    with locked(layout) as state:
        Platform(layout, state).seed()


def manage(layout: Layout, options: argparse.Namespace) -> NoReturn:
    """Becomes the service's management command, in the caller's directory."""
    if options.service not in SERVICES:
        raise UnknownName(f"No service is called {options.service!r}.")
    command = [str(layout.python), "-m", f"{options.service}.manage", *options.arguments]
    os.execve(layout.python, command, environment.of_process(layout, options.service))


def test(layout: Layout, options: argparse.Namespace) -> int:
    names, extra = _split(options.arguments)
    return testing.run(layout, names, extra)


def check(layout: Layout, options: argparse.Namespace) -> int:
    return 0 if checks.run(layout) else 1


def prove(layout: Layout, options: argparse.Namespace) -> NoReturn:
    """Becomes the proof, on a shop of its own."""
    _become(layout.for_the_proof(), "tests.resilience", options.arguments)


def bench(layout: Layout, options: argparse.Namespace) -> NoReturn:
    """Becomes the benchmarks, on a shop of their own."""
    _become(layout.for_the_benchmarks(), "tests.load.bench", options.arguments)


def _become(layout: Layout, module: str, arguments: Sequence[str]) -> NoReturn:
    command = [str(layout.python), "-m", module, *arguments]
    own = {**environment.inherited(layout), "SOUK_RUN_DIR": str(layout.run)}
    os.chdir(layout.root)
    os.execve(layout.python, command, own)


def reset(layout: Layout, options: argparse.Namespace) -> None:
    """Stops everything and deletes the run directory with all its data."""
    say(f"This stops Souk and deletes {layout.run} with every database in it, the tests' too.")
    if not options.yes and not (
        sys.stdin.isatty() and input("Type yes to go on: ").strip() == "yes"
    ):
        raise Refused("Nothing was deleted. (--yes does not ask.)")
    others = (layout.for_the_tests(), layout.for_the_proof(), layout.for_the_benchmarks())
    for doomed in (*others, layout):
        _delete(doomed)


def run_servers(layout: Layout, options: argparse.Namespace) -> None:
    """The three servers alone, for the tests of one service."""
    with locked(layout) as state:
        if options.action == "up":
            servers.up(layout, state, Supervisor(layout))
        else:
            Platform(layout, state).down()


def _delete(layout: Layout) -> None:
    if not layout.run.exists():
        return
    with locked(layout) as state:
        Platform(layout, state).down()
        postgres.discard(layout, state)
        shutil.rmtree(layout.outside, ignore_errors=True)
        shutil.rmtree(layout.run)


def _platform(layout: Layout) -> Platform:
    """For commands that only look; they do not wait for one that is at work."""
    state = State(layout.state_file)
    if not layout.state_file.exists():
        environment.of_process(layout, SERVICES[0])
    return Platform(layout, state)


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    listed = list(arguments)
    if "--" not in listed:
        return listed, []
    middle = listed.index("--")
    return listed[:middle], listed[middle + 1 :]


COMMANDS: dict[str, Command] = {
    "up": up,
    "down": down,
    "restart": restart,
    "status": status,
    "info": info,
    "logs": logs,
    "scale": scale,
    "seed": seed,
    "manage": manage,
    "test": test,
    "prove": prove,
    "bench": bench,
    "check": check,
    "reset": reset,
    "servers": run_servers,
}

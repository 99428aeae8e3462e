"""The command line of manage_all.sh: one function a command."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

from compose.local import checks, environment, inspection, postgres, servers, testing
from compose.local.errors import LauncherError, PartFailed, Refused, UnknownName
from compose.local.layout import SERVICES, Layout, find_layout
from compose.local.platform import Platform
from compose.local.progress import complain, say, tail
from compose.local.state import State, locked
from compose.local.supervisor import Supervisor

# Commands that pass the rest of their line on, and how many words of it are their own.
OWN_WORDS = {"manage": 2, "test": 1, "prove": 1, "bench": 1}
Command = Callable[[Layout, argparse.Namespace], int]


def main(arguments: Sequence[str]) -> int:
    parser = _parser()
    kept = OWN_WORDS.get(arguments[0], len(arguments)) if arguments else 0
    options = parser.parse_args(arguments[:kept] or ["help"])
    options.arguments = list(arguments[kept:])
    if options.command == "help":
        parser.print_help()
        return 0
    run: Command = options.run
    try:
        return run(find_layout(), options)
    except LauncherError as error:
        _explain(error)
        return error.exit_status
    except KeyboardInterrupt:
        complain("Interrupted.")
        return 130


def up(layout: Layout, options: argparse.Namespace) -> int:
    with locked(layout) as state:
        platform = Platform(layout, state)
        platform.up()
        inspection.print_welcome(platform)
    return 0


def down(layout: Layout, options: argparse.Namespace) -> int:
    with locked(layout) as state:
        Platform(layout, state).down()
    return 0


def restart(layout: Layout, options: argparse.Namespace) -> int:
    with locked(layout) as state:
        Platform(layout, state).restart(options.service)
    return 0


def status(layout: Layout, options: argparse.Namespace) -> int:
    return 0 if inspection.status(_platform(layout)) else 1


def info(layout: Layout, options: argparse.Namespace) -> int:
    platform = _platform(layout)
    say(inspection.info_text(platform)) if options.json else inspection.print_welcome(platform)
    return 0


def logs(layout: Layout, options: argparse.Namespace) -> int:
    platform = _platform(layout)
    chosen = platform.find(options.service) if options.service else platform.programs()
    with suppress(KeyboardInterrupt, BrokenPipeError):
        inspection.print_logs(platform, chosen, options.follow)
    return 0


def scale(layout: Layout, options: argparse.Namespace) -> int:
    with locked(layout) as state:
        Platform(layout, state).scale(dict(options.wishes))
    return 0


def seed(layout: Layout, options: argparse.Namespace) -> int:
    with locked(layout) as state:
        Platform(layout, state).seed()
    return 0


def manage(layout: Layout, options: argparse.Namespace) -> int:
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


def prove(layout: Layout, options: argparse.Namespace) -> int:
    """Becomes the proof, on a shop of its own."""
    return _become(layout.for_the_proof(), "tests.resilience", options.arguments)


def bench(layout: Layout, options: argparse.Namespace) -> int:
    """Becomes the benchmarks, on a shop of their own."""
    return _become(layout.for_the_benchmarks(), "tests.load.bench", options.arguments)


def _become(layout: Layout, module: str, arguments: Sequence[str]) -> NoReturn:
    command = [str(layout.python), "-m", module, *arguments]
    own = {**environment.inherited(layout), "SOUK_RUN_DIR": str(layout.run)}
    os.chdir(layout.root)
    os.execve(layout.python, command, own)


def reset(layout: Layout, options: argparse.Namespace) -> int:
    """Stops everything and deletes the run directory with all its data."""
    say(f"This stops Souk and deletes {layout.run} with every database in it, the tests' too.")
    if not options.yes and not _agreed():
        raise Refused("Nothing was deleted. (--yes does not ask.)")
    others = (layout.for_the_tests(), layout.for_the_proof(), layout.for_the_benchmarks())
    for doomed in (*others, layout):
        _delete(doomed)
    return 0


def run_servers(layout: Layout, options: argparse.Namespace) -> int:
    """The three servers alone, for the tests of one service."""
    with locked(layout) as state:
        if options.action == "up":
            servers.up(layout, state, Supervisor(layout))
        else:
            Platform(layout, state).down()
    return 0


def _agreed() -> bool:
    return sys.stdin.isatty() and input("Type yes to go on: ").strip() == "yes"


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


def _wish(text: str) -> tuple[str, int]:
    service, _, count = text.partition("=")
    if not count.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form service=number")
    return service, int(count)


def _explain(error: LauncherError) -> None:
    complain(f"\n{error}")
    if isinstance(error, PartFailed) and error.log:
        complain(f"The last lines of {error.log}:")
        for line in tail(error.log):
            complain(f"    {line}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./manage_all.sh", description="Souk on one machine.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("help", help="show this")

    def add(name: str, run: Command, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    add("up", up, "set up what is missing, start everything, wait until all is healthy")
    add("down", down, "stop everything")
    restarting = add("restart", restart, "restart a service or process; without a name: the shop")
    restarting.add_argument("service", nargs="?")
    add("status", status, "each process: health, port, memory")
    showing = add("info", info, "where things are and who may sign in")
    showing.add_argument("--json", action="store_true")
    logging = add("logs", logs, "the last lines of the logs")
    logging.add_argument("-f", "--follow", action="store_true")
    logging.add_argument("service", nargs="?")
    scaling = add(
        "scale", scale, "change the number of replicas, e.g. scale catalog=3 orders-worker=2"
    )
    scaling.add_argument("wishes", nargs="+", type=_wish, metavar="service=number")
    add("seed", seed, "fill the demo shop (again)")
    managing = add("manage", manage, "run a service's management command")
    managing.add_argument("service")
    add("test", test, "run the tests: all, or the named suites; after -- pytest's options")
    add("prove", prove, "a flash sale while parts are killed, then a verdict; see prove --help")
    add("bench", bench, "what it does a second, beside the machine's limits; see bench --help")
    add("check", check, "linters, types, import rules, missing migrations")
    resetting = add("reset", reset, "stop everything and delete all data")
    resetting.add_argument("--yes", action="store_true", help="do not ask")
    serving = add("servers", run_servers, "only PostgreSQL, RabbitMQ and Redis: up or down")
    serving.add_argument("action", choices=["up", "down"])
    return parser

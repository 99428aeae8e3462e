"""What may be said to manage_all.sh. Needs nothing but Python itself, so that help needs no set-up:

python -m compose.local.arguments [COMMAND] --help
"""

import argparse
import sys
from collections.abc import Sequence

from shared.services import SERVICES

# Commands that pass the rest of their line on, and how many words of it are their own.
OWN_WORDS = {"manage": 2, "test": 1, "prove": 1, "bench": 1}
# These explain themselves, once they can run.
SELF_EXPLAINED = ("prove", "bench")
HELP = ("-h", "--help")
SUITES = (
    *("check", "demo", "gateway", "shared", *SERVICES, "launcher", "layout"),
    *("journeys", "hostile", "resilience", "prove"),
)
TESTING = """\
Without a name: everything, which takes 20 minutes and more. With names: those suites.
What follows after -- goes to pytest, for each of the named suites:

  ./manage_all.sh test
  ./manage_all.sh test orders layout
  ./manage_all.sh test orders -- -k refund -x --reuse-db

The tests run on servers of their own. Each suite's log is .run/test/logs/<suite>.log.
"""


def parse(line: Sequence[str]) -> argparse.Namespace:
    """The command's own words, and as `arguments` those that it passes on. Exits where it is asked
    for help or told nonsense."""
    command = line[0] if line else "help"
    kept = OWN_WORDS.get(command, len(line))
    if line[kept : kept + 1] and line[kept] in HELP and command not in (*SELF_EXPLAINED, "manage"):
        kept += 1
    parser = make_parser()
    options = parser.parse_args(list(line[:kept]) or ["help"])
    options.arguments = list(line[kept:])
    if options.command in ("help", None):
        parser.print_help()
        parser.exit()
    return options


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./manage_all.sh", description="Souk on one machine.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("help", help="show this")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    add("up", "set up what is missing, start everything, wait until all is healthy")
    add("down", "stop everything")
    restarting = add("restart", "restart a service or process; without a name: the shop")
    restarting.add_argument("service", nargs="?")
    add("status", "each process: health, port, memory")
    add("info", "where things are and who may sign in").add_argument("--json", action="store_true")
    logging = add("logs", "the last lines of the logs")
    logging.add_argument("-f", "--follow", action="store_true")
    logging.add_argument("service", nargs="?")
    scaling = add("scale", "change the number of replicas, e.g. scale catalog=3 orders-worker=2")
    scaling.add_argument("wishes", nargs="+", type=_wish, metavar="service=number")
    add("seed", "fill the demo shop (again)")
    add("manage", "run a service's management command").add_argument("service")
    _add_test(commands)
    add("prove", "a flash sale while parts are killed, then a verdict; see prove --help")
    add("bench", "what it does a second, beside the machine's limits; see bench --help")
    add("check", "linters, types, import rules, missing migrations")
    resetting = add("reset", "stop everything and delete all data")
    resetting.add_argument("--yes", action="store_true", help="do not ask")
    serving = add("servers", "only PostgreSQL, RabbitMQ and Redis: up or down")
    serving.add_argument("action", choices=["up", "down"])
    return parser


def _add_test(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    commands.add_parser(
        "test",
        help="run the tests: all, or the named suites; after -- pytest's options",
        usage="./manage_all.sh test [SUITE ...] [-- PYTEST'S OPTIONS]",
        description=f"The suites: {', '.join(SUITES)}.\n\n{TESTING}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _wish(text: str) -> tuple[str, int]:
    service, _, count = text.partition("=")
    if not count.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form service=number")
    return service, int(count)


if __name__ == "__main__":
    make_parser().parse_args(sys.argv[1:3])
    make_parser().print_help()

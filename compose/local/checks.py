"""`check`: everything about the code that can be judged without running the shop."""

import string
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from compose.local import environment
from compose.local.layout import Layout
from compose.local.progress import report, say
from compose.local.state import locked
from shared.services import SERVICES

MISSING_MIGRATION = ("makemigrations", "--check", "--dry-run")
DEPLOYMENT = ("check", "--deploy", "--tag", "security", "--fail-level", "WARNING")
IN_PRODUCTION = {
    "SOUK_PUBLIC_URL": "https://shop.example",
    "SOUK_DEBUG": "0",
    "SOUK_SECRET_KEY": string.ascii_letters + string.digits,
}


@dataclass(frozen=True)
class Check:
    """A command that must end with 0; `service` is whose environment it gets, changed by
    `variables`."""

    name: str
    command: tuple[str, ...]
    service: str = "shared"
    variables: Mapping[str, str] = field(default_factory=dict)


def run(layout: Layout) -> bool:
    """Runs all checks, one line each, and shows what the failed ones said; True if all hold."""
    tests = layout.for_the_tests()
    _ensure_environment(tests)
    results = [(check, *_judge(tests, check)) for check in listed(layout)]
    failed = [(check, said) for check, holds, said in results if not holds]
    for check, said in failed:
        say(f"\n--- {check.name} ---\n{said.rstrip()}")
    return not failed


def listed(layout: Layout) -> list[Check]:
    """The checks, those about services that are there; Django's security checks are made with the
    values of a deployment."""
    python = str(layout.python)
    manage = {
        service: (python, "-m", f"{service}.manage")
        for service in SERVICES
        if (layout.root / service / "manage.py").is_file()
    }
    return [
        Check("ruff check", (python, "-m", "ruff", "check", ".")),
        Check("ruff format", (python, "-m", "ruff", "format", "--check", ".")),
        Check("mypy --strict", (python, "-m", "mypy", "--strict", ".")),
        Check("import-linter", (str(layout.python.with_name("lint-imports")),)),
        *(
            Check(f"{service}: no missing migration", (*command, *MISSING_MIGRATION), service)
            for service, command in manage.items()
        ),
        *(
            Check(f"{service}: fit to deploy", (*command, *DEPLOYMENT), service, IN_PRODUCTION)
            for service, command in manage.items()
        ),
    ]


def judge_into(log: Path, tests: Layout) -> tuple[int, int]:
    """Runs all checks into a log; gives how many hold and how many do not.

    `tests` is the run directory whose environment files the checks get.
    """
    results = [(check, *_ask(tests, check)) for check in listed(tests)]
    with log.open("w") as file:
        for check, holds, said in results:
            file.write(f"ok {check.name}\n" if holds else f"FAILED {check.name}\n{said}\n")
    held = sum(holds for _, holds, _ in results)
    return held, len(results) - held


def _ensure_environment(tests: Layout) -> None:
    """Settings can only be read with the variables of some run directory: the tests' one."""
    if not tests.env_file("shared").is_file():
        with locked(tests) as state:
            environment.choose_settings(tests, state)
            environment.write_all(tests, state)


def _judge(tests: Layout, check: Check) -> tuple[bool, str]:
    began = time.monotonic()
    holds, said = _ask(tests, check)
    report(check.name, time.monotonic() - began, "ok" if holds else "failed")
    return holds, said


def _ask(tests: Layout, check: Check) -> tuple[bool, str]:
    env = environment.of_process(tests, check.service)
    if check.service == "shared":
        del env["DJANGO_SETTINGS_MODULE"]
    ran = subprocess.run(
        list(check.command),
        cwd=tests.root,
        env={**env, **check.variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return ran.returncode == 0, ran.stdout

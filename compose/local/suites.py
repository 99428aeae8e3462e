"""The test suites: which there are, how each is run, and how its answer is counted."""

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compose.local import checks, commands, environment
from compose.local.layout import Layout
from shared.services import SERVICES

STANDALONE = ("-p", "no:django", "-c", "/dev/null", "--rootdir", ".")
PLUGIN = ("-p", "shared.testing.plugin")


@dataclass(frozen=True)
class Counts:
    passed: int
    failed: int

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.passed + other.passed, self.failed + other.failed)


@dataclass(frozen=True)
class Suite:
    """One pytest run; `folder` must exist, `service` is whose environment it gets."""

    name: str
    folder: str
    arguments: tuple[str, ...] = ()
    service: str | None = None
    needs_shop: bool = False


def listed(layout: Layout) -> list[Suite]:
    """Every suite whose folder is there, long ones first so that two at a time end together."""
    suites = [
        Suite("demo", "compose/demo", STANDALONE),
        Suite("gateway", "gateway-nginx/tests", STANDALONE),
        Suite("shared", "shared", ("--ds=shared.testing.probe.settings", *PLUGIN), "shared"),
        *(Suite(name, name, (f"--ds={name}.settings", *PLUGIN), name) for name in SERVICES),
        Suite("launcher", "compose/local/tests", STANDALONE),
        Suite("layout", "tests/layout", STANDALONE),
        Suite("journeys", "tests/journeys", STANDALONE, needs_shop=True),
        Suite("hostile", "tests/hostile", STANDALONE, needs_shop=True),
        Suite("resilience", "tests/resilience", STANDALONE, needs_shop=True),
    ]
    return [suite for suite in suites if any((layout.root / suite.folder).rglob("test_*.py"))]


def run(layout: Layout, suite: Suite, extra: Sequence[str]) -> Counts:
    """Runs a suite to its end; `layout` is the run directory for tests.

    A suite that crashed, or found no test, counts as one failed test.
    """
    report = layout.run / "results" / f"{suite.name}.xml"
    report.unlink(missing_ok=True)
    command: list[str | Path] = [layout.python, "-m", "pytest", suite.folder, *suite.arguments]
    command += [f"--junitxml={report}", "-o", "junit_family=xunit2", *extra]
    env = _environment(layout, suite)
    return count(report, commands.run(command, layout.log(suite.name), env=env, cwd=layout.root))


def run_checks(layout: Layout) -> Counts:
    """`check` as a suite: each of its parts counts as a test."""
    return Counts(*checks.judge_into(layout.log("check"), layout))


def run_proof(layout: Layout, proof: Layout) -> Counts:
    """The quick proof as a suite: each line of its verdict counts as a test. The seed is always
    the same one, so that a failure can be repeated."""
    verdict = proof.run / "verdict.json"
    verdict.unlink(missing_ok=True)
    command: list[str | Path] = [layout.python, "-m", "tests.resilience", "--quick"]
    command += ["--seed", "1"]
    env = {**environment.inherited(layout), "SOUK_RUN_DIR": str(proof.run)}
    commands.run(command, layout.log("prove"), env=env, cwd=layout.root)
    if not verdict.exists():
        return Counts(0, 1)
    told = json.loads(verdict.read_text())
    held = sum(line["holds"] for line in told["lines"])
    return Counts(held, len(told["lines"]) - held)


def count(report: Path, exit_status: int) -> Counts:
    """Reads pytest's junit report; an exit status that it does not explain is one failure."""
    try:
        root = ElementTree.parse(report).getroot()
        suites = list(root.iter("testsuite"))
    except (FileNotFoundError, ElementTree.ParseError):
        return Counts(0, 1)
    total, failed = _sum(suites, "tests"), _sum(suites, "failures", "errors")
    passed = max(0, total - failed - _sum(suites, "skipped"))
    unexplained = exit_status != 0 and failed == 0
    return Counts(passed, failed + unexplained)


def _environment(layout: Layout, suite: Suite) -> dict[str, str]:
    env = environment.inherited(layout)
    if suite.service:
        env |= environment.read(layout, suite.service)
    if suite.service or suite.needs_shop:
        env["SOUK_RUN_DIR"] = str(layout.run)
    return env


def _sum(suites: Sequence[ElementTree.Element], *names: str) -> int:
    return sum(int(suite.get(name, 0)) for suite in suites for name in names)

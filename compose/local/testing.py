"""`test`: every suite on real servers of their own, then the whole shop through its gateway."""

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from compose.local import gateway, packages, servers, suites
from compose.local.errors import LauncherError, PartFailed, UnknownName
from compose.local.layout import Layout
from compose.local.platform import Platform
from compose.local.preparation import side_by_side
from compose.local.progress import say, tail
from compose.local.state import State, locked
from compose.local.suites import Counts, Suite
from compose.local.supervisor import Supervisor

SIDE_BY_SIDE = 2
CHECK, PROOF = "check", "prove"
LAST_LINES = 60
UNANSWERED_LINES = 15


def run(layout: Layout, names: Sequence[str], extra: Sequence[str]) -> int:
    """Runs the named suites (all of them without a name); the last line counts their tests."""
    tests = layout.for_the_tests()
    tests.logs.mkdir(parents=True, exist_ok=True)
    chosen = _choose(layout, names)
    packages.ensure(packages.TESTING, tests.log("packages"))
    results: dict[str, Counts] = {}
    with locked(tests) as state, _servers(tests, state):
        (tests.run / "results").mkdir(exist_ok=True)
        _run_apart(tests, chosen, not names or CHECK in names, extra, results)
        _run_with_shop(tests, state, chosen, extra, results)
    if not names or PROOF in names:
        proof = layout.for_the_proof()
        _report(tests, PROOF, partial(suites.run_proof, tests, proof), results)
    _show_failures(tests, results)
    total = sum(results.values(), Counts(0, 0))
    say(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed else 0


def _choose(layout: Layout, names: Sequence[str]) -> list[Suite]:
    known = suites.listed(layout)
    unknown = set(names) - {suite.name for suite in known} - {CHECK, PROOF}
    if unknown:
        words = ", ".join([CHECK, PROOF, *(suite.name for suite in known)])
        raise UnknownName(f"No suite is called {', '.join(sorted(unknown))}. Known: {words}.")
    return [suite for suite in known if not names or suite.name in names]


@contextmanager
def _servers(layout: Layout, state: State) -> Iterator[None]:
    """Servers of the tests' own; they stay up afterwards only if they were up before."""
    were_up = Supervisor(layout).is_alive()
    say("Servers for the tests")
    try:
        servers.up(layout, state, Supervisor(layout))
        yield
    finally:
        if not were_up:
            Platform(layout, state).down()


def _run_apart(
    layout: Layout,
    chosen: Sequence[Suite],
    with_checks: bool,
    extra: Sequence[str],
    results: dict[str, Counts],
) -> None:
    """The suites that need no shop, two side by side."""
    jobs: dict[str, Callable[[], Counts]] = {
        suite.name: partial(suites.run, layout, suite, extra)
        for suite in chosen
        if not suite.needs_shop
    }
    if with_checks:
        jobs[CHECK] = partial(suites.run_checks, layout)
    side_by_side(jobs.items(), lambda named: _report(layout, *named, results), SIDE_BY_SIDE)


def _run_with_shop(
    layout: Layout,
    state: State,
    chosen: Sequence[Suite],
    extra: Sequence[str],
    results: dict[str, Counts],
) -> None:
    shopping = [suite for suite in chosen if suite.needs_shop]
    if not shopping:
        return
    say("The whole shop, for the journeys")
    platform = Platform(layout, state)
    try:
        platform.up()
        for suite in shopping:
            with _gateway_beside(layout, suite, results):
                _report(layout, suite.name, partial(suites.run, layout, suite, extra), results)
    except LauncherError as error:
        _note(layout, error, shopping, results)
    finally:
        platform.stop_applications()


@contextmanager
def _gateway_beside(layout: Layout, suite: Suite, results: dict[str, Counts]) -> Iterator[None]:
    """A failed suite's log ends with what the gateway could not pass on meanwhile."""
    access = layout.logs / gateway.NAME / "access.log"
    began = access.stat().st_size if access.exists() else 0
    yield
    if not results[suite.name].failed or not access.exists():
        return
    with access.open() as lines, layout.log(suite.name).open("a") as log:
        lines.seek(began)
        log.writelines([line for line in lines if '"status":50' in line][-UNANSWERED_LINES:])


def _note(
    layout: Layout, error: LauncherError, hit: Sequence[Suite], results: dict[str, Counts]
) -> None:
    """A shop that does not open fails each suite that was to walk through it."""
    lines = tail(error.log, 40) if isinstance(error, PartFailed) and error.log else []
    for suite in hit:
        layout.log(suite.name).write_text("\n".join([str(error), *lines]) + "\n")
        results.setdefault(suite.name, Counts(0, 1))


def _report(
    layout: Layout, name: str, job: Callable[[], Counts], results: dict[str, Counts]
) -> None:
    """Runs a suite; one that the launcher itself could not run to its end has failed, too."""
    say(f"  {name:<12} started")
    began = time.monotonic()
    try:
        counts = job()
    except Exception:
        layout.log(name).write_text(traceback.format_exc())
        counts = Counts(0, 1)
    results[name] = counts
    seconds = time.monotonic() - began
    say(f"  {name:<12} {counts.passed} passed, {counts.failed} failed in {seconds:.0f} s")


def _show_failures(layout: Layout, results: dict[str, Counts]) -> None:
    for name, counts in results.items():
        if counts.failed:
            path = layout.log(name)
            say(f"\n--- {name}: the end of {path} ---")
            for line in tail(path, LAST_LINES):
                say(line)
    say()

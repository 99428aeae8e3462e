"""Doing the damage, and undoing it. Each fault is a context: broken inside, healed after."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from psycopg2 import sql

from compose.local import environment, postgres
from tests.resilience import broker
from tests.resilience.schedule import Fault
from tests.resilience.stage import Stage, children

PROVIDER_FAULTS = {
    "provider_slow": {"latency_ms": 2500},
    "provider_errors": {"error_rate": 0.6, "error_status": 500},
    "webhooks_lost": {"lose_webhooks": True},
    "webhooks_twice": {"duplicate_webhooks": True},
    "webhooks_late": {"webhook_delay_ms": 4000, "webhook_shuffle": True},
}
KILLS = {"kill_web": "web", "kill_worker": "worker"}


def inflict(stage: Stage, fault: Fault) -> AbstractContextManager[None]:
    """The context in which the fault holds."""
    if fault.kind in PROVIDER_FAULTS:
        return _provider(stage, fault)
    return _MAKERS[fault.kind](stage, fault)


def victims(stage: Stage, fault: Fault) -> list[str]:
    """The programs that the fault hits."""
    if fault.kind in KILLS:
        role = KILLS[fault.kind]
        names = stage.programs_of(fault.target)
        return [name for name in names if stage.programs[name].role == role][:1]
    if fault.kind in PROVIDER_FAULTS:
        return ["payments-sandbox"]
    return stage.programs_of(fault.target)


@contextmanager
def _kill(stage: Stage, fault: Fault) -> Iterator[None]:
    for name in victims(stage, fault):
        stage.signal(name, signal.SIGKILL)
    yield


@contextmanager
def _kill_gateway_worker(stage: Stage, fault: Fault) -> Iterator[None]:
    for pid in children(stage.pid("gateway"))[:1]:
        os.kill(pid, signal.SIGKILL)
    yield


@contextmanager
def _crash(stage: Stage, fault: Fault) -> Iterator[None]:
    """PostgreSQL's immediate shutdown: no checkpoint, recovery from the log at the next start."""
    stage.platform.supervisor.signal(fault.target, "QUIT")
    yield


@contextmanager
def _stop(stage: Stage, fault: Fault) -> Iterator[None]:
    """Killed, and not started again for a while."""
    names = victims(stage, fault)
    for name in names:
        stage.signal(name, signal.SIGKILL)
    stage.platform.supervisor.stop(names)
    try:
        yield
    finally:
        stage.platform.supervisor.start(names)


@contextmanager
def _freeze(stage: Stage, fault: Fault) -> Iterator[None]:
    """Alive, holding its connections and locks, and answering nothing."""
    frozen = [pid for name in victims(stage, fault) for pid in _tree(stage.pid(name))]
    _tell(frozen, signal.SIGSTOP)
    try:
        yield
    finally:
        _tell(frozen, signal.SIGCONT)


def _tree(pid: int) -> list[int]:
    return [pid, *children(pid)] if pid else []


def _tell(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


@contextmanager
def closed_database(stage: Stage, service: str) -> Iterator[None]:
    """One service's database takes no connections, and has ended those that it had; the server and
    the other databases go on."""
    name = postgres.role(service)
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    with postgres.administration(stage.state) as cursor:
        cursor.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        cursor.execute(end, [name])
        try:
            yield
        finally:
            cursor.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


@contextmanager
def _clock_twice(stage: Stage, fault: Fault) -> Iterator[None]:
    """A second worker of the service with a clock of its own."""
    command = [str(stage.layout.python), "-m", f"{fault.target}.manage", "run_worker", "--clock"]
    variables = {**environment.of_process(stage.layout, fault.target), "SOUK_BACKOFFICE": "0"}
    log = stage.layout.log(f"{fault.target}-second-clock").open("ab")
    second = subprocess.Popen(command, cwd=stage.layout.root, env=variables, stdout=log, stderr=log)
    try:
        yield
    finally:
        second.terminate()
        with suppress(subprocess.TimeoutExpired):
            second.wait(timeout=20)
        second.kill()
        log.close()


@contextmanager
def _log_disk_full(stage: Stage, fault: Fault) -> Iterator[None]:
    """Every write to the service's logs answers "no space left on device"."""
    logs = [stage.layout.log(name) for name in victims(stage, fault)]
    aside = {log: log.with_suffix(".aside") for log in logs if log.exists()}
    for log, kept in aside.items():
        log.rename(kept)
        log.symlink_to("/dev/full")
    _reopen_logs(stage)
    try:
        yield
    finally:
        for log, kept in aside.items():
            log.unlink(missing_ok=True)
            kept.rename(log)
        _reopen_logs(stage)


def _reopen_logs(stage: Stage) -> None:
    os.kill(stage.platform.supervisor.pid(), signal.SIGUSR2)


@contextmanager
def _facts_late(stage: Stage, fault: Fault) -> Iterator[None]:
    """The service's facts are held back, and come after newer ones, shuffled, some of them twice.
    Its worker, when it starts, takes to the broker what it needs: then they come at once."""
    dice = random.Random(f"{fault.at} {fault.target}")
    _patiently(lambda: broker.hold_back(stage, fault.target), seconds=180)
    try:
        yield
    finally:
        _patiently(lambda: broker.let_go(stage, fault.target, dice), seconds=180)
        # Until the broker has its bindings on the disk.
        time.sleep(5)


@contextmanager
def _provider(stage: Stage, fault: Fault) -> Iterator[None]:
    wanted = PROVIDER_FAULTS[fault.kind]
    _patiently(lambda: stage.sandbox("POST", "faults", wanted))
    try:
        yield
    finally:
        _patiently(lambda: stage.sandbox("DELETE", "faults"))


def _patiently(call: Callable[[], object], seconds: float = 20) -> None:
    """Who is asked may itself be starting."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            call()
            return
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def heal(stage: Stage) -> None:
    """Everything that this proof may have broken works again; returns when all is healthy."""
    for name in stage.programs:
        _tell(_tree(stage.pid(name)), signal.SIGCONT)
    stage.platform.up()
    _patiently(lambda: stage.sandbox("DELETE", "faults"))
    # What a broker that took long to start was not asked for in time.
    _patiently(lambda: broker.let_everything_go(stage), seconds=60)


def has_recovered(stage: Stage, names: list[str]) -> bool:
    """Whether the named programs do their work again."""
    return all(_is_well(stage, name) for name in names)


def _is_well(stage: Stage, name: str) -> bool:
    try:
        return bool(stage.pid(name)) and stage.programs[name].is_ready()
    except Exception:
        return False


_MAKERS: dict[str, Callable[[Stage, Fault], AbstractContextManager[None]]] = {
    "kill_web": _kill,
    "kill_worker": _kill,
    "kill_gateway_worker": _kill_gateway_worker,
    "kill": _kill,
    "crash": _crash,
    "stop": _stop,
    "freeze": _freeze,
    "clock_twice": _clock_twice,
    "log_disk_full": _log_disk_full,
    "facts_late": _facts_late,
}

import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from compose.local import health, network
from compose.local.errors import PartFailed
from compose.local.layout import Layout
from compose.local.programs import Program
from compose.local.supervisor import Supervisor, is_process, wait_until

SERVE = "import http.server, sys; http.server.test(port=int(sys.argv[1]), bind='127.0.0.1')"


def web(port: int, title: str = "one") -> Program:
    return Program(
        name="web",
        service="web",
        role="web",
        port=port,
        argv=(sys.executable, "-c", SERVE, str(port)),
        env={"TITLE": title},
        is_ready=partial(network.answers, port),
    )


def broken() -> Program:
    return Program(
        name="broken",
        service="broken",
        role="web",
        argv=("sh", "-c", "echo this is why; exit 7"),
        is_ready=lambda: False,
    )


@pytest.fixture
def port() -> int:
    return network.find_free(avoid=())


def begin(supervisor: Supervisor, layout: Layout, program: Program) -> int:
    supervisor.apply([program])
    supervisor.start([program.name])
    health.wait_for([program], supervisor, layout, limit=30)
    return supervisor.status(program.name).pid


def test_a_program_is_started_and_stopped(
    supervisor: Supervisor, layout: Layout, port: int
) -> None:
    pid = begin(supervisor, layout, web(port))
    supervisor.stop(["web"])
    assert not is_process(pid)
    assert not supervisor.status("web").is_up


def test_starting_again_changes_nothing(supervisor: Supervisor, layout: Layout, port: int) -> None:
    assert begin(supervisor, layout, web(port)) == begin(supervisor, layout, web(port))


def test_a_changed_script_makes_a_new_process(
    supervisor: Supervisor, layout: Layout, port: int
) -> None:
    before = begin(supervisor, layout, web(port))
    assert begin(supervisor, layout, web(port, title="two")) != before


def test_a_changed_environment_file_makes_a_new_process(
    supervisor: Supervisor, layout: Layout, port: int
) -> None:
    settings = layout.env_file("web")
    settings.write_text("COLOUR=blue\n")
    program = Program(**{**vars(web(port)), "env_file": settings})
    before = begin(supervisor, layout, program)
    settings.write_text("COLOUR=red\n")
    assert begin(supervisor, layout, program) != before


def test_a_killed_process_comes_back_by_itself(
    supervisor: Supervisor, layout: Layout, port: int
) -> None:
    pid = begin(supervisor, layout, web(port))
    assert wait_until(lambda: supervisor.status("web").state == "RUNNING", seconds=10)
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: supervisor.status("web").pid not in (0, pid), seconds=10)
    health.wait_for([web(port)], supervisor, layout, limit=20)


def test_a_program_that_keeps_ending_is_named_with_its_log(
    supervisor: Supervisor, layout: Layout
) -> None:
    supervisor.apply([broken()])
    supervisor.start(["broken"])
    with pytest.raises(PartFailed, match="broken") as failure:
        health.wait_for([broken()], supervisor, layout, limit=30)
    assert failure.value.log
    assert "this is why" in failure.value.log.read_text()


def test_a_program_that_never_gets_ready_is_named(
    supervisor: Supervisor, layout: Layout, port: int
) -> None:
    deaf = Program(**{**vars(web(port)), "is_ready": lambda: False})
    supervisor.apply([deaf])
    supervisor.start(["web"])
    with pytest.raises(PartFailed, match="not ready after 1 s"):
        health.wait_for([deaf], supervisor, layout, limit=1)


def test_somebody_else_on_the_port_is_not_taken_for_the_program(
    supervisor: Supervisor, layout: Layout, taken_port: int
) -> None:
    supervisor.apply([web(taken_port)])
    with pytest.raises(PartFailed):
        health.wait_for([web(taken_port)], supervisor, layout, limit=1)


def test_a_forgotten_program_is_stopped_and_unknown(
    supervisor: Supervisor, layout: Layout, port: int
) -> None:
    pid = begin(supervisor, layout, web(port))
    supervisor.forget(["web"])
    assert not is_process(pid)
    assert "web" not in supervisor.statuses()


def test_an_old_heartbeat_is_removed_when_a_worker_starts(
    supervisor: Supervisor, layout: Layout
) -> None:
    heartbeat = layout.health / "worker"
    heartbeat.touch()
    worker = Program(
        name="worker",
        service="orders",
        role="worker",
        argv=("sleep", "60"),
        heartbeat=heartbeat,
        is_ready=lambda: not heartbeat.exists(),
    )
    begin(supervisor, layout, worker)
    assert not health.is_beating(heartbeat)


def test_a_stale_heartbeat_is_not_a_healthy_one(tmp_path: Path) -> None:
    heartbeat = tmp_path / "beat"
    heartbeat.touch()
    assert health.is_beating(heartbeat)
    os.utime(heartbeat, (0, 0))
    assert not health.is_beating(heartbeat)


def test_nothing_survives_the_supervisor(layout: Layout, port: int) -> None:
    supervisor = Supervisor(layout)
    assert supervisor.launch()
    assert not supervisor.launch()
    pid = begin(supervisor, layout, web(port))
    supervisor.shut_down()
    assert not is_process(pid)
    assert not supervisor.is_alive()


def test_what_a_killed_supervisor_left_running_ends_before_the_next_begins(
    layout: Layout, port: int
) -> None:
    supervisor = Supervisor(layout)
    supervisor.launch()
    orphan = begin(supervisor, layout, web(port))
    os.kill(supervisor.pid(), signal.SIGKILL)
    assert wait_until(lambda: not supervisor.is_alive(), seconds=10)
    assert is_process(orphan)
    try:
        supervisor.launch()
        assert network.is_free(port)
        begin(supervisor, layout, web(port))
    finally:
        supervisor.shut_down()


def test_a_run_directory_with_a_long_path_works(tmp_path: Path, port: int) -> None:
    layout = Layout(Path.cwd(), tmp_path / ("long-" * 30) / "run")
    layout.make()
    supervisor = Supervisor(layout)
    try:
        supervisor.launch()
        begin(supervisor, layout, web(port))
    finally:
        supervisor.shut_down()
        layout.outside.rmdir()


def chatty(layout: Layout, lines: int, pause: float) -> Program:
    """Says so many numbers, one at a time."""
    say = (
        "import sys, time\n"
        "for n in range(int(sys.argv[1])): print(n, flush=True); time.sleep(float(sys.argv[2]))\n"
        "time.sleep(60)"
    )
    return Program(
        name="chatty",
        service="chatty",
        role="web",
        argv=(sys.executable, "-c", say, str(lines), str(pause)),
        is_ready=lambda: layout.log("chatty").read_text().endswith(f"\n{lines - 1}\n"),
    )


def test_every_line_of_a_chatty_program_is_kept(supervisor: Supervisor, layout: Layout) -> None:
    begin(supervisor, layout, chatty(layout, 20_000, 0))
    assert layout.log("chatty").read_text().split() == [str(n) for n in range(20_000)]


def test_supervisord_wakes_once_for_many_lines(supervisor: Supervisor, layout: Layout) -> None:
    before = rests(supervisor)
    begin(supervisor, layout, chatty(layout, 400, 0.002))
    assert rests(supervisor) - before < 400


def rests(supervisor: Supervisor) -> int:
    """How often supervisord has waited for something."""
    status = Path(f"/proc/{supervisor.pid()}/status").read_text()
    return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])


def test_a_process_that_nobody_waits_for_has_ended() -> None:
    child = os.fork()
    if child == 0:
        time.sleep(0.5)
        os._exit(0)
    try:
        assert is_process(child)
        assert wait_until(lambda: not is_process(child), seconds=10)
    finally:
        os.waitpid(child, 0)

"""The whole shop with tiny services: up, again, scale, restart, kill, failure, down."""

import http.client
import os
import signal
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from compose.local import health, inspection, memory, network, postgres
from compose.local.errors import PartFailed, PortTaken, UnknownName
from compose.local.layout import Layout
from compose.local.platform import Platform
from compose.local.state import State
from compose.local.supervisor import is_process, wait_until
from compose.local.tests import standin
from shared.services import SERVICES

SLOW = "/catalog/api/v1/slow/"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A shop that is up, on ports of its own."""
    root = tmp_path_factory.mktemp("a checkout")
    standin.build(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUK_HTTP_PORT", str(network.find_free(())))
        patch.setenv("SOUK_HTTPS_PORT", str(network.find_free(())))
        patch.setenv("SOUK_RATE_LIMITS", "off")
        patch.delenv("STRIPE_SECRET_KEY", raising=False)
        layout = Layout(root, root / ".run")
        layout.make()
        platform = Platform(layout, State(layout.state_file))
        try:
            platform.up()
            yield platform
        finally:
            platform.down()
            postgres.discard(layout, platform.state)


@pytest.fixture
def open_shop(shop: Platform) -> Platform:
    """The shop, brought up again where an earlier test left it down."""
    shop.up()
    return shop


def pids(platform: Platform) -> dict[str, int]:
    return {name: row.pid for name, row in platform.supervisor.statuses().items()}


def processes_of(platform: Platform) -> set[int]:
    return memory.tree(platform.supervisor.pid(), memory.parents())


def fetch(platform: Platform, path: str) -> tuple[int, bytes]:
    port = platform.state.port("http")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@contextmanager
def visitors(platform: Platform) -> Iterator[Counter[object]]:
    """Three people who ask again and again; the counter says what they were answered."""
    answers: Counter[object] = Counter()
    over = threading.Event()

    def visit() -> None:
        while not over.is_set():
            try:
                answers[fetch(platform, SLOW)[0]] += 1
            except (OSError, http.client.HTTPException) as error:
                answers[repr(error)] += 1

    crowd = [threading.Thread(target=visit) for _ in range(3)]
    for visitor in crowd:
        visitor.start()
    try:
        yield answers
    finally:
        over.set()
        for visitor in crowd:
            visitor.join()


def test_up_starts_web_and_worker_of_every_service(open_shop: Platform) -> None:
    words = health.look(open_shop.programs(), open_shop.supervisor.statuses())
    assert set(words.values()) == {"healthy"}
    for service in SERVICES:
        assert {f"{service}-web-1", f"{service}-worker"} <= set(words)


def test_the_gateway_reaches_a_service(open_shop: Platform) -> None:
    assert fetch(open_shop, SLOW)[0] == 200


def test_up_again_changes_nothing(open_shop: Platform) -> None:
    before = pids(open_shop)
    open_shop.up()
    assert pids(open_shop) == before


def test_info_tells_where_everything_is(open_shop: Platform) -> None:
    told = inspection.info(open_shop)
    assert told["shop"] == f"http://127.0.0.1:{open_shop.state.port('http')}"
    assert set(told["servers"]) == {"postgresql", "rabbitmq", "redis", "gateway", "sandbox"}
    assert all(is_process(server["pid"]) for server in told["servers"].values())
    roles = Counter(process["role"] for process in told["processes"])
    assert (roles["web"], roles["worker"], roles["stream"], roles["identity"]) == (9, 9, 1, 1)
    assert all(is_process(process["pid"]) for process in told["processes"])
    assert told["accounts"]["merchant"]["email"] == "mia@souk.example"


def test_status_shows_each_process_and_the_memory_in_all(
    open_shop: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inspection.status(open_shop)
    shown = capsys.readouterr().out
    assert "recommend-worker" in shown
    assert "Memory in all" in shown


def test_a_killed_web_process_is_back_by_itself(open_shop: Platform) -> None:
    pid = open_shop.supervisor.status("cart-web-1").pid
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: open_shop.supervisor.status("cart-web-1").pid not in (0, pid), 20)
    health.wait_for(open_shop.find("cart"), open_shop.supervisor, open_shop.layout)


def test_scaling_up_and_down_loses_no_request(open_shop: Platform) -> None:
    with visitors(open_shop) as answers:
        open_shop.scale({"catalog": 3})
        seen = {fetch(open_shop, SLOW)[1] for _ in range(12)}
        open_shop.scale({"catalog": 1})
    assert set(answers) == {200}
    assert len(seen) > 1
    assert "catalog-web-2" not in open_shop.supervisor.statuses()


def test_workers_are_scaled_like_web_processes(open_shop: Platform) -> None:
    open_shop.scale({"orders-worker": 2})
    assert {"orders-worker", "orders-worker-2"} <= set(open_shop.supervisor.statuses())
    assert "--clock" not in (open_shop.layout.scripts / "orders-worker-2").read_text()
    open_shop.scale({"orders-worker": 1})
    assert "orders-worker-2" not in open_shop.supervisor.statuses()


def test_the_gateway_comes_back_when_its_master_was_killed(open_shop: Platform) -> None:
    old = open_shop.supervisor.status("gateway").pid
    os.kill(old, signal.SIGKILL)
    assert wait_until(lambda: open_shop.supervisor.status("gateway").pid not in (0, old), 20)
    gateway = next(p for p in open_shop.programs() if p.name == "gateway")
    assert wait_until(gateway.is_ready, 20)
    assert fetch(open_shop, SLOW)[0] == 200


def test_a_full_disk_does_not_end_supervision(open_shop: Platform) -> None:
    log = open_shop.layout.log("cart-web-1")
    kept = log.with_suffix(".aside")
    log.rename(kept)
    log.symlink_to("/dev/full")
    before = open_shop.supervisor.pid()
    for heal in (lambda: None, lambda: kept.replace(log)):
        heal()
        os.kill(before, signal.SIGUSR2)
        assert fetch(open_shop, SLOW)[0] == 200
        open_shop.restart("cart")
    assert open_shop.supervisor.pid() == before


@pytest.mark.parametrize("wanted", [0, 99])
def test_an_impossible_number_of_replicas_is_refused(open_shop: Platform, wanted: int) -> None:
    before = pids(open_shop)
    with pytest.raises(UnknownName):
        open_shop.scale({"catalog": wanted})
    assert open_shop.state.replicas("catalog") == 1
    assert pids(open_shop) == before


def test_restart_makes_new_processes_of_that_service_only(open_shop: Platform) -> None:
    before = pids(open_shop)
    open_shop.restart("orders")
    changed = {name for name, pid in pids(open_shop).items() if pid != before[name]}
    assert changed == {"orders-web-1", "orders-worker"}


def test_a_half_finished_up_can_be_repeated(open_shop: Platform) -> None:
    before = pids(open_shop)
    open_shop.supervisor.stop(["cart-web-1", "gateway"])
    open_shop.up()
    assert fetch(open_shop, SLOW)[0] == 200
    untouched = {"postgresql", "rabbitmq", "orders-web-1"}
    assert all(pids(open_shop)[name] == before[name] for name in untouched)


def test_down_leaves_no_process_behind(shop: Platform) -> None:
    running = processes_of(shop)
    shop.down()
    assert not [pid for pid in running if is_process(pid)]


def test_a_taken_port_is_named_with_the_variable_that_changes_it(shop: Platform) -> None:
    shop.down()
    address = ("127.0.0.1", shop.state.port("http"))
    with socket.create_server(address), pytest.raises(PortTaken) as refusal:
        shop.up()
    assert "SOUK_HTTP_PORT" in str(refusal.value)
    assert not shop.supervisor.is_alive()


def test_a_service_that_does_not_start_is_named_and_nothing_is_left_running(
    shop: Platform,
) -> None:
    shop.down()
    root: Path = shop.layout.root
    standin.break_settings(root, "reviews")
    try:
        with pytest.raises(PartFailed, match="reviews") as failure:
            shop.up()
    finally:
        standin.mend_settings(root, "reviews")
    assert failure.value.log
    assert "broken on purpose" in failure.value.log.read_text()
    assert not shop.supervisor.is_alive()


def test_the_shop_opens_again_after_all_that(shop: Platform) -> None:
    shop.up()
    assert fetch(shop, SLOW)[0] == 200

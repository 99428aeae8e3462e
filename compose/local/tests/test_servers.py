"""The real PostgreSQL, RabbitMQ and Redis, in two run directories at once."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg2
import pytest

from compose.local import environment, network, postgres, rabbitmq, servers
from compose.local.layout import ROOT, Layout
from compose.local.platform import Platform
from compose.local.queues import task_queues
from compose.local.state import State
from compose.local.supervisor import Supervisor, wait_until
from shared.services import SERVICES


@dataclass(frozen=True)
class Checkout:
    layout: Layout
    state: State
    supervisor: Supervisor

    def up(self) -> None:
        servers.up(self.layout, self.state, self.supervisor)

    def pids(self) -> dict[str, int]:
        return {name: row.pid for name, row in self.supervisor.statuses().items()}

    def is_healthy(self) -> bool:
        return all(one.is_ready() for one in servers.programs(self.layout, self.state))

    def database_url(self, service: str) -> str:
        return environment.read(self.layout, service)["SOUK_DATABASE_URL"]


def make_checkout(run: Path) -> Checkout:
    layout = Layout(ROOT, run)
    layout.make()
    return Checkout(layout, State(layout.state_file), Supervisor(layout))


@pytest.fixture(scope="module")
def checkouts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Checkout, Checkout]]:
    """A shop's run directory, and one for tests, both with their servers up."""
    both = (
        make_checkout(tmp_path_factory.mktemp("number one") / "run"),
        make_checkout(tmp_path_factory.mktemp("number two") / "test"),
    )
    try:
        for checkout in both:
            checkout.up()
        yield both
    finally:
        for checkout in both:
            Platform(checkout.layout, checkout.state).down()
            postgres.discard(checkout.layout, checkout.state)


def test_every_service_reaches_its_own_database(checkouts: tuple[Checkout, Checkout]) -> None:
    for service in SERVICES:
        with psycopg2.connect(checkouts[0].database_url(service)) as connection:
            cursor = connection.cursor()
            cursor.execute("CREATE TABLE try (id int); DROP TABLE try")
        connection.close()


@pytest.mark.parametrize("which", [0, 1], ids=["shop", "tests"])
def test_a_role_is_refused_by_another_service_s_database(
    checkouts: tuple[Checkout, Checkout], which: int
) -> None:
    url = checkouts[which].database_url("orders")
    foreign = url.rpartition("/")[0] + "/souk_payments"
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(foreign)


def test_a_wrong_password_is_refused(checkouts: tuple[Checkout, Checkout]) -> None:
    port = checkouts[0].state.port("postgresql")
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(
            host="127.0.0.1", port=port, user="souk_orders", password="x", dbname="souk_orders"
        )


def test_only_roles_for_tests_may_create_databases(checkouts: tuple[Checkout, Checkout]) -> None:
    allowed = []
    for checkout in checkouts:
        connection = psycopg2.connect(checkout.database_url("orders"))
        cursor = connection.cursor()
        cursor.execute("SELECT rolcreatedb, rolsuper FROM pg_roles WHERE rolname = current_user")
        allowed.append(cursor.fetchone())
        connection.close()
    assert allowed == [(False, False), (True, False)]


def test_flower_is_told_of_the_queues(checkouts: tuple[Checkout, Checkout]) -> None:
    url = rabbitmq.management_url(checkouts[0].state)
    user, _, address = url.removeprefix("http://").partition("@")
    asked = httpx.get(f"http://{address}queues/%2F", auth=tuple(user.split(":")))
    assert asked.status_code == 200
    assert isinstance(asked.json(), list)
    assert httpx.get(f"http://{address}queues/%2F").status_code == 401
    assert [queue.name for queue in task_queues][:2] == ["catalog", "catalog.dead"]
    assert len(task_queues) == 2 * len(SERVICES)


def test_a_second_up_changes_nothing(checkouts: tuple[Checkout, Checkout]) -> None:
    before = checkouts[0].pids()
    checkouts[0].up()
    assert checkouts[0].pids() == before


def test_one_checkout_s_down_leaves_the_other_standing(
    checkouts: tuple[Checkout, Checkout],
) -> None:
    one, other = checkouts
    before = other.pids()
    ports = {program.name: program.port for program in servers.programs(one.layout, one.state)}
    Platform(one.layout, one.state).down()
    assert not one.is_healthy()
    assert other.is_healthy()
    assert other.pids() == before
    one.up()
    after = {program.name: program.port for program in servers.programs(one.layout, one.state)}
    assert after == ports
    assert one.is_healthy()


def test_a_broker_waits_for_the_epmd_that_is_supervised(checkouts):
    """It would start a daemon of its own, which nobody supervises."""
    one = checkouts[1]
    one.supervisor.stop(["rabbitmq", "epmd"])
    one.supervisor.start(["rabbitmq"])
    time.sleep(5)

    one.supervisor.start(["epmd"])

    assert wait_until(one.is_healthy, 30)
    one.supervisor.stop(["epmd"])
    assert network.is_free(one.state.port(rabbitmq.EPMD))

"""The kernel behind PgBouncer, which gives each transaction whichever session is free."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, transaction

from shared.database.locks import advisory_lock, lock_until_commit
from shared.events import relay
from shared.events.ids import uuid7
from shared.events.tests.conftest import Workers, database_url, effects, eventually, tick, waiting
from shared.testing.probe.models import Effect

SESSIONS = 3
SETTINGS = """
[databases]
* = host={host} port={server_port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {sessions}
max_client_conn = 100
"""


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_open(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def pooler_port(tmp_path_factory: pytest.TempPathFactory, transactional_db: None) -> Iterator[int]:
    """A PgBouncer with few sessions in front of the test's database."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "PgBouncer is not installed"
    params, port = connection.get_connection_params(), free_port()
    text = SETTINGS.format(
        host=params["host"],
        server_port=params["port"],
        user=params["user"],
        password=params["password"],
        port=port,
        sessions=SESSIONS,
    )
    # It does not run as root, and another user does not come into pytest's own folders.
    as_other = ["-u", "nobody"] if os.getuid() == 0 else []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        file = Path(folder, "pgbouncer.ini")
        file.write_text(text)
        running = subprocess.Popen([program, *as_other, str(file)], stderr=subprocess.DEVNULL)
        eventually(lambda: is_open(port))
        yield port
        running.terminate()
        running.wait(10)


@pytest.fixture
def pooled(pooler_port: int) -> Iterator[Any]:
    """Everything of this thread goes through the pooler."""
    wrapper = connection.copy()
    wrapper.settings_dict["PORT"] = pooler_port
    direct = connections["default"]
    connections["default"] = wrapper
    yield wrapper
    wrapper.close()
    connections["default"] = direct


def ask(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def test_a_worker_handles_every_event_once(pooler_port: int, workers: Workers) -> None:
    direct = database_url()
    behind = direct.replace(f":{connection.settings_dict['PORT']}/", f":{pooler_port}/")
    for _ in range(2):
        workers.start(SOUK_DATABASE_URL=behind, SOUK_DATABASE_DIRECT_URL=direct)
    ticks = [tick() for _ in range(60)]

    eventually(lambda: Effect.objects.count() >= len(ticks) and not waiting())

    assert [effects(one) for one in ticks] == [1] * len(ticks)
    listening = "SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN souk_outbox'"
    assert ask(listening) == 2


def test_locks_hold_while_sessions_change(pooled: Any) -> None:
    with advisory_lock("tea") as taken:
        for _ in range(2 * SESSIONS):
            with advisory_lock("tea") as again:
                assert (taken, again) == (True, False)
    with transaction.atomic():
        lock_until_commit("tea")
    with advisory_lock("tea") as taken:
        assert taken


def test_rows_are_read_in_parts_outside_a_transaction(pooled: Any) -> None:
    Effect.objects.bulk_create(Effect(tick_id=uuid7()) for _ in range(50))

    assert len(list(Effect.objects.iterator(chunk_size=10))) == 50


def test_the_relay_leaves_no_setting_in_a_session(pooled: Any) -> None:
    class Publisher:
        def publish(self, messages: Any) -> None:
            self.seen = ask("SHOW synchronous_commit")

    tick()
    publisher: Any = Publisher()

    assert relay.relay_batch(publisher) == 1
    assert (publisher.seen, ask("SHOW synchronous_commit")) == ("off", "on")

"""The platform under proof: its programs, its databases, its stock."""

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import httpx
import psycopg2

from compose.local import environment, inspection, postgres, rabbitmq
from compose.local.layout import Layout
from compose.local.platform import Platform
from compose.local.programs import Program
from compose.local.state import State
from shared.services import SERVICES

# Every fact that a service publishes is kept here, because its outbox forgets what it has sent.
HISTORY = """
CREATE TABLE IF NOT EXISTS proof_history (
    event_id uuid PRIMARY KEY, exchange text NOT NULL, routing_key text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE OR REPLACE FUNCTION proof_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO proof_history (event_id, exchange, routing_key)
    VALUES (NEW.event_id, NEW.exchange, NEW.routing_key) ON CONFLICT DO NOTHING;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS proof_keep ON events_outbox;
CREATE TRIGGER proof_keep AFTER INSERT ON events_outbox FOR EACH ROW EXECUTE FUNCTION proof_keep();
"""


class Backlog(NamedTuple):
    """How many messages a queue holds, which of them wait and which are in somebody's hands."""

    messages: int = 0
    ready: int = 0
    unacknowledged: int = 0
    consumers: int = 0

    def __str__(self) -> str:
        return (
            f"{self.messages}, {self.ready} ready, {self.unacknowledged} unacknowledged, "
            f"{self.consumers} consumers"
        )


@dataclass(frozen=True)
class Stage:
    """One running copy of Souk. `log` of programs, signals and SQL go through here."""

    layout: Layout

    @cached_property
    def state(self) -> State:
        return State(self.layout.state_file)

    @cached_property
    def platform(self) -> Platform:
        return Platform(self.layout, self.state)

    @cached_property
    def info(self) -> dict[str, Any]:
        told: dict[str, Any] = inspection.info(self.platform)
        return told

    @property
    def url(self) -> str:
        return str(self.info["shop"])

    @cached_property
    def programs(self) -> dict[str, Program]:
        return {program.name: program for program in self.platform.programs()}

    def programs_of(self, part: str) -> list[str]:
        """Names of the programs of a service or server."""
        return [name for name, program in self.programs.items() if part in (program.service, name)]

    def pid(self, name: str) -> int:
        """0 while it does not run."""
        status = self.platform.supervisor.status(name)
        return status.pid if status.is_up else 0

    def signal(self, name: str, number: signal.Signals) -> bool:
        """Sends the program and its children a signal; False when it does not run."""
        pid = self.pid(name)
        for one in [*children(pid), pid] if pid else []:
            with suppress(ProcessLookupError):
                os.kill(one, number)
        return bool(pid)

    @contextmanager
    def database(self, service: str) -> Iterator[Any]:
        """A connection to one service's database, as that service's role."""
        link = psycopg2.connect(postgres.url(self.state, service), connect_timeout=5)
        try:
            yield link
        finally:
            link.close()

    def keep_history(self) -> None:
        for service in SERVICES:
            with self.database(service) as link, link, link.cursor() as cursor:
                cursor.execute(HISTORY)

    def broker_queues(self) -> dict[str, Backlog]:
        """What each queue holds, by the queue's name."""
        columns = ["messages", "messages_ready", "messages_unacknowledged", "consumers"]
        command = ["rabbitmqctl", "-q", "--formatter", "json", "list_queues", "name", *columns]
        variables = {
            **environment.inherited(self.layout),
            **rabbitmq.environment(self.layout, self.state),
            "PATH": f"/usr/lib/rabbitmq/bin:{os.environ['PATH']}",
        }
        ran = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60)
        if ran.returncode:
            raise RuntimeError(ran.stderr or ran.stdout)
        return {
            row["name"]: Backlog(*(int(row[column]) for column in columns))
            for row in json.loads(ran.stdout)
        }

    def sandbox(self, method: str, path: str, body: Any = None) -> Any:
        """A hook of the payment provider's stand-in; its JSON."""
        port = self.state.port("payments-sandbox")
        url = f"http://127.0.0.1:{port}/_sandbox/{path}"
        return httpx.request(method, url, json=body, timeout=20).raise_for_status().json()

    def mails(self) -> list[tuple[str, str, int]]:
        """Recipients, Message-ID and number of copies of every mail that was delivered."""
        path = self.layout.run / "mailbox" / "mails.sqlite3"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as box:
            return box.execute("SELECT recipients, message_id, copies FROM mails").fetchall()

    def manage(self, service: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.layout.python), "-m", f"{service}.manage", *arguments]
        variables = environment.of_process(self.layout, service)
        return subprocess.run(
            command, cwd=self.layout.root, env=variables, capture_output=True, text=True
        )


def children(pid: int) -> list[int]:
    """All descendants of a process."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found, fresh = [], {pid}
    while fresh:
        fresh = {one for one, parent in pairs if parent in fresh}
        found += sorted(fresh)
    return found

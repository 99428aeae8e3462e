"""The database server's own pace: transactions that write, counted and made."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

import psycopg2

from compose.local import packages, postgres
from tests.load.bench.readings import Bench
from tests.load.bench.references import TABLE

SCRIPT = f"INSERT INTO {TABLE} (text) VALUES (repeat('x', 40));\n"


@contextmanager
def table(bench: Bench, service: str) -> Iterator[None]:
    """The table that references insert into, in the service's database."""
    link = psycopg2.connect(postgres.url(bench.state, service))
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        cursor.execute(f"CREATE TABLE {TABLE} (id bigserial PRIMARY KEY, text varchar(100))")
        try:
            yield
        finally:
            cursor.execute(f"DROP TABLE {TABLE}")
            link.close()


def written(bench: Bench) -> int:
    """Grows by one for every transaction of the server, of any database, that wrote something."""
    link = psycopg2.connect(postgres.url(bench.state, "orders"))
    with link, link.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        (number,) = cursor.fetchone()
    link.close()
    return int(number)


def pgbench(bench: Bench, service: str, clients: int) -> float:
    """Commits of one inserted row a second; needs `table`."""
    program = Path(packages.find("postgres")).with_name("pgbench")
    with NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(SCRIPT)
        script.flush()
        command = [
            *(str(program), "-n", "-f", script.name, "-M", "prepared"),
            *("-c", str(clients), "-j", str(min(2, clients)), "-T", str(bench.seconds)),
            postgres.url(bench.state, service),
        ]
        told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r"tps = ([\d.]+)", told.stdout)
    assert found, told.stdout
    return float(found[1])

"""A private PostgreSQL: its data directory, its roles and its nine databases."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from compose.local import packages
from compose.local.commands import run_logged
from compose.local.errors import NotInstalled, OtherVersion
from compose.local.layout import Layout
from compose.local.network import LOOPBACK
from compose.local.programs import SERVER_LOCALE, Program
from compose.local.state import State
from shared.services import SERVICES

NAME = "postgresql"
ADMIN = "souk_admin"
# Kept over a restart of the machine, and open to the server's own user.
ELSEWHERE = Path("/var/tmp")
SETTINGS = """\
# Written by manage_all.sh; changes are lost.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 200
shared_buffers = 64MB
effective_cache_size = 512MB
password_encryption = scram-sha-256
wal_level = minimal
max_wal_senders = 0
max_wal_size = 512MB
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m %d '
# A refused statement's text and details hold what people wrote, and passwords' hashes.
log_min_error_statement = panic
log_error_verbosity = terse
autovacuum_naptime = 30s
max_parallel_workers = 2
"""
# `sameuser`: a role reaches the database of its own name and no other.
ACCESS = """\
host all {admin} 127.0.0.1/32 scram-sha-256
host {databases} all 127.0.0.1/32 scram-sha-256
"""


def data_directory(layout: Layout, state: State) -> Path:
    """Under the run directory if the server's user can reach it there, else in /var/tmp."""
    kept = state.get("paths", "postgresql")
    if kept:
        return Path(kept)
    chosen = layout.run / "postgresql"
    if not _can_reach(layout.run):
        chosen = ELSEWHERE / f"souk-{layout.fingerprint}" / "postgresql"
    state.put("paths", "postgresql", str(chosen))
    return chosen


def server_user() -> str | None:
    """PostgreSQL refuses to run as root; None where we are an ordinary user."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in names:
            return name
    raise NotInstalled("No user 'postgres' or 'nobody' to run PostgreSQL as.")


def program(layout: Layout, state: State) -> Program:
    data = data_directory(layout, state)
    port = state.port(NAME)
    return Program(
        name=NAME,
        service=NAME,
        role="server",
        port=port,
        argv=(*_as_server_user(), str(_server(data)), "-D", str(data)),
        is_ready=partial(_answers, state),
        # SIGINT is PostgreSQL's fast shutdown: sessions are ended, nothing is lost.
        stop_signal="INT",
        stop_seconds=30,
    )


def check_data(layout: Layout, state: State) -> None:
    """OtherVersion if the server that made the data is not installed."""
    data = data_directory(layout, state)
    made_by, installed = _made_by(data), packages.version_of([_server(data), "--version"])[0]
    if made_by not in (None, installed):
        raise OtherVersion(
            f"The databases in {data} were made by PostgreSQL {made_by}; installed is {installed}, "
            f"which cannot read them.\nInstall PostgreSQL {made_by} beside it (Debian: "
            f"postgresql-{made_by}): it is used for these data then. Or delete all data of this "
            "shop and begin anew:\n    ./manage_all.sh reset"
        )


def prepare(layout: Layout, state: State) -> None:
    """Makes the data directory when it is not there, and writes the configuration."""
    data = data_directory(layout, state)
    if not (data / "PG_VERSION").is_file():
        _initialise(layout, state, data)
    databases = "all" if layout.for_tests else "sameuser"
    _write(data / "postgresql.conf", SETTINGS.format(port=state.port(NAME)))
    _write(data / "pg_hba.conf", ACCESS.format(admin=ADMIN, databases=databases))


def create_databases(layout: Layout, state: State) -> None:
    """One role and one database a service; what exists is left alone. The server must run."""
    names = [*SERVICES, "shared"] if layout.for_tests else SERVICES
    with administration(state) as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        known = {name for (name,) in cursor.fetchall()}
        for service in names:
            _create_role(cursor, state, service, may_create_databases=layout.for_tests)
            if role(service) not in known:
                _create_database(cursor, service)


def role(service: str) -> str:
    return f"souk_{service}"


def url(state: State, service: str) -> str:
    password = state.secret(f"postgresql-{service}")
    name = role(service)
    return f"postgres://{name}:{password}@{LOOPBACK}:{state.port(NAME)}/{name}"


def discard(layout: Layout, state: State) -> None:
    """Deletes the data directory where it lies outside the run directory."""
    data = data_directory(layout, state)
    if layout.run not in data.parents:
        shutil.rmtree(data.parent, ignore_errors=True)


@contextmanager
def administration(state: State) -> Iterator[Any]:
    """A cursor of the superuser; each statement is its own transaction."""
    with closing(_connect(state)) as connection:
        connection.autocommit = True
        yield connection.cursor()


def _connect(state: State) -> Any:
    return psycopg2.connect(
        host=LOOPBACK,
        port=state.port(NAME),
        user=ADMIN,
        password=state.secret("postgresql-admin"),
        dbname="postgres",
        connect_timeout=2,
    )


def _answers(state: State) -> bool:
    try:
        _connect(state).close()
    except psycopg2.OperationalError:
        return False
    return True


def _create_role(cursor: Any, state: State, service: str, may_create_databases: bool) -> None:
    name = sql.Identifier(role(service))
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role(service)])
    if not cursor.fetchone():
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    creating = sql.SQL("CREATEDB" if may_create_databases else "NOCREATEDB")
    password = sql.Literal(state.secret(f"postgresql-{service}"))
    cursor.execute(sql.SQL("ALTER ROLE {} {} PASSWORD {}").format(name, creating, password))


def _create_database(cursor: Any, service: str) -> None:
    name = sql.Identifier(role(service))
    cursor.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(name))
    cursor.execute(sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(name))


def _initialise(layout: Layout, state: State, data: Path) -> None:
    shutil.rmtree(data, ignore_errors=True)  # left by an initdb that was interrupted
    if layout.run not in data.parents:
        data.parent.mkdir(exist_ok=True)
        data.parent.chmod(0o711)  # whatever the umask: the server's user must come through
    data.mkdir(mode=0o700)
    _give(data)
    password = data.with_suffix(".password")
    _write(password, state.secret("postgresql-admin"))
    command: list[str | Path] = [
        *_as_server_user(),
        *(packages.find("initdb"), "-D", data, "-U", ADMIN),
        *(f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
        f"--lc-ctype={_character_type()}",
    ]
    try:
        env = {**os.environ, **SERVER_LOCALE}
        run_logged(NAME, command, layout.log(NAME), env=env, cwd=Path("/"))
    finally:
        password.unlink()


def _made_by(data: Path) -> int | None:
    version = data / "PG_VERSION"
    return int(version.read_text()) if version.is_file() else None


def _server(data: Path) -> Path:
    """The program that made the data if it is still there, else the newest one."""
    return packages.find("postgres", _made_by(data))


def _character_type() -> str:
    """C sorts the same on every machine, but letters beyond ASCII need a real character type."""
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True).stdout.split()
    wanted = ("C.UTF-8", "C.utf8", "en_US.UTF-8", "en_US.utf8")
    return next((name for name in wanted if name in known), "C")


def _as_server_user() -> tuple[str, ...]:
    user = server_user()
    if user is None:
        return ()
    group = str(pwd.getpwnam(user).pw_gid)
    return ("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups")


def _can_reach(directory: Path) -> bool:
    as_user = _as_server_user()
    return not as_user or not subprocess.run([*as_user, "test", "-x", directory]).returncode


def _give(path: Path) -> None:
    user = server_user()
    if user:
        shutil.chown(path, user, pwd.getpwnam(user).pw_gid)


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
    _give(path)

"""Data of an earlier time, and machines that differ: what is refused, and with which words."""

import os
import subprocess
from pathlib import Path

import pytest

from compose.local import packages, postgres, rabbitmq
from compose.local.errors import OtherVersion
from compose.local.layout import Layout
from compose.local.platform import Platform
from compose.local.programs import Program, write_script
from compose.local.state import State
from compose.local.supervisor import Supervisor

OF_3_10 = "[implicit_default_bindings,maintenance_mode_status,quorum_queue,stream_queue]."
OF_4_0 = "[feature_flags_v2,message_containers,quorum_queue,'rabbitmq_4.0.0',stream_queue]."


@pytest.fixture
def servers_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL 15 and 17 are installed."""
    for version in (15, 17):
        program = tmp_path / "postgresql" / str(version) / "bin" / "postgres"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}.1 (Debian)'\n")
        program.chmod(0o755)
    both = packages.Package("P", "p", "p", ("postgres",), places=(f"{tmp_path}/postgresql/*/bin",))
    monkeypatch.setattr(packages, "TESTING", (both,))


def data_of(layout: Layout, state: State, version: str) -> Path:
    data = layout.run / "postgresql"
    data.mkdir()
    (data / "PG_VERSION").write_text(f"{version}\n")
    state.put("paths", "postgresql", str(data))
    return data


def test_databases_of_another_postgresql_are_named_with_the_way_out(
    layout: Layout, state: State, servers_of: None
) -> None:
    data = data_of(layout, state, "14")
    with pytest.raises(OtherVersion, match="PostgreSQL 14; installed is 17") as refusal:
        postgres.check_data(layout, state)
    for part in (str(data), "postgresql-14", "./manage_all.sh reset"):
        assert part in str(refusal.value)


@pytest.mark.parametrize("made_by", [15, 17])
def test_the_postgresql_that_made_the_databases_runs_them(
    layout: Layout, state: State, servers_of: None, made_by: int
) -> None:
    data_of(layout, state, str(made_by))
    postgres.check_data(layout, state)
    assert any(
        f"/postgresql/{made_by}/bin/postgres" in word
        for word in postgres.program(layout, state).argv
    )


def test_new_databases_are_made_by_the_newest(
    layout: Layout, state: State, servers_of: None
) -> None:
    postgres.check_data(layout, state)
    assert any("/17/bin/postgres" in word for word in postgres.program(layout, state).argv)


def test_a_shop_with_such_data_is_refused_before_anything_starts(
    layout: Layout, state: State
) -> None:
    data = data_of(layout, state, "9")
    with pytest.raises(OtherVersion):
        Platform(layout, state).up()
    assert not Supervisor(layout).is_alive()
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]
    Platform(layout, state).down()  # which needs no server that fits


@pytest.mark.parametrize(
    ("installed", "notes", "fits"),
    [
        ((4, 0, 5), OF_3_10, False),
        ((4, 0, 5), OF_4_0, True),
        ((4, 0, 5), "[].", True),
        ((4, 0, 5), None, True),
        ((3, 10, 8), OF_3_10, True),
    ],
)
def test_queues_of_an_older_rabbitmq_are_named_with_the_way_out(
    layout: Layout,
    monkeypatch: pytest.MonkeyPatch,
    installed: tuple[int, ...],
    notes: str | None,
    fits: bool,
) -> None:
    monkeypatch.setattr(packages, "version", lambda package: installed)
    data = layout.rabbitmq / "data"
    data.mkdir()
    if notes is not None:
        (data / "souk-1@localhost-feature_flags").write_text(notes)
    if fits:
        rabbitmq.check_data(layout)
        return
    with pytest.raises(OtherVersion, match="RabbitMQ 3; installed is 4.0") as refusal:
        rabbitmq.check_data(layout)
    assert str(data) in str(refusal.value)


def test_the_database_is_made_under_a_umask_that_closes_everything(
    layout: Layout, state: State
) -> None:
    before = os.umask(0o077)
    try:
        postgres.prepare(layout, state)
        assert (postgres.data_directory(layout, state) / "postgresql.conf").is_file()
    finally:
        os.umask(before)
        postgres.discard(layout, state)


@pytest.mark.parametrize(("role", "language"), [("server", "C"), ("web", "xx_XX.UTF-8")])
def test_servers_start_in_a_language_that_every_machine_has(
    layout: Layout, role: str, language: str
) -> None:
    program = Program(
        name="speaker",
        service="speaker",
        role=role,
        argv=("sh", "-c", "echo $LC_ALL"),
        is_ready=lambda: True,
    )
    ran = subprocess.run(
        [write_script(layout, program)],
        env={**os.environ, "LC_ALL": "xx_XX.UTF-8"},
        capture_output=True,
        text=True,
    )
    assert ran.stdout.strip() == language

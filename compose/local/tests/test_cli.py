import os
import subprocess
from pathlib import Path

import pytest

from compose.local.layout import ROOT


@pytest.fixture
def manage_all(tmp_path: Path) -> "ManageAll":
    return ManageAll(tmp_path / "run")


class ManageAll:
    """Calls ./manage_all.sh as a person would, from another directory."""

    def __init__(self, run: Path) -> None:
        self.run = run

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "manage_all.sh", *arguments],
            cwd=self.run.parent,
            env={**os.environ, "SOUK_RUN_DIR": str(self.run)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )


COMMANDS = (
    *("up", "down", "restart", "status", "info", "logs", "scale", "seed", "manage"),
    *("test", "prove", "bench", "check", "reset", "servers", "help"),
)


def test_help_names_every_command(manage_all: ManageAll) -> None:
    ran = manage_all("help")
    assert ran.returncode == 0
    for command in COMMANDS:
        assert f"\n    {command}" in ran.stdout


def test_no_command_shows_the_help(manage_all: ManageAll) -> None:
    assert manage_all().stdout == manage_all("help").stdout


@pytest.mark.parametrize("line", ["status", "info --json", "logs", "manage catalog check"])
def test_before_up_it_says_what_to_run(manage_all: ManageAll, line: str) -> None:
    ran = manage_all(*line.split())
    assert ran.returncode == 3
    assert "run ./manage_all.sh up first" in ran.stderr


@pytest.mark.parametrize("line", ["restart", "scale catalog=2", "seed"])
def test_what_needs_a_running_shop_is_refused_without_one(manage_all: ManageAll, line: str) -> None:
    ran = manage_all(*line.split())
    assert ran.returncode == 3
    assert "Traceback" not in ran.stderr


def test_an_unknown_service_is_named(manage_all: ManageAll) -> None:
    ran = manage_all("manage", "no-such-service", "check")
    assert ran.returncode == 2
    assert "no-such-service" in ran.stderr


def test_a_malformed_wish_is_refused(manage_all: ManageAll) -> None:
    ran = manage_all("scale", "catalog=many")
    assert ran.returncode == 2
    assert "service=number" in ran.stderr


def test_reset_deletes_nothing_without_a_yes(manage_all: ManageAll) -> None:
    manage_all.run.mkdir()
    (manage_all.run / "precious").touch()
    assert manage_all("reset").returncode == 2
    assert (manage_all.run / "precious").exists()


def test_reset_with_a_yes_deletes_the_run_directory(manage_all: ManageAll) -> None:
    manage_all.run.mkdir()
    ran = manage_all("reset", "--yes")
    assert ran.returncode == 0
    assert str(manage_all.run) in ran.stdout
    assert not manage_all.run.exists()


def test_down_without_anything_running_is_fine(manage_all: ManageAll) -> None:
    assert manage_all("down").returncode == 0

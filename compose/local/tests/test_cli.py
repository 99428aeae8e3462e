import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from compose.local import environment, suites
from compose.local.cli import NOBODY_LISTENS
from compose.local.layout import ROOT, Layout, find_layout
from compose.local.state import State
from compose.local.testing import CHECK, PROOF


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


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What a fresh clone has of the launcher, where nothing has been set up."""
    root = tmp_path / "a clone"
    shutil.copytree(ROOT / "compose" / "local", root / "compose" / "local")
    (root / "shared").mkdir()
    for name in ("manage_all.sh", "requirements.lock", "shared/services.py"):
        shutil.copy(ROOT / name, root / name)
    return root


def of_clone(clone: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [clone / "manage_all.sh", *arguments],
        env={**os.environ, **variables},
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


@pytest.mark.parametrize("line", ["", "help", "--help", "test --help", "up -h", "prove --help"])
def test_help_installs_nothing(clone: Path, line: str) -> None:
    ran = of_clone(clone, *line.split())
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("usage: ./manage_all.sh")
    assert {path.name for path in clone.iterdir()} == {
        *("compose", "shared", "manage_all.sh", "requirements.lock"),
    }


def test_the_help_of_test_names_every_suite_and_pytest_s_options(manage_all: ManageAll) -> None:
    ran = manage_all("test", "--help")
    assert ran.returncode == 0
    for suite in (*(suite.name for suite in suites.listed(find_layout())), CHECK, PROOF):
        assert f" {suite}" in ran.stdout
    assert "-- -k refund" in ran.stdout


def test_an_environment_of_another_python_is_made_anew(clone: Path, tmp_path: Path) -> None:
    """As after an upgrade of the machine: the link leads to a Python that has none of it."""
    (clone / "requirements.lock").write_text("")
    kept = clone / ".venv" / "lib" / "python3.1" / "site-packages"
    kept.mkdir(parents=True)
    (clone / ".venv" / "bin").mkdir()
    (clone / ".venv" / "bin" / "python").symlink_to(f"{sys.base_prefix}/bin/python3")
    (clone / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.1.0\n")
    (clone / ".venv" / ".installed").write_text("of long ago")
    ran = of_clone(clone, "down", SOUK_RUN_DIR=str(tmp_path / "run"))
    assert "Making .venv with Python" in ran.stdout
    assert "No module named pip" not in ran.stdout + ran.stderr
    assert not kept.exists()
    pip = [clone / ".venv" / "bin" / "python", "-m", "pip", "--version"]
    assert subprocess.run(pip, capture_output=True).returncode == 0


@pytest.mark.parametrize("line", ["info --json", "status", "logs"])
def test_it_ends_quietly_when_nobody_listens_any_more(manage_all: ManageAll, line: str) -> None:
    layout = Layout(ROOT, manage_all.run)
    layout.make()
    environment.write_all(layout, State(layout.state_file))
    layout.log("gateway").write_text("something was logged\n")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ran = subprocess.run(
            [ROOT / "manage_all.sh", *line.split()],
            env={**os.environ, "SOUK_RUN_DIR": str(manage_all.run)},
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        os.close(writing)
    assert ran.stderr == ""
    assert ran.returncode == (0 if line == "logs" else NOBODY_LISTENS)

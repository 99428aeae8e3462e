import os
import subprocess
import sys
from pathlib import Path

import pytest

from compose.local import packages
from compose.local.errors import NotInstalled

ABSENT = packages.Package("A thing", "a-thing", "thing", ("no-such-program",))


def test_what_the_platform_needs_is_found_on_this_machine() -> None:
    assert packages.missing(packages.PLATFORM) == []


def test_an_old_version_counts_as_missing() -> None:
    newer = packages.Package(
        title="PostgreSQL",
        apt="postgresql",
        brew="postgresql",
        programs=packages.POSTGRESQL.programs,
        places=packages.POSTGRESQL.places,
        minimum=(99,),
        version_command=("postgres", "--version"),
    )
    assert packages.missing([newer]) == [newer]


def test_where_nothing_can_install_it_says_exactly_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotInstalled, match="A thing") as refusal:
        packages.ensure([ABSENT], tmp_path / "log")
    assert "a-thing" in str(refusal.value) or "thing" in str(refusal.value)
    assert not (tmp_path / "log").exists()


def test_apt_installs_what_is_missing_and_starts_no_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy-rc.d"
    _pretend_apt(tmp_path, policy)
    monkeypatch.setattr(packages, "POLICY", policy)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(packages, "_root_command", list)
    packages.ensure([ABSENT], tmp_path / "log")
    said = (tmp_path / "said").read_text()
    assert "install -y --no-install-recommends a-thing" in said
    assert "policy: exit 101" in said
    assert not policy.exists()


def test_a_policy_that_was_there_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\n# the machine's own\nexit 101\n")
    _pretend_apt(tmp_path, policy)
    monkeypatch.setattr(packages, "POLICY", policy)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(packages, "_root_command", list)
    packages.ensure([ABSENT], tmp_path / "log")
    assert "the machine's own" in policy.read_text()


@pytest.fixture
def as_a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ordinary user at a terminal whose sudo wants a password; it notes what it is asked for."""
    _pretend_apt(tmp_path, tmp_path / "policy-rc.d")
    sudo = tmp_path / "sudo"
    sudo.write_text(
        f'#!/bin/sh\necho "sudo $1" >> {tmp_path}/said\n'
        f'[ "$1" = -v ] && {{ [ ! -e {tmp_path}/wrong ] && touch {tmp_path}/known; exit; }}\n'
        f'[ -e {tmp_path}/known ] || exit 1\nshift\nexec "$@"\n'
    )
    sudo.chmod(0o755)
    monkeypatch.setattr(packages, "POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    return tmp_path


def test_a_password_is_asked_for_once_and_before_anything_is_done(
    as_a_user: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    packages.ensure([ABSENT], as_a_user / "log")
    said = (as_a_user / "said").read_text().splitlines()
    assert said[:2] == ["sudo -n", "sudo -v"]
    assert said.count("sudo -v") == 1
    assert any(line.endswith("install -y --no-install-recommends a-thing") for line in said)
    assert capsys.readouterr().out.count("password") == 1


def test_a_wrong_password_installs_nothing(
    as_a_user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    (as_a_user / "wrong").touch()
    with pytest.raises(NotInstalled, match="sudo apt-get install a-thing"):
        packages.ensure([ABSENT], as_a_user / "log")
    assert (as_a_user / "said").read_text().splitlines() == ["sudo -n", "sudo -v"]


def test_where_nobody_can_give_a_password_it_is_not_asked_for(
    as_a_user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    with pytest.raises(NotInstalled, match="sudo apt-get install a-thing"):
        packages.ensure([ABSENT], as_a_user / "log")
    assert (as_a_user / "said").read_text().splitlines() == ["sudo -n"]


def test_a_missing_module_of_python_counts_as_missing() -> None:
    absent = packages.Package("M", "m", "m", programs=(), modules=("no_such_module_at_all",))
    assert packages.missing([absent, packages.VENV]) == [absent]


def test_everything_that_a_first_command_lacks_is_named_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = packages.Package("Another", "another-thing", "another", ("no-other-program",))
    monkeypatch.setattr(packages, "NEEDED", {"up": (ABSENT, other)})
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SOUK_RUN_DIR", str(tmp_path / "run"))
    assert packages.main("up") == 1
    assert "a-thing another-thing" in capsys.readouterr().err
    assert packages.main("down") == 0


def test_whatever_the_umask_what_is_installed_is_open_to_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pretend_apt(tmp_path, tmp_path / "policy-rc.d")
    monkeypatch.setattr(packages, "POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(packages, "_root_command", list)
    before = os.umask(0o077)
    try:
        packages.ensure([ABSENT], tmp_path / "log")
    finally:
        os.umask(before)
    assert (tmp_path / "said").stat().st_mode & 0o777 == 0o644


def test_of_several_versions_the_wanted_one_is_found_else_the_newest(tmp_path: Path) -> None:
    for version in (9, 15, 17):
        program = tmp_path / "postgresql" / str(version) / "bin" / "some-server"
        program.parent.mkdir(parents=True)
        program.touch()
    several = packages.Package(
        "S", "s", "s", ("some-server",), places=(f"{tmp_path}/postgresql/*/bin",)
    )
    found = [packages._find(several, "some-server", wanted) for wanted in (15, None, 16)]
    versions = [path.parents[1].name for path in found if path]
    assert versions == ["15", "17", "17"]


def _pretend_apt(directory: Path, policy: Path) -> None:
    """An apt-get that notes how it was called and 'installs' the program."""
    apt = directory / "apt-get"
    apt.write_text(
        f'#!/bin/sh\necho "$@" >> {directory}/said\n'
        f'echo "policy: $(tail -n 1 {policy})" >> {directory}/said\n'
        f"printf '#!/bin/sh\\n' > {directory}/no-such-program\n"
        f"chmod 755 {directory}/no-such-program\n"
    )
    subprocess.run(["chmod", "755", apt], check=True)

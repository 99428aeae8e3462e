import subprocess
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

"""What provides system packages installs only what is missing, and names the command where it may not install."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "provide.sh"
APT_GET = '#!/bin/sh\necho "apt-get $*" >> "$CALLS"\nexit "${APT_STATUS:-0}"\n'


class Machine:
    """A folder that is all of a PATH: the few tools the script needs, and what a test puts beside them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.calls = folder, folder / "calls"
        for name in ("sh", "tail", "rm"):
            found = shutil.which(name)
            assert found
            (folder / name).symlink_to(found)

    def put(self, name: str, text: str = "#!/bin/sh\nexit 0\n") -> None:
        """A program of this name."""
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    def provide(self, *needs: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """The script, run with nothing but this machine's programs."""
        given: Mapping[str, str] = {"PATH": str(self.folder), "CALLS": str(self.calls), **environment}
        return subprocess.run([SCRIPT, *needs], env=given, cwd=self.folder, capture_output=True, text=True, check=False)

    def called(self) -> list[str]:
        """What apt-get was asked to do."""
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with apt-get, used by root."""
    made = Machine(tmp_path)
    made.put("apt-get", APT_GET)
    made.put("id", "#!/bin/sh\necho 0\n")
    return made


def test_what_is_there_is_left_alone(machine: Machine) -> None:
    machine.put("chromium")
    machine.put("postgres")
    machine.put("initdb")
    assert machine.provide("postgresql", "chromium").returncode == 0
    assert machine.called() == []


def test_root_installs_what_is_missing(machine: Machine) -> None:
    done = machine.provide("chromium")
    assert done.returncode == 0, done.stderr
    assert machine.called() == ["apt-get update -q", "apt-get install -q -y --no-install-recommends chromium fonts-liberation"]


def test_somebody_else_installs_through_sudo_without_a_password(machine: Machine) -> None:
    machine.put("id", "#!/bin/sh\necho 1000\n")
    machine.put("sudo", '#!/bin/sh\nshift\n[ "$1" = true ] && exit 0\necho sudo >> "$CALLS"\nexec "$@"\n')
    assert machine.provide("chromium").returncode == 0
    assert machine.called()[:2] == ["sudo", "apt-get update -q"]


def test_without_rights_it_fails_and_names_the_command(machine: Machine) -> None:
    machine.put("id", "#!/bin/sh\necho 1000\n")
    done = machine.provide("chromium")
    assert done.returncode == 1
    assert "apt-get install -y --no-install-recommends chromium" in done.stderr
    assert machine.called() == []


def test_a_failed_installation_fails_and_names_the_command(machine: Machine) -> None:
    done = machine.provide("chromium", APT_STATUS="100")
    assert done.returncode == 1
    assert "apt-get install -y --no-install-recommends chromium" in done.stderr


def test_without_apt_get_it_says_what_is_missing(machine: Machine) -> None:
    (machine.folder / "apt-get").unlink()
    done = machine.provide("chromium")
    assert done.returncode == 1
    assert "chromium" in done.stderr


def test_the_directory_comes_with_the_programs_that_fill_it(machine: Machine) -> None:
    assert machine.provide("slapd").returncode == 0
    assert machine.called()[-1] == "apt-get install -q -y --no-install-recommends slapd ldap-utils"

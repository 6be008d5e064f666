from __future__ import annotations

import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from micrarium.client import connect

Run = Callable[..., subprocess.CompletedProcess[str]]


@contextmanager
def serving(data: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server as a person starts it, and the address it printed."""
    command = [sys.executable, "-m", "micrarium.cli", "serve", "--data", str(data), "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            found = re.search(r"http://\S+", said)
            assert found is not None, said + (process.communicate(timeout=5)[1] if process.poll() is not None else "")
            yield process, found[0]
        finally:
            process.kill() if process.poll() is None else None


def test_a_new_server_says_where_it_is_and_how_to_come_in(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as (process, address):
        assert process.stdout is not None
        assert str(data / "initial-password") in process.stdout.readline()
        assert stat.S_IMODE((data / "initial-password").stat().st_mode) == 0o600
        with connect(address, username="admin", password=(data / "initial-password").read_text().strip()) as client:
            assert client.session["user"]["is_admin"]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_server_ends_cleanly_and_finds_everything_again(tmp_path: Path, ending: signal.Signals) -> None:
    with serving(tmp_path / "data") as (process, address):
        password = (tmp_path / "data/initial-password").read_text().strip()
        with connect(address, username="admin", password=password) as client:
            made = str(client.create("project", name="Thesis").reference)
        process.send_signal(ending)
        _, told = process.communicate(timeout=20)
        assert (process.returncode, told) == (0, "")
    with serving(tmp_path / "data") as (_, address), connect(address, username="admin", password=password) as client:
        assert client.get(made).name == "Thesis"


def test_a_data_folder_in_use_is_refused_with_5(tmp_path: Path, micrarium: Run) -> None:
    with serving(tmp_path / "data"):
        for command in (["serve", "--port", "0"], ["list", "images"], ["import", __file__], ["upgrade"]):
            answer = micrarium(*command, "--data", tmp_path / "data")
            assert answer.returncode == 5, command
            assert len(answer.stderr.splitlines()) == 1
            assert "in use" in answer.stderr


def test_a_port_in_use_is_refused_with_5(tmp_path: Path, micrarium: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = micrarium("serve", "--data", tmp_path / "data", "--port", str(taken.getsockname()[1]))
    assert answer.returncode == 5
    assert "--port" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_what_cannot_be_a_data_folder_is_told(tmp_path: Path, micrarium: Run) -> None:
    (tmp_path / "file").write_text("no folder")
    answer = micrarium("serve", "--data", tmp_path / "file", "--port", "0")
    assert answer.returncode == 1
    assert len(answer.stderr.splitlines()) == 1


def test_a_wrong_setting_is_named(tmp_path: Path, micrarium: Run) -> None:
    answer = micrarium("serve", "--data", tmp_path / "data", MICRARIUM_PORT="many")
    assert answer.returncode == 2
    assert "MICRARIUM_PORT" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value", "example"),
    [
        ("public_url", "images.example.org", "https://"),
        ("trusted_proxies", "proxy", "10.0.0.0/8"),
        ("public_group", " ", "Imaging"),
        ("smtp_url", "mail.example.org", "smtps://"),
        ("ldap_url", "https://ldap.example.org", "ldaps://"),
        ("oidc_issuer", "id.example.org", "https://"),
        ("database_url", "mysql://localhost/x", "postgresql://"),
    ],
)
def test_a_wrong_setting_says_where_it_stands_and_how_it_should_be(
    tmp_path: Path, micrarium: Run, name: str, value: str, example: str
) -> None:
    (tmp_path / "data").mkdir()
    given = micrarium("serve", "--data", tmp_path / "data", **{f"MICRARIUM_{name.upper()}": value})
    (tmp_path / "data/micrarium.toml").write_text(f"{name} = {value!r}\n")
    written = micrarium("serve", "--data", tmp_path / "data")
    for answer, origin in ((given, "environment"), (written, "file")):
        assert answer.returncode == 2, answer.stderr
        assert f"from the {origin}" in answer.stderr
        assert example in answer.stderr
        assert len(answer.stderr.splitlines()) == 1


def test_a_mapping_that_is_no_json_and_a_database_that_is_away_are_told(tmp_path: Path, micrarium: Run) -> None:
    told = micrarium("serve", "--data", tmp_path / "data", MICRARIUM_OIDC_GROUP_MAP="nojson")
    assert (told.returncode, "it is JSON such as" in told.stderr) == (2, True)
    away = micrarium("serve", "--data", tmp_path / "data", MICRARIUM_DATABASE_URL="postgresql://127.0.0.1:1/x", MICRARIUM_PROT="1")
    assert away.returncode == 1
    assert "MICRARIUM_PROT is no setting; did you mean MICRARIUM_PORT?" in away.stderr
    assert "The database cannot be used" in away.stderr
    assert "unexpected" not in away.stderr


def test_the_data_folder_comes_from_the_environment_else_from_here(tmp_path: Path, micrarium: Run) -> None:
    assert micrarium("upgrade", MICRARIUM_DATA=str(tmp_path / "elsewhere")).returncode == 0
    assert (tmp_path / "elsewhere/micrarium.db").exists()
    assert micrarium("upgrade").returncode == 0
    assert (tmp_path / "work/micrarium-data/micrarium.db").exists()

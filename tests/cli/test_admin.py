"""The commands below admin, as an administrator runs them on a data folder or a server."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
import tifffile

from micrarium.cli import run
from micrarium.cli.admin import parse_size
from micrarium.errors import UsageError
from micrarium.testing.servers import TemporaryServer, start_server

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporaryServer]:
    """One server for all of these tests, each of which keeps to things of its own."""
    with start_server(tmp_path_factory.mktemp("admin") / "data") as found:
        yield found


@pytest.fixture
def micrarium(served: TemporaryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process, which is much quicker than one of its own for each, as the server's administrator."""
    for name in os.environ:
        if name.startswith("MICRARIUM_"):
            monkeypatch.delenv(name)
    for name, value in {"MICRARIUM_URL": served.url, "MICRARIUM_TOKEN": served.token}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)

    def run_here(*arguments: str | Path, stdin: str = "", **environment: str) -> CompletedProcess[str]:
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdin", io.StringIO(stdin))
            for name, value in environment.items():
                patch.setenv(name, value)
            capsys.readouterr()
            status = run([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return CompletedProcess(arguments, status, told.out, told.err)

    return run_here


def write_image(path: Path, *, seed: int) -> Path:
    tifffile.imwrite(path, np.random.default_rng(seed).integers(0, 4000, (64, 64), dtype=np.uint16))
    return path


@pytest.mark.parametrize(
    ("text", "size"),
    [("2TB", 2 * 10**12), ("1.5 GiB", 3 * 2**29), ("1000", 1000), ("10k", 10_000), ("none", None), ("0", 0)],
)
def test_sizes_are_read_as_people_write_them(text: str, size: int | None) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1", "2 XB", "5iB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_size(text)


def test_a_group_gets_a_quota_that_imports_keep_to(micrarium: Run, tmp_path: Path) -> None:
    assert micrarium("group", "add", "lab").returncode == 0
    assert micrarium("group", "join", "lab", "admin").returncode == 0
    assert micrarium("import", write_image(tmp_path / "a.tif", seed=1), "--group", "lab").returncode == 0
    told = micrarium("admin", "quota", "set", "group:lab", "10 kB")
    assert told.returncode == 0, told.stderr
    assert "may keep 10.0 kB" in told.stderr
    refused = micrarium("import", write_image(tmp_path / "b.tif", seed=2), "--group", "lab")
    assert refused.returncode != 0
    assert "The quota of the group lab has room for" in refused.stderr
    assert "10.0 kB" in micrarium("admin", "disk-use").stdout
    own = micrarium("admin", "quota", "show").stdout
    assert "group:lab" in own
    assert "user:admin" in own
    use = json.loads(micrarium("admin", "disk-use", "--by", "group", "--json").stdout)
    (lab,) = (one for one in use["items"] if one["name"] == "lab")
    assert (lab["original_bytes"], lab["quota_bytes"]) == ((tmp_path / "a.tif").stat().st_size, 10_000)
    assert micrarium("admin", "quota", "set", "default", "1").returncode == 2
    assert micrarium("admin", "quota", "set", "group:nobody", "1").returncode == 4


def test_settings_of_a_file_are_used_and_told_and_the_environment_wins(micrarium: Run, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "micrarium.toml").write_text('port = 4123\nopen_files = 9\nsmtp_url = "smtp://me:hush-hush@mail.example.org"\n')
    told = micrarium("admin", "settings", "--json", "--data", folder, MICRARIUM_OPEN_FILES="11")
    found = {one["name"]: (one["value"], one["origin"]) for one in json.loads(told.stdout)}
    assert found["port"] == (4123, "file")
    assert found["open_files"] == (11, "environment")
    assert found["data"][1] == "command line"
    assert found["smtp_url"] == ("********", "file")
    assert "hush-hush" not in told.stdout
    (folder / "micrarium.toml").write_text("prot = 1\n")
    wrong = micrarium("admin", "settings", "--data", folder)
    assert wrong.returncode == 2
    assert "has no setting 'prot'" in wrong.stderr


def test_a_class_room_is_made_reset_and_removed(micrarium: Run, tmp_path: Path) -> None:
    assert micrarium("import", write_image(tmp_path / "c.tif", seed=3), "--dataset", "Cells").returncode == 0
    (dataset,) = json.loads(micrarium("list", "datasets", "--json").stdout)["items"]
    name, passwords = f"dataset:{dataset['id']}", tmp_path / "passwords.csv"
    add = ("admin", "classroom", "add", "class", "--users", "2", "--dataset", name, "--csv", passwords)
    made = micrarium(*add)
    assert made.returncode == 0, made.stderr
    rows = list(csv.DictReader(passwords.read_text().splitlines()))
    assert [row["username"] for row in rows] == ["class-01", "class-02"]
    assert len({row["password"] for row in rows}) == 2
    assert passwords.stat().st_mode & 0o777 == 0o600
    assert micrarium(*add).returncode == 5, "passwords that were given away are never overwritten"
    images = json.loads(micrarium("list", "images", "--json").stdout)["items"]
    assert [one["name"] for one in images].count("c.tif") == 3
    asked = micrarium("admin", "classroom", "reset", "class")
    assert (asked.returncode, "say --yes" in asked.stderr) == (2, True)
    tried = micrarium("admin", "classroom", "reset", "class", "--dry-run")
    assert tried.returncode == 0
    assert "2 accounts of class, 2 datasets" in tried.stderr
    assert "2 images" in tried.stderr
    assert [one["name"] for one in json.loads(micrarium("list", "images", "--json").stdout)["items"]].count("c.tif") == 3
    assert micrarium("admin", "classroom", "reset", "class", "--yes").returncode == 0
    assert name in micrarium("admin", "classroom", "list").stdout
    assert "2 accounts" in micrarium("admin", "classroom", "remove", "class", "--yes").stderr
    assert micrarium("admin", "classroom", "reset", "class").returncode == 4


def test_the_banner_the_jobs_the_sessions_and_the_log_are_shown(micrarium: Run) -> None:
    assert micrarium("admin", "banner", "Maintenance on Friday", "--level", "warning").returncode == 0
    assert micrarium("admin", "banner").stdout == "Maintenance on Friday\n"
    assert micrarium("admin", "jobs", "--state", "running", "--json").stdout.strip() == "[]"
    assert micrarium("admin", "jobs", "--state", "lost").returncode == 1
    assert [one["username"] for one in json.loads(micrarium("admin", "sessions", "--json").stdout)] == ["admin"]
    assert "/api/v1/banner 200" in micrarium("admin", "logs", "--search", "/banner").stdout
    assert micrarium("admin", "mail", "--subject", "x", "--all", stdin="text").returncode == 5
    assert "Every row refers to rows that are there" in micrarium("doctor").stdout


def test_a_data_folder_is_backed_up_verified_restored_and_examined(micrarium: Run, served: TemporaryServer, tmp_path: Path) -> None:
    data, target = served.data, tmp_path / "backups"
    assert micrarium("import", write_image(tmp_path / "d.tif", seed=4)).returncode == 0
    made = micrarium("backup", target, "--data", data)
    assert made.returncode == 0, made.stderr
    folder = Path(made.stdout.strip())
    assert "Backed up" in made.stderr
    assert micrarium("backup", "--verify", target).returncode == 0
    restored = tmp_path / "restored"
    assert micrarium("restore", target, "--data", restored).returncode == 0
    assert micrarium("restore", target, "--data", restored).returncode == 5
    told = micrarium("doctor", "--all", "--json", "--data", restored, MICRARIUM_PORT="0")
    assert (told.returncode, json.loads(told.stdout)["is_healthy"]) == (0, True), told.stdout
    kept = next(path for path in folder.rglob("d.tif"))
    kept.unlink()
    damaged = micrarium("backup", "--verify", target)
    assert (damaged.returncode, kept.name in damaged.stdout) == (1, True)
    assert micrarium("restore", target, "--data", tmp_path / "other").returncode == 3
    next(path for path in restored.rglob("d.tif")).unlink()
    sick = micrarium("doctor", "--data", restored, MICRARIUM_PORT="0")
    assert sick.returncode == 1
    assert "is missing" in sick.stdout
    assert "-> Restore it from a backup" in sick.stdout
    assert micrarium("backup", target, "--data", tmp_path / "nowhere").returncode == 4

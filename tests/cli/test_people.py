"""The commands user and group."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from micrarium.testing.servers import TemporaryServer

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def folder(micrarium: Run, tmp_path: Path) -> list[str]:
    """The option that names a data folder with the group ``imaging``."""
    option = ["--data", str(tmp_path / "data")]
    assert micrarium("upgrade", *option).returncode == 0
    made = micrarium("group", "add", "imaging", "--level", "read-annotate", *option)
    assert made.returncode == 0, made.stderr
    return option


def test_a_person_gets_an_account_and_a_password_that_work(micrarium: Run, server: TemporaryServer) -> None:
    signed_in = {"MICRARIUM_URL": server.url, "MICRARIUM_TOKEN": server.token}
    micrarium("group", "add", "people of grace", **signed_in)
    made = micrarium("user", "add", "grace", "--group", "people of grace", "--password-stdin", stdin="first secret\n", **signed_in)
    assert made.returncode == 0, made.stderr
    assert micrarium("login", server.url, "--user", "grace", "--password-stdin", stdin="first secret\n").returncode == 0
    changed = micrarium("user", "password", "grace", "--password-stdin", stdin="second secret\n", **signed_in)
    assert changed.returncode == 0, changed.stderr
    assert micrarium("login", server.url, "--user", "grace", "--password-stdin", stdin="first secret\n").returncode == 4
    assert micrarium("login", server.url, "--user", "grace", "--password-stdin", stdin="second secret\n").returncode == 0


def test_on_a_data_folder_nobody_asks_for_the_forgotten_password(micrarium: Run, folder: list[str]) -> None:
    changed = micrarium("user", "password", "admin", "--password-stdin", *folder, stdin="another secret\n")
    assert changed.returncode == 0, changed.stderr


def test_a_server_asks_for_ones_own_present_password(micrarium: Run, server: TemporaryServer) -> None:
    signed_in = {"MICRARIUM_URL": server.url, "MICRARIUM_TOKEN": server.token}
    refused = micrarium("user", "password", "admin", "--password-stdin", stdin="another secret\n", **signed_in)
    assert refused.returncode == 4
    assert "Give your current password" in refused.stderr


def test_what_is_deleted_for_good_is_not_said_to_be_in_the_bin(micrarium: Run, folder: list[str]) -> None:
    groups = json.loads(micrarium("list", "experimenter_groups", "--json", *folder).stdout)["items"]
    (group,) = (one for one in groups if one["name"] == "imaging")
    name = f"experimenter_group:{group['id']}"
    assert micrarium("group", "join", "imaging", "admin", *folder).returncode == 0
    refused = micrarium("delete", name, "--yes", *folder)
    assert (refused.returncode, refused.stdout) == (5, "")
    assert "memberships: 1" in refused.stderr
    assert micrarium("group", "leave", "imaging", "admin", *folder).returncode == 0
    assert micrarium("delete", name, "--yes", *folder).stdout == "1 experimenter group removed for good.\n"


def test_members_join_and_leave(micrarium: Run, folder: list[str]) -> None:
    assert micrarium("group", "join", "imaging", "admin", "--owner", *folder).returncode == 0
    listed = json.loads(micrarium("group", "members", "imaging", "--json", *folder).stdout)
    assert [(m["username"], m["is_owner"]) for m in listed] == [("admin", True)]
    assert "admin" in micrarium("group", "members", "imaging", *folder).stdout
    started = micrarium("group", "default", "imaging", *folder)
    assert started.returncode == 0, started.stderr
    assert micrarium("group", "leave", "imaging", "admin", *folder).returncode == 0
    assert json.loads(micrarium("group", "members", "imaging", "--json", *folder).stdout) == []


def test_what_cannot_be_is_one_line(micrarium: Run, folder: list[str]) -> None:
    cases = [
        (["user", "add", "bob", "--group", "nowhere", "--password-stdin"], 4, "no group 'nowhere'"),
        (["user", "add", "bob", "--group", "imaging", "--password-stdin"], 1, "10 characters"),
        (["user", "add", "admin", "--group", "imaging", "--password-stdin"], 5, "already"),
        (["user", "add", "bob", "--group", "imaging"], 2, "--password-stdin"),
        (["user", "password", "nobody", "--password-stdin"], 4, "no user 'nobody'"),
        (["group", "add", "imaging"], 5, "already"),
        (["group", "add", "other", "--level", "public"], 1, "read-annotate"),
        (["group", "join", "imaging", "nobody"], 4, "no user 'nobody'"),
    ]
    for arguments, status, told in cases:
        answer = micrarium(*arguments, *folder, stdin="short\n")
        assert (answer.returncode, len(answer.stderr.splitlines())) == (status, 1), (arguments, answer.stderr)
        assert told in answer.stderr


def test_a_group_whose_name_is_a_number_is_not_taken_for_another(micrarium: Run, folder: list[str]) -> None:
    found = json.loads(micrarium("list", "experimenter_groups", "--filter", "name=imaging", "--json", *folder).stdout)
    imaging = found["items"][0]["id"]
    assert micrarium("group", "add", str(imaging), *folder).returncode == 0
    assert micrarium("group", "add", "4711", *folder).returncode == 0
    refused = micrarium("group", "join", str(imaging), "admin", *folder)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert f"experimenter_group:{imaging + 1} is called so, and there is experimenter_group:{imaging}" in refused.stderr
    for name, size in ((f"experimenter_group:{imaging}", 1), ("4711", 1), (f"experimenter_group:{imaging + 1}", 0)):
        if size:
            assert micrarium("group", "join", name, "admin", *folder).returncode == 0, name
        assert len(json.loads(micrarium("group", "members", name, "--json", *folder).stdout)) == size, name


def test_an_administrator_reads_the_log_of_a_group_they_are_not_in(micrarium: Run, folder: list[str]) -> None:
    told = micrarium("log", "--group", "imaging", *folder)
    assert told.returncode == 0, told.stderr
    assert "made experimenter_group" in told.stdout
    assert micrarium("group", "level", "imaging", "read-only", *folder).returncode == 0
    assert len(json.loads(micrarium("log", "--group", "imaging", "--json", *folder).stdout)["items"]) == 2
    assert "no group 'nowhere'" in micrarium("log", "--group", "nowhere", *folder).stderr

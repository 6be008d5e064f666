from __future__ import annotations

import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import pytest

from micrarium.cli.graphs import parse_age
from micrarium.client import Client, connect
from micrarium.errors import UsageError
from micrarium.testing.servers import TemporaryServer

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def client(server: TemporaryServer) -> Any:
    with connect(server.url, token=server.token) as found:
        yield found


def read_json(answer: CompletedProcess[str]) -> Any:
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def make_project(client: Client) -> tuple[str, str, str]:
    """A project with two datasets, one of which is in another project too."""
    project, other = (client.create("project", name=f"Commands {n}") for n in (1, 2))
    inside, shared = (client.create("dataset", name=name) for name in ("inside", "shared"))
    for parent, children in ((project, [inside, shared]), (other, [shared])):
        ids = [child.reference.id for child in children]
        client.connection.send("POST", f"{parent.reference.path}/datasets", {"ids": ids})
    return str(project.reference), str(inside.reference), str(shared.reference)


def test_a_project_is_moved_copied_deleted_and_brought_back_by_commands(
    micrarium: Run, server: TemporaryServer, client: Client
) -> None:
    def run(*arguments: str) -> CompletedProcess[str]:
        return micrarium(*arguments, MICRARIUM_URL=server.url, MICRARIUM_TOKEN=server.token)

    project, inside, shared = make_project(client)
    group = f"lab {project}"
    run("group", "add", group)
    dry = run("chgrp", project, "--group", group, "--dry-run")
    assert "1 dataset, 1 project would be moved" in dry.stdout
    assert f"{shared} stays: it is also in project:" in dry.stdout
    assert client.get(inside).group_id == client.get(shared).group_id
    assert read_json(run("chgrp", project, "--group", group, "--json"))["links_cut"] == {"project_dataset_link": 1}
    assert client.get(inside).group_id != client.get(shared).group_id
    refused = run("chgrp", project, "--group", "no such group")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (4, 1)

    (copied,) = read_json(run("duplicate", project, "--json"))["made"]
    assert [one.name for one in client.datasets(project=copied.partition(":")[2])] == ["inside"]
    asked = run("delete", copied)
    assert (asked.returncode, "--yes" in asked.stderr) == (2, True)
    assert "1 dataset, 1 project put into the bin." in run("delete", copied, "--yes", "--reason", "a trial").stdout
    listed = read_json(run("bin", "list", "--mine", "--json"))["items"]
    assert (listed[0]["object"], listed[0]["reason"], listed[0]["deleted_by"]["ome_name"]) == (copied, "a trial", "admin")
    assert run("bin", "restore", copied).stdout.strip() == copied
    assert "2 files" not in run("delete", copied, "--purge", "--yes").stdout
    assert run("bin", "restore", copied).returncode == 4
    assert "nothing would be removed for good." in run("bin", "empty", "--older-than", "2w", "--dry-run").stdout
    assert run("bin", "purge").returncode == 2


def test_the_client_gives_back_the_report_and_waits_for_jobs(client: Client) -> None:
    project, inside, shared = make_project(client)
    told = client.delete([client.get(project)], exclude=["dataset"], dry_run=True)
    assert (told["counts"], told["stays_count"]) == ({"project": 1}, {"dataset": 2})
    assert client.delete(project, include=["dataset"])["counts"] == {"dataset": 2, "project": 1}
    assert [one["object"] for one in client.bin(mine=True)][:1] == [project]
    assert str(client.restore(project).reference) == project
    assert client.get(inside).name == "inside"
    group = client.create("experimenter_group", name=f"of the client {project}")
    assert client.chgrp(inside, group.reference.id)["group_id"] == group.reference.id
    many = [str(client.create("dataset", name="n").reference) for _ in range(3)]
    assert client.delete(many, purge=True)["counts"] == {"dataset": 3}
    assert client.get(shared).name == "shared"


@pytest.mark.parametrize(("text", "days"), [("30d", 30), ("12h", 0.5), ("2w", 14)])
def test_an_age_is_a_number_of_days_hours_or_weeks(text: str, days: float) -> None:
    assert parse_age(text) == days


def test_what_is_no_age_is_told() -> None:
    with pytest.raises(UsageError, match="30d"):
        parse_age("a while")

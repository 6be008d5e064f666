"""What each role may do in groups of each level, over real HTTP, against OMERO's tables as they are written there.

The tables are those of "Groups and permissions system" and "Restricted administrators" of OMERO's documentation, for other
people's data, in the order private, read-only, read-annotate, read-write. They are said here once more, independently of
the application's own table. Mixing, in OMERO's words, is to put somebody's data into a container.
"""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import pytest

from micrarium.actions.signing_in import make_token
from micrarium.model import Dataset, Experimenter, ExperimenterGroup, GroupExperimenterMap, Project
from micrarium.permissions import load_actor, open_session, system_session
from micrarium.testing.databases import opened
from micrarium.testing.servers import TemporaryServer

LEVELS = ("private", "read-only", "read-annotate", "read-write")
DONE = ("view", "annotate", "link", "edit", "delete")
NOTHING = dict.fromkeys((*DONE, "chgrp", "chown"), "NNNN")
OMERO: dict[str, dict[str, str]] = {
    "member": NOTHING | {"view": "NYYY", "annotate": "NNYY", "link": "NNNY", "edit": "NNNY", "delete": "NNNY"},
    "group owner": {"view": "YYYY", "annotate": "NYYY", "link": "NYYY", "edit": "YYYY", "delete": "YYYY", "chgrp": "NNNN",
                    "chown": "YYYY"},
    "owner": dict.fromkeys((*DONE, "chgrp"), "YYYY") | {"chown": "NNNN"},
    "administrator": dict.fromkeys((*DONE, "chgrp", "chown"), "YYYY") | {"annotate": "NYYY", "link": "NYYY"},
    "who only looks": NOTHING | {"view": "YYYY"},
    "who writes": NOTHING | {"view": "YYYY", "annotate": "NYYY", "link": "NYYY", "edit": "YYYY"},
    "who deletes": NOTHING | {"view": "YYYY", "delete": "YYYY"},
    "who moves": NOTHING | {"view": "YYYY", "chgrp": "YYYY", "chown": "YYYY"},
    "stranger": NOTHING,
}  # fmt: skip
#: The privileges of restricted administrators.
PRIVILEGES = {"who only looks": [], "who writes": ["WriteOwned"], "who deletes": ["DeleteOwned"], "who moves": ["Chgrp", "Chown"]}


@dataclass(frozen=True)
class World:
    """A token of each role, and for each level and role a project and a dataset of the owner's."""

    url: str
    tokens: dict[str, str]
    projects: dict[tuple[str, str], int]
    datasets: dict[tuple[str, str], int]

    def enter(self, role: str) -> httpx.Client:
        """The API as somebody of a role."""
        return httpx.Client(base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {self.tokens[role]}"}, timeout=30)


@pytest.fixture(scope="module")
def world(server: TemporaryServer) -> World:
    """Written straight into the server's database, in a few statements."""
    with opened(server.database_url or f"sqlite:///{server.data}/micrarium.db") as engine:
        with system_session(engine, "a world for a test") as session:
            admins = {"administrator", *PRIVILEGES}
            people = {role: Experimenter(ome_name=f"roles {role}", is_admin=role in admins) for role in OMERO}
            for role, privileges in PRIVILEGES.items():
                people[role].privileges = list(privileges)
            groups = {level: ExperimenterGroup(name=f"roles {level}", level=level) for level in (*LEVELS, "elsewhere")}
            groups["elsewhere"].level = "read-write"
            session.add_all([*people.values(), *groups.values()])
            session.flush()
            for level in LEVELS:
                for role in ("member", "group owner", "owner"):
                    maps = {"parent_id": groups[level].id, "child_id": people[role].id}
                    session.add(GroupExperimenterMap(**maps, owner=role == "group owner"))
            session.add(GroupExperimenterMap(parent_id=groups["elsewhere"].id, child_id=people["stranger"].id))
            owned = {level: {"owner_id": people["owner"].id, "group_id": groups[level].id} for level in LEVELS}
            places = [(level, role) for level in LEVELS for role in OMERO]
            projects = {place: Project(name="p", **owned[place[0]]) for place in places}
            datasets = {place: Dataset(name="d", **owned[place[0]]) for place in places}
            session.add_all([*projects.values(), *datasets.values()])
            session.flush()
            ids = ({p: o.id for p, o in projects.items()}, {p: o.id for p, o in datasets.items()})
            person_ids = {role: person.id for role, person in people.items()}
        tokens = {}
        for role, person_id in person_ids.items():
            with system_session(engine, "a test signs in", is_reading=True) as session:
                actor = load_actor(session, person_id)
            with open_session(engine, actor) as session:
                tokens[role] = make_token(session, name="roles", scope="admin" if actor.is_admin else "write", expires_at=None)[1]
    return World(server.url, tokens, *ids)


def attempt(client: httpx.Client, action: str, dataset: int, project: int) -> httpx.Response:
    path = f"/datasets/{dataset}"
    if action == "view":
        return client.get(path)
    if action == "annotate":
        return client.post(f"{path}/annotations", json={"type": "CommentAnnotation", "text_value": "seen"})
    if action == "link":
        return client.post(f"/projects/{project}/datasets", json={"ids": [dataset]})
    return client.patch(path, json={"description": "edited"}) if action == "edit" else client.delete(path)


@pytest.mark.parametrize("role", OMERO)
def test_a_role_may_do_what_omeros_tables_say_and_is_told_so(world: World, role: str) -> None:
    with world.enter(role) as client:
        for place, level in enumerate(LEVELS):
            dataset, project = world.datasets[level, role], world.projects[level, role]
            may = {action: signs[place] == "Y" for action, signs in OMERO[role].items()}
            if may["view"]:
                told = client.get(f"/datasets/{dataset}", params={"include": "permissions"}).json()["permissions"]
                assert told == {action: may[action] for action in told}, (role, level)
                assert set(told) >= set(DONE) - {"view"}
            for action in DONE:
                answer = attempt(client, action, dataset, project)
                expected = {200, 201, 204} if may[action] else {403} if may["view"] else {404}
                assert answer.status_code in expected, (role, level, action, answer.status_code, answer.text)
            # What is not to be seen is in no list and in no tree either.
            ids = {row["id"] for row in client.get("/projects", params={"limit": 1000}).json()["items"]}
            assert (project in ids) is may["view"]


def test_every_role_of_the_tables_is_tried(world: World) -> None:
    assert set(world.tokens) == set(OMERO)
    assert {len(signs) for table in OMERO.values() for signs in table.values()} == {len(LEVELS)}

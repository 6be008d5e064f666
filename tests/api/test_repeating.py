"""A request that is sent again with its key makes nothing twice, and gets the answer of the first time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx

from micrarium.actions.opening import Site
from micrarium.model import IdempotencyKey, Project
from micrarium.permissions import every, system_session

Door = Callable[[str | None], httpx.Client]


def count_projects(site: Site, name: str) -> int:
    with system_session(site.engine, "count", is_reading=True) as session:
        return len(session.scalars(every(Project).where(Project.name == name)).all())


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_a_repeated_request_gets_the_first_answer_and_makes_nothing_twice(door: Door, site: Site) -> None:
    ada = door("ada")
    answers = [ada.post("/api/v1/projects", json={"name": "Once"}, headers=keyed("k1")) for _ in range(3)]
    first = answers[0]
    assert first.status_code == 201
    for repeated in answers[1:]:
        assert (repeated.status_code, repeated.content) == (201, first.content)
        assert repeated.headers["location"] == first.headers["location"] == f"/api/v1/projects/{first.json()['id']}"
        assert repeated.headers["etag"] == first.headers["etag"]
        assert repeated.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert count_projects(site, "Once") == 1


def test_uploads_annotations_links_and_jobs_are_made_once_too(door: Door) -> None:
    ada = door("ada")
    project = ada.post("/api/v1/projects", json={"name": "P"}).json()["id"]
    dataset = ada.post("/api/v1/datasets", json={"name": "D"}).json()["id"]
    for number, (path, body) in enumerate(
        [
            ("uploads", {"files": [{"path": "a.tif", "size": 3}]}),
            (f"projects/{project}/annotations", {"type": "CommentAnnotation", "text_value": "seen"}),
            ("project_dataset_links", {"parent_id": project, "child_id": dataset}),
            (f"projects/{project}/datasets", {"ids": [dataset]}),
        ]
    ):
        answers = [ada.post(f"/api/v1/{path}", json=body, headers=keyed(f"n{number}")) for _ in range(2)]
        assert answers[0].is_success, answers[0].text
        assert answers[0].content == answers[1].content
        assert answers[1].headers["idempotent-replayed"] == "true"
    upload = ada.post("/api/v1/uploads", json={"files": [{"path": "b.tif", "size": 0}]}).json()["id"]
    jobs = [ada.post("/api/v1/imports", json={"upload_id": upload, "dataset": dataset}, headers=keyed("job")) for _ in range(2)]
    assert jobs[0].status_code == 202, jobs[0].text
    assert jobs[0].json()["id"] == jobs[1].json()["id"]
    assert len(ada.get("/api/v1/jobs").json()["items"]) == 1


def test_the_same_key_with_another_body_or_path_is_refused(door: Door, site: Site) -> None:
    ada = door("ada")
    assert ada.post("/api/v1/projects", json={"name": "A"}, headers=keyed("same")).status_code == 201
    for path, body in (("projects", {"name": "B"}), ("datasets", {"name": "A"})):
        refused = ada.post(f"/api/v1/{path}", json=body, headers=keyed("same"))
        assert refused.status_code == 422
        assert refused.json()["field"] == "Idempotency-Key"
    assert count_projects(site, "B") == 0


def test_a_key_is_its_senders_own(door: Door, site: Site) -> None:
    answers = [door(name).post("/api/v1/projects", json={"name": "Both"}, headers=keyed("shared")) for name in ("ada", "bob")]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]
    assert count_projects(site, "Both") == 2


def test_what_failed_may_be_tried_again_with_its_key(door: Door, site: Site) -> None:
    ada = door("ada")
    body = {"parent_id": 1, "child_id": 1}
    assert ada.post("/api/v1/project_dataset_links", json=body, headers=keyed("again")).status_code == 404
    project = ada.post("/api/v1/projects", json={"name": "P"}).json()["id"]
    dataset = ada.post("/api/v1/datasets", json={"name": "D"}).json()["id"]
    assert (project, dataset) == (1, 1)
    assert ada.post("/api/v1/project_dataset_links", json=body, headers=keyed("again")).status_code == 201
    with system_session(site.engine, "count", is_reading=True) as session:
        assert len(session.scalars(every(IdempotencyKey)).all()) == 1


def test_a_key_that_cannot_be_one_is_refused(door: Door) -> None:
    for key in ("", "x" * 256):
        answer = door("ada").post("/api/v1/projects", json={"name": "A"}, headers=keyed(key))
        assert answer.status_code == 422, key


def test_of_many_at_once_one_makes_it_and_all_get_its_answer(door: Door, site: Site) -> None:
    clients = [door("ada") for _ in range(8)]
    for round_ in range(3):
        body, key = {"name": f"Race {round_}"}, keyed(f"race {round_}")

        def send(client: httpx.Client, body: dict[str, str] = body, key: dict[str, str] = key) -> httpx.Response:
            return client.post("/api/v1/projects", json=body, headers=key)

        with ThreadPoolExecutor(len(clients)) as pool:
            answers = list(pool.map(send, clients))
        assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
        assert len({answer.content for answer in answers}) == 1
        assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
        assert count_projects(site, body["name"]) == 1


def test_a_key_is_forgotten_after_a_day_and_removed_by_later_ones(door: Door, site: Site) -> None:
    ada = door("ada")
    for name in ("Old", "Older"):
        assert ada.post("/api/v1/projects", json={"name": name}, headers=keyed(name)).status_code == 201
    with system_session(site.engine, "make keys old") as session:
        for row in session.scalars(every(IdempotencyKey)):
            row.created_at = datetime.now(UTC) - timedelta(hours=25)
    assert ada.post("/api/v1/projects", json={"name": "Old"}, headers=keyed("Old")).status_code == 201
    assert count_projects(site, "Old") == 2
    with system_session(site.engine, "count", is_reading=True) as session:
        assert len(session.scalars(every(IdempotencyKey)).all()) == 1


def test_an_answer_that_was_lost_is_told_and_nothing_is_made_twice(door: Door, site: Site) -> None:
    ada = door("ada")
    assert ada.post("/api/v1/projects", json={"name": "Cut off"}, headers=keyed("cut")).status_code == 201
    with system_session(site.engine, "the server ended before it kept the answer") as session:
        for row in session.scalars(every(IdempotencyKey)):
            row.status, row.body, row.created_at = None, None, datetime.now(UTC) - timedelta(minutes=5)
    answer = ada.post("/api/v1/projects", json={"name": "Cut off"}, headers=keyed("cut"))
    assert answer.status_code == 409
    assert "look what was made" in answer.json()["detail"]
    assert count_projects(site, "Cut off") == 1


def kept_answers(site: Site) -> str:
    with system_session(site.engine, "look", is_reading=True) as session:
        return str([row.body for row in session.scalars(every(IdempotencyKey))])


def test_a_token_is_made_once_and_its_text_is_not_kept(door: Door, site: Site) -> None:
    ada = door("ada")
    first, again = (ada.post("/api/v1/tokens", json={"name": "t"}, headers=keyed("token")) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["token"] is None
    assert "shown once" in again.json()["note"]
    assert first.json()["token"] not in kept_answers(site)
    assert [one["name"] for one in ada.get("/api/v1/tokens").json()["items"]] == ["test", "t"]


def test_a_share_link_is_made_once_and_its_address_is_not_kept(door: Door, site: Site) -> None:
    ada = door("ada")
    wanted = {"object": f"project:{ada.post('/api/v1/projects', json={'name': 'P'}).json()['id']}"}
    first, again = (ada.post("/api/v1/grants", json=wanted, headers=keyed("link")) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json()["id"], again.json()["url"]) == (first.json()["id"], None)
    assert "shown once" in again.json()["note"]
    assert again.headers["location"] == first.headers["location"]
    key = first.json()["url"].rpartition("/")[2]
    assert len(key) > 20
    assert key not in kept_answers(site)
    assert len(ada.get("/api/v1/grants").json()["items"]) == 1


def test_the_passwords_of_a_class_room_are_not_kept(door: Door, site: Site) -> None:
    admin = door("admin")
    wanted = {"name": "course", "users": 2}
    first, again = (admin.post("/api/v1/admin/classrooms", json=wanted, headers=keyed("room")) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201), first.text
    passwords = [one["password"] for one in first.json()["users"]]
    assert len(set(passwords)) == 2
    assert not any(password in kept_answers(site) for password in passwords)
    assert [one["password"] for one in again.json()["users"]] == [None, None]

"""Moving, giving away, deleting, copying and purging over HTTP, on images that were really imported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from micrarium.actions import delegating, graphing
from micrarium.actions.emptying import clear_purged, empty_old
from micrarium.actions.importing import import_files
from micrarium.actions.opening import Site, open_site
from micrarium.model import Base
from micrarium.permissions import load_actor, system_session
from micrarium.settings import Settings
from micrarium.testing.files import numbered_pixels, write_ome_tiff, write_plate
from micrarium.testing.people import make_people
from micrarium.testing.transports import call_in_process

Make = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def one_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site for all tests here, on each dialect."""
    databases = request.getfixturevalue("sqlite_databases" if request.param == "sqlite" else "postgres_databases")
    with databases.make() as url:
        data: Path = tmp_path_factory.mktemp("graphs") / "data"
        with open_site(Settings(data=data, database_url=url, admin_password=SecretStr("correct horse"))) as found:
            yield found


@pytest.fixture(scope="module")
def folk(one_site: Site) -> dict[str, int]:
    """The people and groups of ``make_people``."""
    return make_people(one_site)


@pytest.fixture(scope="module")
def clients(one_site: Site, folk: dict[str, int]) -> Iterator[dict[str, httpx.Client]]:
    """The API as each person."""
    assert folk
    with call_in_process(one_site) as open_as:
        yield {name: open_as(name) for name in ("ada", "bob", "pia", "eve", "admin")}


@pytest.fixture(scope="module")
def ada(clients: dict[str, httpx.Client]) -> httpx.Client:
    """The API as Ada."""
    return clients["ada"]


def post(client: httpx.Client, path: str, expected: int = 200, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == expected, answer.text
    found: dict[str, Any] = answer.json()
    return found


def make(client: httpx.Client, kind: str, group: int, **fields: Any) -> int:
    return int(post(client, kind, 201, group_id=group, **fields)["id"])


def import_one(site: Site, path: Path, folk: dict[str, int], *, name: str = "ada", group: str = "read-write") -> list[int]:
    with system_session(site.engine, "a test imports") as session:
        actor = load_actor(session, folk[name], group_id=folk[group])
    result = import_files(site, actor, [path], group_id=folk[group])
    assert not result.failed
    return result.images


def files_in(site: Site) -> set[str]:
    """The files of originals and pyramids."""
    folders = (site.originals, site.derived)
    return {path.relative_to(site.data).as_posix() for folder in folders for path in folder.rglob("*") if path.is_file()}


def status(client: httpx.Client, name: str) -> int:
    kind, _, number = name.partition(":")
    return client.get(f"/api/v1/{kind}s/{number}").status_code


def test_a_project_moves_with_what_is_nowhere_else_and_the_dry_run_says_so(
    ada: httpx.Client, folk: dict[str, int], one_site: Site, tmp_path: Path
) -> None:
    group = folk["read-write"]
    first, second = (
        import_one(one_site, write_ome_tiff(tmp_path / f"{n}.ome.tif", numbered_pixels(1, 1, 1, 8, 8, seed=n)), folk)[0]
        for n in (1, 2)
    )
    project, here, there = (make(ada, kind, group, name="n") for kind in ("projects", "datasets", "datasets"))
    post(ada, f"projects/{project}/datasets", ids=[here])
    post(ada, f"datasets/{here}/images", ids=[first, second])
    post(ada, f"datasets/{there}/images", ids=[second])
    post(ada, f"images/{first}/annotations", 201, type="CommentAnnotation", text_value="mine alone")
    tag = post(ada, f"images/{first}/annotations", 201, type="TagAnnotation", text_value="shared")["id"]
    post(ada, f"images/{second}/annotations", 201, annotation_id=tag)
    dry = post(ada, "graph/chgrp", objects=[f"project:{project}"], group=folk["private"], dry_run=True)
    assert (dry["counts"]["dataset"], dry["counts"]["image"], dry["refused"]) == (1, 1, [])
    assert {"object": f"image:{second}", "why": f"it is also in dataset:{there}"}.items() <= next(
        one for one in dry["stays"] if one["object"] == f"image:{second}"
    ).items()
    assert ada.get(f"/api/v1/projects/{project}").json()["group_id"] == group
    done = post(ada, "graph/chgrp", objects=[f"project:{project}"], group=folk["private"], reason="the pilot is over")
    assert done["counts"] == dry["counts"]
    groups = {kind: ada.get(f"/api/v1/{kind}").json()["group_id"] for kind in (f"images/{first}", f"images/{second}")}
    assert groups == {f"images/{first}": folk["private"], f"images/{second}": group}
    said = {i: ada.get("/api/v1/annotations", params={"image": i}).json()["items"] for i in (first, second)}
    assert [one["type"] for one in said[first]] == ["CommentAnnotation"], "the shared tag stays on what stays"
    assert [one["id"] for one in said[second]] == [tag]
    inside = ada.get("/api/v1/images", params={"dataset": here}).json()["items"]
    assert [image["id"] for image in inside] == [first]
    (change, *_) = ada.get(f"/api/v1/images/{first}/history").json()["items"]
    assert change["changes"]["group_id"] == [group, folk["private"]]
    assert ada.get(f"/api/v1/images/{first}/plane").status_code == 200, "its files went with it"


def test_images_imported_together_are_not_torn_apart(
    ada: httpx.Client, folk: dict[str, int], one_site: Site, tmp_path: Path
) -> None:
    images = import_one(one_site, write_plate(tmp_path / "plate.zarr", wells=((0, 0),), fields=2), folk)
    told = post(ada, "graph/delete", objects=[f"image:{images[0]}"], dry_run=True)
    assert any("imported together" in sentence and f"image:{images[1]}" in sentence for sentence in told["refused"])
    refused = post(ada, "graph/delete", 409, objects=[f"image:{images[0]}"])
    assert refused["detail"] == told["refused"][0]
    assert [status(ada, f"image:{i}") for i in images] == [200, 200]
    plate = ada.get("/api/v1/plates", params={"sort": "-id"}).json()["items"][0]["id"]
    done = post(ada, "graph/delete", objects=[f"plate:{plate}"])
    assert done["counts"]["image"] == 2
    assert [status(ada, f"image:{i}") for i in images] == [404, 404]
    ada.post(f"/api/v1/bin/plates/{plate}/restore").raise_for_status()
    assert [status(ada, f"image:{i}") for i in images] == [200, 200]


def test_a_group_owner_gives_what_is_one_persons_to_another(clients: dict[str, httpx.Client], folk: dict[str, int]) -> None:
    group = folk["read-write"]
    dataset = make(clients["ada"], "datasets", group, name="n")
    project = make(clients["bob"], "projects", group, name="n")
    post(clients["bob"], f"projects/{project}/datasets", ids=[dataset])
    assert "chown" in post(clients["ada"], "graph/chown", 403, objects=[f"dataset:{dataset}"], owner=folk["bob"])["detail"]
    stays = post(clients["pia"], "graph/chown", objects=[f"project:{project}"], owner=folk["pia"])["stays"]
    assert stays == [{"object": f"dataset:{dataset}", "name": "n", "why": "it belongs to somebody else"}]
    owners = [clients["pia"].get(f"/api/v1/{path}").json()["owner_id"] for path in (f"projects/{project}", f"datasets/{dataset}")]
    assert owners == [folk["pia"], folk["ada"]]
    told = post(clients["admin"], "graph/chown", 422, objects=[f"dataset:{dataset}"], owner=folk["eve"])
    assert "not a member" in told["detail"]


def test_what_others_may_not_touch_is_refused_whole(clients: dict[str, httpx.Client], folk: dict[str, int]) -> None:
    mine = make(clients["bob"], "datasets", folk["read-annotate"], name="Bob's")
    hers = make(clients["ada"], "datasets", folk["read-annotate"], name="Ada's")
    objects = [f"dataset:{mine}", f"dataset:{hers}"]
    for path, more in (("delete", {}), ("chgrp", {"group": folk["private"]})):
        post(clients["bob"], f"graph/{path}", 403, objects=objects, **more)
    assert [status(clients["bob"], name) for name in objects] == [200, 200]
    assert clients["bob"].get(f"/api/v1/datasets/{mine}").json()["group_id"] == folk["read-annotate"]
    post(clients["bob"], "graph/chgrp", 404, objects=[objects[0]], group=folk["elsewhere"])
    post(clients["eve"], "graph/delete", 404, objects=objects)
    post(clients["eve"], "graph/duplicate", 404, objects=objects)


def test_what_others_said_is_in_the_way_but_their_settings_are_not(
    clients: dict[str, httpx.Client], folk: dict[str, int], one_site: Site, tmp_path: Path
) -> None:
    ada, bob, group = clients["ada"], clients["bob"], folk["read-annotate"]
    path = write_ome_tiff(tmp_path / "c.ome.tif", numbered_pixels(1, 1, 1, 6, 6, seed=9))
    (image,) = import_one(one_site, path, folk, group="read-annotate")
    roi = make(bob, "rois", group, image_id=image, name="Bob's")
    pixels = ada.get("/api/v1/pixels", params={"image": image}).json()["items"][0]["id"]
    settings = make(bob, "rendering_defs", group, pixels_id=pixels)
    refused = post(ada, "graph/chgrp", 409, objects=[f"image:{image}"], group=folk["private"])["detail"]
    assert refused.startswith(f"roi:{roi} has to move to another group as well")
    post(bob, "graph/delete", objects=[f"roi:{roi}"])
    told = post(ada, "graph/chgrp", objects=[f"image:{image}"], group=folk["private"])
    assert (told["settings_binned"], told["counts_in_bin"]) == (1, {"roi": 1})
    assert bob.get(f"/api/v1/rendering_defs/{settings}").status_code == 404
    back = bob.post(f"/api/v1/bin/rois/{roi}/restore").raise_for_status().json()
    assert back["group_id"] == folk["private"], "what was in the bin went along with the image"
    assert status(bob, f"image:{image}") == 404


def test_what_is_included_goes_though_it_is_elsewhere_and_what_is_excluded_stays(ada: httpx.Client, folk: dict[str, int]) -> None:
    group = folk["read-write"]
    project, other, inside, shared = (make(ada, kind, group, name="n") for kind in ("projects", "projects", "datasets", "datasets"))
    post(ada, f"projects/{project}/datasets", ids=[inside, shared])
    post(ada, f"projects/{other}/datasets", ids=[shared])
    tag = post(ada, f"datasets/{inside}/annotations", 201, type="TagAnnotation", text_value="t")["id"]

    def going(**options: Any) -> dict[str, int]:
        found: dict[str, int] = post(ada, "graph/delete", objects=[f"project:{project}"], dry_run=True, **options)["counts"]
        return found

    assert going() == {"project": 1, "dataset": 1}
    assert going(include=["dataset"]) == {"project": 1, "dataset": 2}
    assert going(exclude=["dataset"]) == {"project": 1}
    assert going(include=["tag"]) == {"project": 1, "dataset": 1, "annotation": 1}
    post(ada, "graph/delete", objects=[f"project:{project}"], include=["tag_annotation", "dataset"])
    assert [status(ada, name) for name in (f"annotation:{tag}", f"dataset:{shared}", f"project:{other}")] == [404, 404, 200]


def test_a_copy_shares_the_files_which_go_with_the_last_of_them(
    ada: httpx.Client, folk: dict[str, int], one_site: Site, tmp_path: Path
) -> None:
    before = files_in(one_site)
    (image,) = import_one(one_site, write_ome_tiff(tmp_path / "a.ome.tif", numbered_pixels(1, 2, 1, 9, 9, seed=77)), folk)
    dataset = make(ada, "datasets", folk["read-write"], name="n")
    post(ada, f"datasets/{dataset}/images", ids=[image])
    post(ada, f"images/{image}/annotations", 201, type="MapAnnotation", map_value=[["k", "v"]])
    roi = make(ada, "rois", folk["read-write"], image_id=image, name="cell")
    post(ada, "shapes", 201, roi_id=roi, type="Point", x=1.0, y=2.0)
    stored = files_in(one_site)
    (copied,) = post(ada, "graph/duplicate", objects=[f"dataset:{dataset}"])["made"]
    assert files_in(one_site) == stored
    (twin,) = ada.get("/api/v1/images", params={"dataset": copied.partition(":")[2]}).json()["items"]
    shown = ada.get(f"/api/v1/images/{twin['id']}", params={"include": "annotations,channels"}).json()
    assert [one["map_value"] for one in shown["annotations"]] == [[["k", "v"]]]
    assert len(ada.get("/api/v1/shapes", params={"image": twin["id"]}).json()["items"]) == 1
    pictures = [ada.get(f"/api/v1/images/{i}/plane", params={"format": "png"}).content for i in (image, twin["id"])]
    assert pictures[0] == pictures[1]

    post(ada, "graph/delete", objects=[f"dataset:{dataset}"], purge=True)
    assert status(ada, f"image:{image}") == 404
    assert files_in(one_site) == stored, "the copy still uses them"
    assert ada.get(f"/api/v1/images/{twin['id']}/plane").status_code == 200
    told = post(ada, "graph/delete", objects=[copied], purge=True)
    assert told["files"]["count"] == 1
    assert files_in(one_site) == before
    later = make(ada, "datasets", folk["read-write"], name="n")
    assert later > int(copied.partition(":")[2]), "numbers are not used again"


def test_a_plate_and_its_copy_leave_nothing_behind(ada: httpx.Client, folk: dict[str, int], one_site: Site, tmp_path: Path) -> None:
    before, stored = rows_of(one_site), files_in(one_site)
    path = write_plate(tmp_path / "again.zarr", wells=((0, 0), (1, 2)), fields=2, seed=50)
    import_one(one_site, path, folk)
    once = rows_of(one_site)
    plate = ada.get("/api/v1/plates", params={"sort": "-id"}).json()["items"][0]["id"]
    (copied,) = post(ada, "graph/duplicate", objects=[f"plate:{plate}"])["made"]
    twice = rows_of(one_site)
    assert {name: twice[name] - once[name] for name in once} == {name: once[name] - before[name] for name in once}
    for i in (plate, copied.partition(":")[2]):
        wells = ada.get("/api/v1/wells", params={"plate": i, "include": "well_samples"}).json()["items"]
        assert [(well["row"], well["column"], len(well["well_samples"])) for well in wells] == [(0, 0, 2), (1, 2, 2)]
    post(ada, "graph/delete", objects=[f"plate:{plate}", copied], purge=True)
    assert rows_of(one_site) == before
    assert files_in(one_site) == stored


def rows_of(site: Site) -> dict[str, int]:
    """How many rows each table has, those of the record and of sign-ins left out."""
    left_out = ("event", "event_log", "event_subject", "job", "token", "login_session")
    with site.engine.connect() as connection:
        return {
            table.name: connection.execute(text(f'SELECT count(*) FROM "{table.name}"')).scalar_one()
            for table in Base.metadata.sorted_tables
            if table.name not in left_out
        }


def test_the_bin_says_who_deleted_what_and_is_emptied_of_it(clients: dict[str, httpx.Client], folk: dict[str, int]) -> None:
    ada, bob = clients["ada"], clients["bob"]
    project, dataset = (make(ada, kind, folk["read-write"], name="for the bin") for kind in ("projects", "datasets"))
    post(ada, f"projects/{project}/datasets", ids=[dataset])
    post(ada, "graph/delete", objects=[f"project:{project}"], reason="a trial")
    listed = ada.get("/api/v1/bin", params={"limit": 1}).json()
    (one,) = listed["items"]
    assert (one["object"], one["name"], one["deleted_by"]["ome_name"], one["reason"]) == (
        f"project:{project}", "for the bin", "ada", "a trial",
    )  # fmt: skip
    following = ada.get("/api/v1/bin", params={"limit": 1, "cursor": listed["next"]}).json()["items"] if listed["next"] else []
    assert one not in following
    assert bob.get("/api/v1/bin", params={"mine": True, "limit": 1000}).json()["items"] == []
    assert clients["eve"].get("/api/v1/bin").json()["items"] == []
    post(clients["eve"], "graph/purge", 404, objects=[f"project:{project}"])
    dry = post(ada, "graph/purge", objects=[f"project:{project}"], dry_run=True)
    assert dry["counts"] == {"dataset": 1, "project": 1}
    assert post(ada, "bin/empty", older_than_days=1, dry_run=True)["counts"] == {}
    assert post(bob, "bin/empty", dry_run=True)["counts"] == {}
    assert post(ada, "bin/empty", older_than_days=0)["counts"]["dataset"] >= 1
    assert ada.get("/api/v1/bin", params={"mine": True}).json()["items"] == []
    assert ada.post(f"/api/v1/bin/projects/{project}/restore").status_code == 404


def test_the_bin_empties_itself_after_the_days_that_are_set(
    ada: httpx.Client, folk: dict[str, int], one_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make(ada, "datasets", folk["read-write"], name="n")
    post(ada, "graph/delete", objects=[f"dataset:{dataset}"])
    for days in (30, 0, None):
        monkeypatch.setattr(one_site.settings, "bin_days", days)
        empty_old(one_site)
        assert f"dataset:{dataset}" in [one["object"] for one in ada.get("/api/v1/bin").json()["items"]]
    monkeypatch.setattr(one_site.settings, "bin_days", 1e-9)
    assert empty_old(one_site) >= 1
    assert f"dataset:{dataset}" not in [one["object"] for one in ada.get("/api/v1/bin").json()["items"]]


def test_files_of_a_purge_that_was_cut_off_are_removed_at_the_next_start(
    ada: httpx.Client, folk: dict[str, int], one_site: Site, tmp_path: Path
) -> None:
    (image,) = import_one(one_site, write_ome_tiff(tmp_path / "b.ome.tif", numbered_pixels(1, 1, 1, 7, 7, seed=5)), folk)
    stray = one_site.originals / "ada" / "gone.tif"
    stray.parent.mkdir()
    stray.write_bytes(b"x")
    used = next(name for name in files_in(one_site) if name.endswith("b.ome.tif"))
    notes = one_site.data / "purging"
    notes.mkdir(exist_ok=True)
    (notes / "1.json").write_text(f'["originals/ada/gone.tif", "{used}", "../outside"]')
    (notes / "2.json").write_text('["originals/')
    clear_purged(one_site)
    assert not stray.exists()
    assert used in files_in(one_site)
    assert list(notes.iterdir()) == []
    assert status(ada, f"image:{image}") == 200


def test_much_is_done_by_a_job_whose_result_is_the_report(
    ada: httpx.Client, folk: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delegating, "MOST_AT_ONCE", 1)
    project, dataset = (make(ada, kind, folk["read-write"], name="n") for kind in ("projects", "datasets"))
    post(ada, f"projects/{project}/datasets", ids=[dataset])
    objects = [f"project:{project}"]
    for path, kind in (("graph/duplicate", "project"), ("graph/delete", "dataset"), ("graph/purge", "dataset")):
        job = post(ada, path, 202, objects=objects)
        for _ in range(400):
            state = ada.get(f"/api/v1/jobs/{job['id']}").json()
            if state["state"] not in ("queued", "running"):
                break
        assert state["state"] == "done", state
        assert state["result"]["counts"][kind] == 1
    assert status(ada, objects[0]) == 404
    assert graphing.MOST_AT_ONCE > 1


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("graph/delete", {"objects": ["nothing"]}, "objects"),
        ("graph/delete", {"objects": ["image:x"]}, "objects"),
        ("graph/delete", {"objects": []}, "objects"),
        ("graph/delete", {"objects": ["project:1"], "include": ["galaxy"]}, "include"),
        ("graph/delete", {"objects": ["project:1"], "include": ["tag"], "exclude": ["tag"]}, "exclude"),
        ("graph/chgrp", {"objects": ["project:1"]}, "group"),
        ("graph/purge", {"objects": ["dataset_image_link:1"]}, "objects"),
        ("bin/empty", {"older_than_days": -1}, "older_than_days"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_sentence(ada: httpx.Client, path: str, body: dict[str, Any], field: str) -> None:
    answer = ada.post(f"/api/v1/{path}", json=body)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["field"].startswith(field)


def test_a_move_between_groups_is_undone_and_what_it_cut_is_joined_again(
    ada: httpx.Client, folk: dict[str, int], one_site: Site, tmp_path: Path
) -> None:
    group = folk["read-write"]
    (image,) = import_one(one_site, write_ome_tiff(tmp_path / "m.ome.tif", numbered_pixels(1, 1, 1, 8, 8, seed=31)), folk)
    dataset = make(ada, "datasets", group, name="n")
    post(ada, f"datasets/{dataset}/images", ids=[image])
    post(ada, f"images/{image}/annotations", 201, type="TagAnnotation", text_value="moved")
    gone = make(ada, "rois", group, image_id=image, name="in the bin")
    post(ada, "graph/delete", objects=[f"roi:{gone}"])

    def inside() -> list[int]:
        return [one["id"] for one in ada.get("/api/v1/images", params={"dataset": dataset}).json()["items"]]

    post(ada, "graph/chgrp", objects=[f"image:{image}"], group=folk["private"])
    event = ada.get("/api/v1/events", params={"limit": 1}).json()["items"][0]["id"]
    assert inside() == []
    for there, linked in ((group, [image]), (folk["private"], []), (group, [image])):  # undone, and that undone, and again
        told = post(ada, f"events/{event}/undo")
        event = told["event_id"]
        names = {one["object"].partition(":")[0] for one in told["changes"] if "group_id" in one["changes"]}
        assert {"image", "fileset", "original_file", "roi"} <= names
        assert ada.get(f"/api/v1/images/{image}").json()["group_id"] == there
        assert inside() == linked
        tags = ada.get("/api/v1/annotations", params={"image": image}).json()["items"]
        assert [one["group_id"] for one in tags if one["type"] == "TagAnnotation"] == [there]
    assert ada.get(f"/api/v1/images/{image}/plane").status_code == 200
    assert ada.post(f"/api/v1/bin/rois/{gone}/restore").raise_for_status().json()["group_id"] == group


def test_a_move_is_undone_though_others_settings_went_into_the_bin(
    clients: dict[str, httpx.Client], folk: dict[str, int], one_site: Site, tmp_path: Path
) -> None:
    ada, bob = clients["ada"], clients["bob"]
    path = write_ome_tiff(tmp_path / "set.ome.tif", numbered_pixels(1, 1, 1, 6, 6, seed=32))
    (image,) = import_one(one_site, path, folk, group="read-annotate")
    pixels = ada.get("/api/v1/pixels", params={"image": image}).json()["items"][0]["id"]
    settings = make(bob, "rendering_defs", folk["read-annotate"], pixels_id=pixels)
    post(ada, "graph/chgrp", objects=[f"image:{image}"], group=folk["private"])
    post(ada, f"events/{ada.get('/api/v1/events', params={'limit': 1}).json()['items'][0]['id']}/undo")
    bob.post(f"/api/v1/bin/rendering_defs/{settings}/restore").raise_for_status()

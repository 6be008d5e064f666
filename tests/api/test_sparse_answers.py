"""Answers with few fields, and embedding at a constant number of statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from tests.api.test_every_route import counted

from micrarium.actions.including import includes_of
from micrarium.actions.opening import Site, open_site
from micrarium.model import (
    Annotation,
    Channel,
    Dataset,
    DatasetImageLink,
    Entity,
    Image,
    LogicalChannel,
    MapAnnotation,
    Pixels,
    Plate,
    Point,
    Project,
    ProjectDatasetLink,
    Roi,
    TagAnnotation,
    Well,
    WellSample,
)
from micrarium.model.annotations import ANNOTATION_LINKS
from micrarium.model.schema import entities
from micrarium.permissions import ActorSession, load_actor, open_session, system_session
from micrarium.settings import Settings
from micrarium.testing.people import make_people
from micrarium.testing.transports import call_in_process

Door = Callable[[str | None], httpx.Client]
FEW, MANY = 10, 200


@dataclass(frozen=True)
class Filled:
    """A site with many objects of Ada's, a door to it, and the id of the project they are in."""

    site: Site
    door: Door
    project: int


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """Many images, datasets, wells, regions and annotations, each with all that can be embedded in it; on each dialect."""
    databases = request.getfixturevalue("sqlite_databases" if request.param == "sqlite" else "postgres_databases")
    folder = tmp_path_factory.mktemp("sparse")
    with databases.make() as url, open_site(Settings(data=folder, database_url=url)) as site, call_in_process(site) as door:
        people = make_people(site)
        with system_session(site.engine, "look who", is_reading=True) as session:
            actor = load_actor(session, people["ada"])
        with open_session(site.engine, actor) as session:
            project = _fill(session)
        yield Filled(site, door, project)


def _fill(session: ActorSession) -> int:
    project, plate, tag = Project(name="P"), Plate(name="Plate"), TagAnnotation(text_value="tag")
    images, datasets = [Image(name=f"i{n}") for n in range(MANY)], [Dataset(name=f"d{n}") for n in range(MANY)]
    notes = [MapAnnotation(ns="n") for _ in range(MANY)]
    for number, note in enumerate(notes):
        note.map_value = [["key", str(number)]]
    session.add_all([project, plate, tag, *images, *datasets, *notes])
    session.flush()
    wells = [Well(plate_id=plate.id, row=n // 24, column=n % 24) for n in range(MANY)]
    rois = [Roi(image_id=image.id) for image in images]
    size = {"size_x": 8, "size_y": 8, "size_z": 1, "size_c": 1, "size_t": 1}
    pixels = [Pixels(image_id=image.id, **size, pixels_type="uint8", dimension_order="XYZCT") for image in images]
    session.add_all([*wells, *rois, *pixels])
    session.flush()
    for well, image, roi, of_image in zip(wells, images, rois, pixels, strict=True):
        channel = Channel(pixels_id=of_image.id, channel_index=0)
        channel.logical_channel = LogicalChannel(name="DAPI")
        placed = WellSample(well_id=well.id, image_id=image.id, field_index=0)
        session.add_all([channel, Point(roi_id=roi.id, x=1.0, y=1.0), placed])
    for dataset, image in zip(datasets, images, strict=True):
        session.add_all([DatasetImageLink(parent_id=dataset.id, child_id=image.id)])
        session.add_all([ProjectDatasetLink(parent_id=project.id, child_id=dataset.id)])
    for entity, objects in ((Image, images), (Dataset, datasets), (Well, wells), (Roi, rois)):
        link = ANNOTATION_LINKS[entity]
        for obj, note in zip(objects, notes, strict=True):
            session.add_all([link(parent_id=obj.id, child_id=annotation.id) for annotation in (tag, note)])
    session.flush()
    return project.id


def test_every_embedding_takes_as_many_statements_for_many_objects_as_for_few(filled: Filled) -> None:
    ada, site, seen = filled.door("ada"), filled.site, set[str]()
    ada.get("/api/v1/session")  # that a token was used is noted once in a while
    for entity in (Image, Dataset, Well, Roi, Annotation, Project, Plate):
        for include in ["", ",".join(includes_of(entity))]:
            numbers = []
            for limit in (FEW, MANY):
                with counted(site) as sent:
                    answer = ada.get(f"/api/v1/{entity.plural()}", params={"limit": limit, "include": include})
                assert answer.status_code == 200, answer.text
                numbers.append(len(sent))
            assert numbers[0] == numbers[1], (entity.__name__, include, numbers)
            if entity in (Image, Dataset, Well, Roi):
                assert len(answer.json()["items"]) == MANY
            seen.update(include.split(","))
    assert seen >= {"annotations", "pixels", "channels", "rois", "shapes", "containers", "owner", "permissions", "child_count"}


def test_embedded_objects_are_all_there(filled: Filled) -> None:
    page = filled.door("ada").get(
        "/api/v1/images", params={"limit": MANY, "include": "pixels,channels,rois,annotations,containers,owner"}
    ).json()  # fmt: skip
    for item in page["items"]:
        assert (item["pixels"]["size_x"], item["channels"][0]["name"], len(item["rois"][0]["shapes"])) == (8, "DAPI", 1)
        assert {a["type"] for a in item["annotations"]} == {"TagAnnotation", "MapAnnotation"}
        assert [a["map_value"] for a in item["annotations"] if a["type"] == "MapAnnotation"] == [[["key", item["name"][1:]]]]
        assert (item["owner"]["username"], item["containers"][0]["name"]) == ("ada", f"d{item['name'][1:]}")


def test_few_fields_are_answered_and_read(filled: Filled) -> None:
    ada, site = filled.door("ada"), filled.site
    ada.get("/api/v1/session")
    with counted(site) as sent:
        page = ada.get("/api/v1/images?fields=name&limit=3&sort=-name").json()
    assert [set(item) for item in page["items"]] == [{"id", "name"}] * 3
    (listing,) = [statement for statement in sent if statement.startswith("SELECT image")]
    told = listing[: listing.index("FROM")]
    assert "image.name" in told
    assert "description" not in told
    assert "event" not in listing.split("WHERE")[0]
    rest = ada.get(f"/api/v1/images?fields=name&limit=3&sort=-name&cursor={page['next']}").json()["items"]
    whole = ada.get("/api/v1/images?limit=6&sort=-name").json()["items"]
    assert [item["name"] for item in (*page["items"], *rest)] == [item["name"] for item in whole]
    one = ada.get(f"/api/v1/projects/{filled.project}?fields=name,created_at&include=owner,permissions,child_count")
    assert set(one.json()) == {"id", "version", "name", "created_at", "owner", "permissions", "child_count"}
    assert one.json()["child_count"] == MANY
    assert one.headers["etag"] == '"1"'


def test_single_fields_of_every_class_are_as_in_the_whole_object(filled: Filled) -> None:
    admin = filled.door("admin")
    for place, entity in enumerate(entities()):
        whole = admin.get(f"/api/v1/{entity.plural()}?limit=1").json()["items"]
        for name in list(whole[0])[place % 5 :: 5] if whole else ["id"]:
            found = admin.get(f"/api/v1/{entity.plural()}?limit=1&fields={name}")
            assert found.status_code == 200, (entity, name, found.text)
            assert found.json()["items"] == [{"id": item["id"], name: item[name]} for item in whole], (entity, name)


@pytest.mark.parametrize("entity", [Image, Annotation], ids=lambda entity: entity.__name__)
def test_an_unknown_field_is_refused_whether_or_not_there_is_anything(filled: Filled, entity: type[Entity]) -> None:
    for path in (f"{entity.plural()}?fields=id,nothing", f"{entity.plural()}/1?fields=nothing"):
        answer = filled.door("ada").get(f"/api/v1/{path}")
        assert answer.status_code == 422, path
        assert answer.json()["field"] == "fields"

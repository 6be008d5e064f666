"""Answers with few fields, and embedding at a constant number of statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.api.test_every_route import counted

from micrarium.actions.including import includes_of
from micrarium.actions.opening import Site
from micrarium.model import (
    Annotation,
    Channel,
    CommentAnnotation,
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
from micrarium.permissions import load_actor, open_session, system_session

Door = Callable[[str | None], httpx.Client]
FEW, MANY = 10, 200


@pytest.fixture
def filled(site: Site, people: dict[str, int]) -> dict[str, int]:
    """Many images, datasets, wells, regions and annotations of Ada's, each with all that can be embedded in it."""
    with system_session(site.engine, "look who", is_reading=True) as session:
        actor = load_actor(session, people["ada"])
    with open_session(site.engine, actor) as session:
        project, plate = Project(name="P"), Plate(name="Plate")
        tag = TagAnnotation(text_value="tag")
        session.add_all([project, plate, tag])
        session.flush()
        for number in range(MANY):
            _add_one(session, project, plate, tag, number)
        return {"project": project.id, "plate": plate.id}


def _add_one(session: Any, project: Project, plate: Plate, tag: TagAnnotation, number: int) -> None:
    image, dataset = Image(name=f"i{number}"), Dataset(name=f"d{number}")
    note = MapAnnotation(ns="n")
    note.map_value = [["key", str(number)]]
    well = Well(plate_id=plate.id, row=number // 24, column=number % 24)
    session.add_all([image, dataset, note, well, CommentAnnotation(text_value=f"c{number}")])
    session.flush()
    pixels = Pixels(
        image_id=image.id, size_x=8, size_y=8, size_z=1, size_c=1, size_t=1, pixels_type="uint8", dimension_order="XYZCT"
    )
    roi, acquired = Roi(image_id=image.id), LogicalChannel(name="DAPI")
    session.add_all([pixels, roi])
    session.flush()
    channel = Channel(pixels_id=pixels.id, channel_index=0)
    channel.logical_channel = acquired
    session.add_all([channel, Point(roi_id=roi.id, x=1.0, y=1.0), WellSample(well_id=well.id, image_id=image.id, field_index=0)])
    session.add_all([DatasetImageLink(parent_id=dataset.id, child_id=image.id)])
    session.add_all([ProjectDatasetLink(parent_id=project.id, child_id=dataset.id)])
    for entity, obj in ((Image, image), (Dataset, dataset), (Well, well), (Roi, roi)):
        link = ANNOTATION_LINKS[entity]
        session.add_all([link(parent_id=obj.id, child_id=a.id) for a in (tag, note)])
    session.flush()


def test_every_embedding_takes_as_many_statements_for_many_objects_as_for_few(
    door: Door, site: Site, filled: dict[str, int]
) -> None:
    ada, seen = door("ada"), set()
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
    assert filled
    assert seen >= {"annotations", "pixels", "channels", "rois", "shapes", "containers", "owner", "permissions", "child_count"}


def test_embedded_objects_are_all_there(door: Door, filled: dict[str, int]) -> None:
    assert filled
    page = door("ada").get(
        "/api/v1/images", params={"limit": MANY, "include": "pixels,channels,rois,annotations,containers,owner"}
    ).json()  # fmt: skip
    for item in page["items"]:
        assert (item["pixels"]["size_x"], item["channels"][0]["name"], len(item["rois"][0]["shapes"])) == (8, "DAPI", 1)
        assert {a["type"] for a in item["annotations"]} == {"TagAnnotation", "MapAnnotation"}
        assert [a["map_value"] for a in item["annotations"] if a["type"] == "MapAnnotation"] == [[["key", item["name"][1:]]]]
        assert (item["owner"]["username"], item["containers"][0]["name"]) == ("ada", f"d{item['name'][1:]}")


def test_few_fields_are_answered_and_read(door: Door, site: Site, filled: dict[str, int]) -> None:
    ada = door("ada")
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
    one = ada.get(f"/api/v1/projects/{filled['project']}?fields=name,created_at&include=owner,permissions,child_count")
    assert set(one.json()) == {"id", "version", "name", "created_at", "owner", "permissions", "child_count"}
    assert one.json()["child_count"] == MANY
    assert one.headers["etag"] == '"1"'


def test_single_fields_of_every_class_are_as_in_the_whole_object(door: Door, filled: dict[str, int]) -> None:
    admin = door("admin")
    assert filled
    for place, entity in enumerate(entities()):
        whole = admin.get(f"/api/v1/{entity.plural()}?limit=1").json()["items"]
        for name in list(whole[0])[place % 5 :: 5] if whole else ["id"]:
            found = admin.get(f"/api/v1/{entity.plural()}?limit=1&fields={name}")
            assert found.status_code == 200, (entity, name, found.text)
            assert found.json()["items"] == [{"id": item["id"], name: item[name]} for item in whole], (entity, name)


@pytest.mark.parametrize("entity", [Image, Annotation], ids=lambda entity: entity.__name__)
def test_an_unknown_field_is_refused_whether_or_not_there_is_anything(door: Door, entity: type[Entity]) -> None:
    for path in (f"{entity.plural()}?fields=id,nothing", f"{entity.plural()}/1?fields=nothing"):
        answer = door("ada").get(f"/api/v1/{path}")
        assert answer.status_code == 422, path
        assert answer.json()["field"] == "fields"

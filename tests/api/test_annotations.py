"""Annotations, containers, the tree and the bin over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from micrarium import model
from micrarium.actions.opening import Site
from micrarium.model import ANNOTATION_LINKS
from micrarium.permissions import system_session

Door = Callable[[str | None], httpx.Client]


def make(client: httpx.Client, path: str, **values: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1/{path}", json=values)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def everything(site: Site, people: dict[str, int]) -> dict[str, int]:
    """One object of every annotatable class, Ada's, in the read-annotate group; ids by plural."""
    owned = {"owner_id": people["ada"], "group_id": people["read-annotate"]}
    with system_session(site.engine, "one of each for a test") as session:
        fileset = model.Fileset(template_prefix="x", reader="tiff", reader_version="1", **owned)
        original = model.OriginalFile(name="a.tif", path="a.tif", size=1, location="a.tif", **owned)
        image = model.Image(name="a", fileset=fileset, **owned)
        pixels = model.Pixels(
            image=image, pixels_type="uint8", **dict.fromkeys(("size_x", "size_y", "size_z", "size_c", "size_t"), 1)
        )
        channel = model.Channel(pixels=pixels, logical_channel=model.LogicalChannel(name="DAPI"), channel_index=0)
        plate = model.Plate(name="p", **owned)
        well = model.Well(plate=plate, row=0, column=0)
        session.add_all([fileset, original, image, channel, plate, well])
        session.flush()
        run, roi = model.PlateAcquisition(plate_id=plate.id), model.Roi(image_id=image.id, **owned)
        containers = [cls(name="c", **owned) for cls in (model.Project, model.Dataset, model.Screen, model.Folder)]
        session.add_all([run, roi, *containers])
        session.flush()
        made = [fileset, original, image, channel, plate, well, run, roi, *containers]
        image.instrument = instrument = model.Instrument(name="i")
        session.add(instrument)
        session.flush()
        equipment = (model.Objective, model.Detector, model.Laser, model.Filter, model.Dichroic)
        rest = [
            *(cls(instrument_id=instrument.id) for cls in equipment),
            model.LightPath(logical_channel_id=channel.logical_channel_id),
            model.PlaneInfo(pixels_id=pixels.id, the_z=0, the_c=0, the_t=0),
            model.Reagent(screen_id=containers[2].id, name="r"),
            model.Point(roi_id=roi.id, x=1, y=1),
            model.TagAnnotation(text_value="a set", **owned),
        ]
        session.add_all(rest)
        session.flush()
        return {(type(obj).__base__ if obj.is_kind() else obj).plural(): obj.id for obj in (*made, instrument, *rest)}  # type: ignore[union-attr]  # kinds are named by their class


@pytest.mark.parametrize("plural", sorted(entity.plural() for entity in ANNOTATION_LINKS))
def test_every_annotatable_class_carries_every_kind_of_annotation(door: Door, everything: dict[str, int], plural: str) -> None:
    ada, bob, path = door("ada"), door("bob"), f"{plural}/{everything[plural]}/annotations"
    tag = make(ada, path, type="TagAnnotation", text_value=" mitosis ")
    pairs = make(bob, path, type="MapAnnotation", map_value=[["k", "1"], ["k", "2"]], ns="lab")
    comment = make(ada, path, type="CommentAnnotation", text_value="look")
    again = ada.post(f"/api/v1/{path}", json={"type": "TagAnnotation", "text_value": "mitosis"})
    assert (again.status_code, again.json()["id"]) == (200, tag["id"]), "one's own tag is used again"
    assert make(bob, path, type="TagAnnotation", text_value="mitosis")["id"] != tag["id"], "other people's tags are not"
    items = ada.get(f"/api/v1/{path}").json()["items"]
    assert [(i["type"], i.get("text_value"), i.get("map_value")) for i in items[:3]] == [
        ("TagAnnotation", "mitosis", None),
        ("MapAnnotation", None, [["k", "1"], ["k", "2"]]),
        ("CommentAnnotation", "look", None),
    ]
    changed = bob.patch(f"/api/v1/annotations/{pairs['id']}", json={"map_value": [["k", "3"]]})
    assert changed.json()["map_value"] == [["k", "3"]]
    assert changed.json()["version"] == pairs["version"] + 1
    assert bob.delete(f"/api/v1/{path}/{comment['id']}").status_code == 403
    assert ada.delete(f"/api/v1/{path}/{comment['id']}").status_code == 204
    assert ada.get(f"/api/v1/annotations/{comment['id']}").status_code == 200, "the annotation stays"
    assert door("eve").get(f"/api/v1/{path}").status_code == 404
    assert door("eve").post(f"/api/v1/{path}", json={"type": "TagAnnotation", "text_value": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"type": "TagAnnotation"}, "text_value"),
        ({"type": "TagAnnotation", "text_value": "  "}, "empty"),
        ({"type": "Nonsense", "text_value": "x"}, "type is one of"),
        ({"type": "TagAnnotation", "text_value": "x", "annotation_id": 1}, "either"),
        ({}, "either"),
        ({"annotation_id": 987654}, "annotation:987654"),
        ({"type": "MapAnnotation", "map_value": [["k"]]}, "map_value"),
        ({"type": "TagAnnotation", "colour": "x"}, "colour"),
    ],
)
def test_what_is_no_annotation_is_said_clearly(door: Door, everything: dict[str, int], body: dict[str, Any], told: str) -> None:
    answer = door("ada").post(f"/api/v1/images/{everything['images']}/annotations", json=body)
    assert answer.status_code in (404, 422)
    assert told in answer.text


def test_several_objects_are_annotated_at_once_each_with_its_own_outcome(door: Door, everything: dict[str, int]) -> None:
    ada = door("ada")
    mine = make(ada, "datasets", name="mine")["id"]  # in another group than the first
    body = {"ids": [everything["datasets"], 987654, mine], "type": "TagAnnotation", "text_value": "batch"}
    first, missing, second = ada.post("/api/v1/datasets/annotations", json=body).json()["items"]
    assert missing == {
        "id": 987654,
        "error": {"type": "/problems/not-found", "title": "Not found", "status": 404} | {"detail": "There is no dataset:987654"},
    }
    assert first["annotation_id"] != second["annotation_id"], "a tag lives in one group"
    again = ada.post("/api/v1/datasets/annotations", json=body).json()["items"]
    assert again[0] == first
    refused = door("bob").post("/api/v1/datasets/annotations", json=body).json()["items"]
    assert [("error" in item) for item in refused] == [False, True, True]


def test_the_tree_counts_what_is_in_containers_and_what_is_in_none(site: Site, door: Door, everything: dict[str, int]) -> None:
    ada = door("ada")
    tree = ada.get("/api/v1/tree").json()
    assert [d["id"] for d in tree["datasets"]] == [everything["datasets"]]
    assert tree["orphaned_images"] == 1
    assert ada.post(f"/api/v1/projects/{everything['projects']}/datasets", json={"ids": [everything["datasets"]]}).json() == {
        "added": 1
    }
    assert ada.post(f"/api/v1/datasets/{everything['datasets']}/images", json={"ids": [everything["images"]]}).json() == {
        "added": 1
    }
    statements: list[str] = []
    event.listen(site.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    tree = ada.get("/api/v1/tree").json()
    few = len(statements)
    assert (tree["datasets"], tree["orphaned_images"]) == ([], 0)
    assert [(p["id"], p["child_count"]) for p in tree["projects"]] == [(everything["projects"], 1)]
    for n in range(5):
        make(ada, "projects", name=f"p{n}")
    statements.clear()
    assert len(ada.get("/api/v1/tree").json()["projects"]) == 6
    assert len(statements) == few, "the number of statements grows with the number of projects"
    assert door("eve").get("/api/v1/tree").json()["projects"] == []


def test_images_move_from_one_dataset_to_another(door: Door, everything: dict[str, int], people: dict[str, int]) -> None:
    ada, image, one = door("ada"), everything["images"], everything["datasets"]
    two = make(ada, "datasets", name="two", group_id=people["read-annotate"])["id"]
    make(ada, f"datasets/{one}/images", ids=[image, image])
    assert make(ada, f"datasets/{two}/images", ids=[image], move_from=one) == {"added": 1}
    assert ada.get(f"/api/v1/images?dataset={one}").json()["items"] == []
    assert [i["id"] for i in ada.get(f"/api/v1/images?dataset={two}").json()["items"]] == [image]
    assert door("bob").post(f"/api/v1/datasets/{one}/images", json={"ids": [image]}).status_code == 403
    assert ada.post(f"/api/v1/datasets/{one}/images", json={"ids": [987654]}).status_code == 404
    elsewhere = make(ada, "datasets", name="elsewhere")["id"]
    assert ada.post(f"/api/v1/datasets/{elsewhere}/images", json={"ids": [image]}).status_code == 422
    assert make(ada, f"datasets/{two}/images/remove", ids=[image]) == {"removed": 1}


def test_the_bin_gives_back_an_image_with_all_that_hung_on_it(door: Door, everything: dict[str, int]) -> None:
    ada, image = door("ada"), everything["images"]
    make(ada, f"datasets/{everything['datasets']}/images", ids=[image])
    make(ada, f"images/{image}/annotations", type="TagAnnotation", text_value="t")
    assert door("bob").delete(f"/api/v1/images/{image}").status_code == 403
    assert ada.delete(f"/api/v1/images/{image}").status_code == 204
    for path in (f"images/{image}", f"rois/{everything['rois']}", f"channels/{everything['channels']}"):
        assert ada.get(f"/api/v1/{path}").status_code == 404, path
    assert ada.get(f"/api/v1/datasets/{everything['datasets']}?include=child_count").json()["child_count"] == 0
    assert [item["id"] for item in ada.get("/api/v1/bin/images").json()["items"]] == [image]
    assert door("eve").get("/api/v1/bin/images").json()["items"] == []
    assert door("bob").post(f"/api/v1/bin/images/{image}/restore").status_code == 403
    assert ada.post(f"/api/v1/bin/images/{image}/restore").status_code == 200
    assert ada.get(f"/api/v1/rois/{everything['rois']}").status_code == 200
    assert len(ada.get(f"/api/v1/images/{image}/annotations").json()["items"]) == 1
    assert [i["id"] for i in ada.get(f"/api/v1/images?dataset={everything['datasets']}").json()["items"]] == [image]
    assert ada.post(f"/api/v1/bin/images/{image}/restore").status_code == 404

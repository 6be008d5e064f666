"""Double-blind review: whose data they are is planted everywhere, and sought in every byte that the link can fetch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Enum, String, Text, cast, inspect, literal, select, update
from tests.api.every_object import GIVEN
from tests.formats.acquisitions import EXPOSURES_MS, write_everything

from micrarium.actions.blinding import blind
from micrarium.actions.importing import import_files
from micrarium.actions.opening import Site
from micrarium.model import Base, Enumeration, Experimenter, MapEntry
from micrarium.permissions import Reach, load_actor, system_session
from micrarium.testing.files import numbered_pixels, write_ome_tiff

Door = Callable[[str | None], httpx.Client]
NAME, ORCID, DATE = "Rosalind", "0000-0002-1825-0097", "2024-03-17"
PLANTED = f"{NAME} {ORCID} /mnt/{NAME.lower()}/{DATE}"
#: What must not be found, in any spelling: the name alone is short enough for the smallest columns.
TRACES = re.compile(
    rb"rosalind|1825-?0097|2024-?03-?17|17[./]03[./]2024|2024-03|franklin institute|ada test|\bada\b", re.IGNORECASE
)
#: Columns that work only with what the server itself put there; no answer shows them.
KEPT = {
    "ome_name", "hash", "key_hash", "csrf_token", "location", "reader", "pyramid", "type", "state", "level", "words",
    "namespace", "audience", "entity_type", "password_hash", "template_prefix", "axis", "color", "action", "version_num",
    "points", "transform", "scope", "kind",
}  # fmt: skip


@pytest.fixture
def planted(site: Site, people: dict[str, int], door: Door, tmp_path: Path) -> dict[str, int]:
    """Ada's project with an image that bears her traces wherever there is room; and a blind link's id."""
    with system_session(site.engine, "a test") as session:
        ada = load_actor(session, people["ada"], group_id=people["read-only"])
    folder = tmp_path / f"{NAME} {DATE}"
    folder.mkdir()
    file = write_ome_tiff(
        folder / f"{NAME} {DATE}.ome.tif", numbered_pixels(1, 2, 2, 64, 80, seed=9), names=("DAPI", f"{NAME}'s dye")
    )
    acquired = write_everything(folder / f"{NAME} acquired.ome.tif")
    imported = import_files(site, ada, [file, acquired], project="p", dataset="d").images
    made = {"image": imported[0], "acquired": imported[1]}
    client = door("ada")
    image = f"/api/v1/images/{made['image']}"
    for annotation in (
        {"type": "TagAnnotation", "text_value": PLANTED},
        {"type": "CommentAnnotation", "text_value": PLANTED},
        {"type": "TimestampAnnotation", "time_value": f"{DATE}T12:00:00Z"},
        {"type": "LongAnnotation", "long_value": 20240317},
        {"type": "XmlAnnotation", "text_value": f"<who>{PLANTED}</who>"},
        {"type": "MapAnnotation", "map_value": [["operator", NAME], [PLANTED, "x"]]},
        {"type": "MapAnnotation", "map_value": [["treatment", f"nocodazole, by {NAME} at the Franklin Institute on {DATE}"]]},
    ):
        client.post(f"{image}/annotations", json=annotation).raise_for_status()
    roi = client.post("/api/v1/rois", json={"image_id": made["image"], "name": PLANTED}).raise_for_status().json()["id"]
    shape = {"type": "Polygon", "roi_id": roi, "points": "1,1 5,1 5,5", "text_value": PLANTED}
    client.post("/api/v1/shapes", json=shape).raise_for_status()
    client.put(f"{image}/rendering", json={"channels": [{"index": 0, "color": "00FF00"}]}).raise_for_status()
    for kind in ("dataset", "project"):
        made[kind] = client.get(f"/api/v1/{kind}s", params={"name": kind[0]}).json()["items"][0]["id"]
    plant_everywhere(site)
    return made


def plant_everywhere(site: Site) -> None:
    """Put the traces into every column of every table that takes a text of any kind, and the date into every time."""
    with site.engine.begin() as connection:
        for mapper in Base.registry.mappers:
            if mapper.inherits is not None or issubclass(mapper.class_, Enumeration | MapEntry):
                continue
            values: dict[str, Any] = {}
            table: Any = mapper.local_table
            for column in table.columns:
                if column.foreign_keys or column.name in KEPT or column.name.endswith("_unit") or column.info.get("choices"):
                    continue
                if isinstance(column.type, String | Text) and not isinstance(column.type, Enum):
                    told = PLANTED[: column.type.length or None]
                    values[column.name] = literal(told) + cast(column.table.c.id, String) if column.unique else told
                elif type(column.type).__name__ == "UtcDateTime" and "expires" not in column.name:
                    values[column.name] = datetime(2024, 3, 17, 12, tzinfo=UTC)
            if values and mapper.class_ is not Experimenter:
                connection.execute(update(table).values(values))
        person: Any = Experimenter.__table__
        named = {"first_name": NAME, "last_name": "Franklin", "institution": "Franklin Institute", "orcid": ORCID}
        connection.execute(update(person).where(person.c.ome_name == "ada").values(named))


def addresses(site: Site, document: dict[str, Any], root: str) -> Iterator[str]:
    """Every address below a link that the API describes, with the ids of all that there is."""
    ids: dict[str, list[int]] = {}
    with site.engine.connect() as connection:
        for mapper in Base.registry.mappers:
            if mapper.inherits is None and "id" in mapper.local_table.columns and hasattr(mapper.class_, "plural"):
                ids[mapper.class_.plural()] = list(connection.scalars(select(inspect(mapper.class_).local_table.c.id).limit(3)))
    for path, operations in document["paths"].items():
        if "get" not in operations or "/t/{token}" in path:
            continue
        plural = path.split("/")[3] if path.startswith("/api/v1/") else "images"
        wanted = ids.get("plates" if "plate_id" in path else "jobs" if "job_id" in path else plural) or [1]
        for number in wanted:
            filled = re.sub(r"\{(\w+)\}", lambda m: GIVEN.get(m[1], str(number)), path)  # noqa: B023  # used at once
            yield root + filled
            includes = re.search(r"Includes: ([\w, ]+)\.", operations["get"].get("description", ""))
            if includes and includes[1] != "none":
                yield f"{root}{filled}?include={includes[1].replace(' ', '')}"
            if "{object_id}" in path and plural in ("images", "datasets", "projects", "plates", "rois"):
                yield f"{root}{filled}?include=annotations"


def test_no_byte_that_a_blind_link_can_fetch_tells_whose_the_data_are(site: Site, planted: dict[str, int], door: Door) -> None:
    ada, visitor, image = door("ada"), door(None), planted["image"]
    terms = {"object": f"project:{planted['project']}", "is_blind": True, "shown_keys": ["treatment"], "name": PLANTED}
    link = httpx.URL(ada.post("/api/v1/grants", json=terms).raise_for_status().json()["url"]).path
    answered = 0
    document = ada.get("/api/v1/openapi.json").json()
    zarr = f"{link}/zarr/images/{image}.ome.zarr"
    more = [f"{zarr}/zarr.json", f"{zarr}/0/zarr.json", f"{zarr}/labels/zarr.json", f"{zarr}/0/c/0/0/0/0/0", f"{link}/datasets/1"]
    more += [f"{link}/api/v1/images?{query}" for query in ("name~=Ros", "sort=name", "fields=name", "limit=1", "include=channels")]
    for address in [*addresses(site, document, link), *more]:
        answer = visitor.get(address)
        assert answer.status_code < 500, address
        answered += answer.status_code == 200
        headers = b"\n".join(name + b": " + value for name, value in answer.headers.raw)
        own = address.encode()  # an address may be told back
        found = TRACES.search(answer.content.replace(own, b"")) or TRACES.search(headers)
        assert found is None, (address, answer.status_code, found, answer.content[:600])
    assert answered > 60, "there was hardly anything to look at"


def test_a_blind_link_still_shows_what_a_reviewer_needs(site: Site, planted: dict[str, int], door: Door) -> None:
    assert site.data.is_dir()
    visitor, image = door(None), planted["image"]
    terms = {"object": f"dataset:{planted['dataset']}", "is_blind": True, "shown_keys": ["treatment"]}
    link = httpx.URL(door("ada").post("/api/v1/grants", json=terms).json()["url"]).path
    at = f"{link}/api/v1/images/{image}"
    shown = visitor.get(f"{at}?include=pixels,channels,annotations").json()
    assert shown["name"] == f"Image {image}"
    assert shown["owner_id"] is None
    assert (shown["pixels"]["size_x"], shown["pixels"]["physical_size_x"], shown["pixels"]["physical_size_x_unit"]) == (
        80,
        0.5,
        "µm",
    )
    assert [channel["name"] for channel in shown["channels"]] == ["Channel 1", "Channel 2"]
    pairs = [pair for one in shown["annotations"] for pair in one.get("map_value", [])]
    assert [key for key, _ in pairs] == ["treatment"]
    assert pairs[0][1].startswith("nocodazole, by …")
    assert visitor.get(f"{at}/thumbnail").headers["content-type"] == "image/jpeg"
    assert visitor.get(f"{at}/original").status_code == 403
    assert visitor.get(f"{link}/api/v1/images?name~=Ros").status_code == 403, "names can be guessed by what is found"
    crate = visitor.get(f"{at}/ro-crate-metadata.json")
    assert f"Image {image}" in crate.text
    assert "nocodazole" in crate.text
    zarr = visitor.get(f"{link}/zarr/images/{image}.ome.zarr/zarr.json").json()
    assert zarr["attributes"]["ome"]["multiscales"][0]["name"] == f"Image {image}"
    tree = visitor.get(f"{link}/api/v1/tree").json()
    assert [one["name"] for one in tree["datasets"]] == [f"Dataset {planted['dataset']}"]
    polygon = visitor.get(f"{link}/api/v1/shapes").json()["items"][0]
    assert (polygon["points"], polygon["text_value"]) == ("1,1 5,1 5,5", None)


def test_a_blind_link_shows_how_images_were_acquired(planted: dict[str, int], door: Door) -> None:
    terms = {"object": f"project:{planted['project']}", "is_blind": True}
    link = httpx.URL(door("ada").post("/api/v1/grants", json=terms).json()["url"]).path
    at, visitor = f"{link}/api/v1/images/{planted['acquired']}", door(None)
    shown = visitor.get(f"{at}?include=instrument,acquisition").raise_for_status().json()
    assert [one["type"] for one in shown["instrument"]["light_sources"]][:3] == ["Laser", "Laser", "Arc"]
    assert shown["instrument"]["light_sources"][0]["laser_medium"] == "NdYAG"
    assert shown["instrument"]["microscope"]["serial_number"] is None
    assert (shown["acquired_by"], shown["acquisition_software"]) == (None, None)
    (first, _) = shown["acquisition"]["channels"]
    assert (first["detector_settings"]["binning"], first["detector_settings"]["voltage_unit"]) == ("2x2", "V")
    assert (shown["acquisition"]["stage_label"]["name"], shown["acquisition"]["stage_label"]["position_x"]) == (None, 1.5)
    planes = visitor.get(f"{at}/planes").raise_for_status().json()
    assert planes["columns"]["exposure_time"]["unit"] == "s"
    assert planes["columns"]["exposure_time"]["values"][0] == EXPOSURES_MS[0] / 1000


@pytest.mark.parametrize(
    ("text", "is_shown"), [("Plan-Apochromat 63x/1.4 Oil", True), ("Rosalind", False), ("Rosalinds-900", False), ("LSM 880", True)]
)
def test_models_are_shown_to_a_blind_link_where_they_are_made_of_known_words(text: str, *, is_shown: bool) -> None:
    told = blind({"objectives": [{"id": 1, "model": text, "serial_number": text}]}, Reach(is_blind=True))["objectives"][0]
    assert told == {"id": 1, "model": text if is_shown else None, "serial_number": None}

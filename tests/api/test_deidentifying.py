"""De-identified exports: who, when and where is planted wherever there is room, and sought in every byte that is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from tests.formats.acquisitions import write_everything

from micrarium.actions.deidentifying import is_slide_picture
from micrarium.actions.exporting import export_object
from micrarium.actions.importing import import_files
from micrarium.actions.opening import Site
from micrarium.actions.validating import validate
from micrarium.errors import InvalidInput
from micrarium.formats import open_image_file
from micrarium.geometry import Quantity
from micrarium.permissions import Actor, load_actor, system_session
from micrarium.testing.files import numbered_pixels, write_ome_tiff, write_plate

Door = Callable[[str | None], httpx.Client]
NAME, ORCID, DATE = "Rosalind", "0000-0002-1825-0097", "2024-03-17"
PLANTED = f"{NAME} {ORCID} /mnt/{NAME.lower()}/{DATE} seen at St. Mary by Dr. Smith"
TRACES = re.compile(
    rb"rosalind|1825-?0097|2024-?03-?17|/mnt/|st\. mary|smith|franklin|lovelace|john doe|bobname|ada test|secretgrant|experimenter"
    rb'|"Person"|PropertyValue|XMLAnnotation|MapAnnotation|AcquisitionDate|SerialNumber|dateCreated',
    re.IGNORECASE,
)
PIXELS = numbered_pixels(1, 2, 1, 64, 80, seed=9)
XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">
<Experimenter ID="Experimenter:0" FirstName="{NAME}" LastName="Franklin" Email="r@franklin.org" Institution="St. Mary"/>
<Instrument ID="Instrument:0"><Microscope Manufacturer="Zeiss" Model="{NAME} LSM" SerialNumber="{NAME}-1"/>
<Objective ID="Objective:0" Manufacturer="{PLANTED}" Model="Plan-Apochromat 63x/1.40 Oil DIC M27" SerialNumber="{DATE}"
 NominalMagnification="63" LensNA="1.4" Immersion="Oil"/></Instrument>
<Image ID="Image:0" Name="{PLANTED}"><AcquisitionDate>{DATE}T12:00:00</AcquisitionDate><Description>{PLANTED}</Description>
<ExperimenterRef ID="Experimenter:0"/><InstrumentRef ID="Instrument:0"/><ObjectiveSettings ID="Objective:0"/>
<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="80" SizeY="64" SizeZ="1" SizeC="2" SizeT="1"
 PhysicalSizeX="0.5" PhysicalSizeXUnit="µm" PhysicalSizeY="0.5" PhysicalSizeYUnit="µm" BigEndian="false">
<Channel ID="Channel:0:0" Name="DAPI" Fluor="{PLANTED}"/><Channel ID="Channel:0:1" Name="{NAME}'s dye" Fluor="GFP"/>
<TiffData IFD="0" PlaneCount="2"/></Pixels><AnnotationRef ID="Annotation:0"/></Image>
<StructuredAnnotations><XMLAnnotation ID="Annotation:0"><Value><who>{PLANTED}</who></Value></XMLAnnotation></StructuredAnnotations>
</OME>"""
SAID: tuple[dict[str, Any], ...] = (
    {"type": "TagAnnotation", "text_value": PLANTED, "description": PLANTED},
    {"type": "CommentAnnotation", "text_value": PLANTED},
    {"type": "TimestampAnnotation", "time_value": f"{DATE}T12:00:00Z"},
    {"type": "XmlAnnotation", "text_value": f"<who>{PLANTED}</who>"},
    {"type": "MapAnnotation", "map_value": [["Author", "Ada Lovelace"], ["Subject", "John Doe"], ["Reviewer", "bobname"]]},
    {"type": "MapAnnotation", "map_value": [["Notes", PLANTED], [PLANTED, "x"], ["ORCID", ORCID], ["Release date", DATE]]},
    {"type": "MapAnnotation", "map_value": [["Organism", PLANTED], ["Organism", "Homo sapiens"], ["Imaging method", PLANTED]]},
    {"type": "MapAnnotation", "map_value": [["Licence", f"ask {NAME}"], ["Institution", "St. Mary"], ["Keywords", PLANTED]]},
    {"type": "MapAnnotation", "map_value": [["DOI", f"10.1/{NAME}"], ["Grant", "secretgrant 7"]]},
)


@pytest.fixture
def ada(site: Site, people: dict[str, int]) -> Actor:
    """Ada in the group of readers."""
    with system_session(site.engine, "a test") as session:
        return load_actor(session, people["ada"], group_id=people["read-only"])


def annotate(client: httpx.Client, path: str) -> None:
    client.patch(path, json={"description": PLANTED, "name": PLANTED[:200]}).raise_for_status()
    for annotation in SAID:
        client.post(f"{path}/annotations", json=annotation).raise_for_status()


def bytes_of(out: Path) -> dict[str, bytes]:
    """All files of an export by their paths."""
    files = [path for path in out.rglob("*") if path.is_file()] if out.is_dir() else [out]
    return {str(path.relative_to(out.parent)): path.read_bytes() for path in files}


def check_traces(out: Path) -> None:
    found = bytes_of(out)
    assert found
    for path, body in found.items():
        assert TRACES.search(path.encode()) is None, path
        traces = {match.group() for match in TRACES.finditer(body)}
        assert not traces, (path, traces)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_deidentified_image_bears_no_traces_of_people(door: Door, site: Site, ada: Actor, tmp_path: Path) -> None:
    import tifffile

    file = tmp_path / f"{NAME} {DATE}.ome.tif"
    tifffile.imwrite(file, PIXELS[0, :, 0], description=XML.encode(), metadata=None, ome=False, photometric="minisblack")
    image = import_files(site, ada, [file], project=NAME, dataset=PLANTED[:60]).images[0]
    annotate(door("ada"), f"/api/v1/images/{image}")
    export_object(site, ada, f"image:{image}", tmp_path / "named.ome.zarr")
    assert TRACES.search((tmp_path / "named.ome.zarr" / "ro-crate-metadata.json").read_bytes()) is not None
    zarr, tiff = tmp_path / "out.ome.zarr", tmp_path / "out.ome.tiff"
    export_object(site, ada, f"image:{image}", zarr, is_deidentified=True)
    export_object(site, ada, f"image:{image}", tiff, format="ome-tiff", is_deidentified=True)
    check_traces(zarr)
    check_traces(tiff)
    assert validate(str(zarr)).is_valid
    crate = (zarr / "ro-crate-metadata.json").read_text()
    assert f"Image {image}" in crate
    assert "NCBITaxon_9606" in crate
    with tifffile.TiffFile(tiff) as opened:
        np.testing.assert_array_equal(opened.series[0].asarray().reshape(PIXELS.shape), PIXELS)
        first: Any = opened.pages[0]
        header = first.tags["ImageDescription"].value
        for tag in first.tags:
            assert TRACES.search(str(tag.value).encode()) is None, tag.name
            assert tag.name not in ("DateTime", "Artist", "HostComputer")
    for kept in (f'Name="Image {image}"', 'Name="DAPI"', 'Name="Channel 2"', "Plan-Apochromat 63x", "Zeiss", 'PhysicalSizeX="0.5"'):
        assert kept in header, kept


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_deidentified_plate_bears_no_traces_of_people(door: Door, site: Site, ada: Actor, tmp_path: Path) -> None:
    plate = import_files(site, ada, [write_plate(tmp_path / f"{NAME}.ome.zarr")]).plates[0]
    annotate(door("ada"), f"/api/v1/plates/{plate}")
    export_object(site, ada, f"plate:{plate}", tmp_path / "out.ome.zarr", is_deidentified=True)
    check_traces(tmp_path / "out.ome.zarr")
    assert b"Screen 7" not in (tmp_path / "out.ome.zarr" / "zarr.json").read_bytes()
    assert validate(str(tmp_path / "out.ome.zarr")).is_valid


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_label_of_a_slide_is_not_exported_under_another_name(door: Door, site: Site, ada: Actor, tmp_path: Path) -> None:
    image = import_files(site, ada, [write_ome_tiff(tmp_path / "slide_label.ome.tif", PIXELS)]).images[0]
    door("ada").patch(f"/api/v1/images/{image}", json={"name": "a slide"}).raise_for_status()
    for format_name in ("ome-zarr", "ome-tiff"):
        with pytest.raises(InvalidInput):
            export_object(site, ada, f"image:{image}", tmp_path / "out", format=format_name, is_deidentified=True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["label", "slide.svs [label]", "a_macro.tif", "Macro image", "slide-label.ome.tif"])
def test_pictures_of_slides_are_known_by_their_names(name: str) -> None:
    assert is_slide_picture(name)
    assert not is_slide_picture("labelled cells.tif")


@pytest.mark.parametrize("form", ["ome-tiff", "ome-zarr"])
def test_settings_and_planes_stay_and_nothing_that_names_anybody(
    site: Site, people: dict[str, int], tmp_path: Path, form: str
) -> None:
    with system_session(site.engine, "a test") as session:
        ada = load_actor(session, people["ada"])
    image = import_files(site, ada, [write_everything(tmp_path / f"{NAME}.ome.tif")]).images[0]
    out = tmp_path / f"out.{form.replace('-', '.')}"
    export_object(site, ada, f"image:{image}", out, format=form, is_deidentified=True)
    for path in [out, *out.rglob("*")]:
        if path.is_file():
            assert TRACES.search(path.read_bytes()) is None, path
    with open_image_file(out) as opened:
        told = opened.images[0].description
    laser = next(one for one in told.parts.light_sources if one.pump)
    assert (laser.medium, laser.power, laser.serial_number) == ("NdYAG", Quantity(25, "mW"), "")
    assert told.channels[0].detector is not None
    assert told.channels[0].detector.binning == "2x2"
    assert told.planes is not None
    assert told.planes.at(1, 0, 0)["delta_t"] == Quantity(2.5, "s")
    assert told.environment is not None
    assert (told.environment.temperature, told.environment.pairs) == (Quantity(37, "°C"), ())

"""OME-Zarr that is exported holds the pixels and a valid crate, and appears all at once."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from tests.exchange.conftest import RocIssues

from micrarium.actions.validating import validate
from micrarium.errors import OutputExists
from micrarium.exchange.descriptions import CrateDescription
from micrarium.exchange.ome_zarr import export_ome_zarr
from micrarium.exchange.ro_crate import FILE_NAME
from micrarium.pixels.source import ImageFile, Source
from micrarium.testing.sources import ArrayFile, ArraySource

PAIRS = (("Organism", "Homo sapiens"), ("Imaging Method", "confocal microscopy"), ("License", "CC0"))
SAID = CrateDescription("Cells", date(2025, 1, 2), key_values=PAIRS)


def image() -> ArraySource:
    pixels: np.ndarray[Any, Any] = np.random.default_rng(2).integers(0, 99, (1, 2, 1, 600, 40)).astype("uint16")
    return ArraySource(pixels)


@pytest.mark.parametrize(
    "content", [image(), ArrayFile(image()), ArrayFile(image(), image(), ome_xml="<OME/>")], ids=["image", "file", "files"]
)
def test_an_export_is_valid_and_its_crate_names_organism_and_method(
    content: Source | ImageFile, tmp_path: Path, roc_issues: RocIssues
) -> None:
    export_ome_zarr(content, tmp_path / "a.ome.zarr", description=SAID)
    report = validate(str(tmp_path / "a.ome.zarr"), deep=True)
    assert report.problems == []
    assert (report.version, report.has_crate) == ("0.5", True)
    assert roc_issues(tmp_path / "a.ome.zarr") == []
    text = (tmp_path / "a.ome.zarr" / FILE_NAME).read_text(encoding="utf-8")
    assert all(part in text for part in ("NCBITaxon_9606", "FBbi_00000251", "publicdomain/zero", '"datePublished": "2025-01-02"'))


def test_the_pixels_are_those_of_the_source(tmp_path: Path) -> None:
    source = image()
    export_ome_zarr(source, tmp_path / "a.ome.zarr", description=SAID)
    found = zarr.open_array(str(tmp_path / "a.ome.zarr" / "0"), mode="r")[...]
    np.testing.assert_array_equal(np.asarray(found), source.arrays[0])
    group = json.loads((tmp_path / "a.ome.zarr" / "zarr.json").read_text(encoding="utf-8"))
    assert group["attributes"]["ome"]["multiscales"][0]["name"] == "Cells"


def test_without_a_description_there_is_no_crate(tmp_path: Path) -> None:
    export_ome_zarr(image(), tmp_path / "a.ome.zarr", description=None)
    assert not (tmp_path / "a.ome.zarr" / FILE_NAME).exists()


def test_an_output_that_exists_is_refused_and_nothing_half_written_stays(tmp_path: Path) -> None:
    export_ome_zarr(image(), tmp_path / "a.ome.zarr", description=SAID)
    with pytest.raises(OutputExists):
        export_ome_zarr(image(), tmp_path / "a.ome.zarr", description=SAID)

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    for content in (image(), ArrayFile(image())):
        with pytest.raises(KeyboardInterrupt):
            export_ome_zarr(content, tmp_path / "b.ome.zarr", description=SAID, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["a.ome.zarr"]


def test_another_library_reads_the_crate(tmp_path: Path) -> None:
    from rocrate.rocrate import ROCrate

    export_ome_zarr(image(), tmp_path / "a.ome.zarr", description=SAID)
    crate = ROCrate(str(tmp_path / "a.ome.zarr"))
    assert crate.name == "Cells"
    assert crate.root_dataset["license"].id == "https://creativecommons.org/publicdomain/zero/1.0/"
    assert crate.root_dataset["resultOf"]["fbbi_id"]["name"] == "confocal microscopy"

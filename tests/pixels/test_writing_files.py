"""Filesets written as images, collections and plates, complete or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from ome_zarr_models import v05

from micrarium.errors import OutputExists
from micrarium.geometry import Region
from micrarium.pixels.source import ImageDescription, PlateDescription, WellPosition
from micrarium.pixels.writing_files import write_image_file
from micrarium.testing.sources import ArrayFile, ArraySource, make_pixels

Validate = Callable[[dict[str, Any], str], None]


def attributes(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "zarr.json").read_text())["attributes"]
    return found


def field_image(row: int, column: int, field: int, *, plate: int = 0, run: int = 0) -> ArraySource:
    """An image of one field whose pixels tell where it belongs."""
    position = WellPosition(plate=plate, row=row, column=column, field=field, acquisition=run)
    array = np.full((1, 1, 1, 8, 9), 1000 * plate + 100 * row + 10 * column + field + 5 * run, np.uint16)
    return ArraySource(array, description=ImageDescription(name=f"{row} {column} {field}", well=position))


def test_one_image_becomes_an_image(tmp_path: Path) -> None:
    array = make_pixels((1, 2, 1, 20, 30), "uint8")
    write_image_file(ArrayFile(ArraySource(array)), tmp_path / "a.ome.zarr")
    np.testing.assert_array_equal(np.asarray(zarr.open_group(tmp_path / "a.ome.zarr", mode="r")["0"]), array)
    assert [p.name for p in tmp_path.iterdir()] == ["a.ome.zarr"]


def test_several_images_become_a_collection_with_the_files_ome_xml(tmp_path: Path, validate_ngff: Validate) -> None:
    arrays = [make_pixels((1, 1, 1, 20 + i, 30), "uint8", seed=i) for i in range(3)]
    xml = '<?xml version="1.0" encoding="UTF-8"?>\n<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"/>'
    write_image_file(ArrayFile(*(ArraySource(a) for a in arrays), ome_xml=xml), tmp_path / "a.zarr")
    validate_ngff(attributes(tmp_path / "a.zarr"), "bf2raw")
    validate_ngff(attributes(tmp_path / "a.zarr/OME"), "ome")
    assert (tmp_path / "a.zarr/OME/METADATA.ome.xml").read_text() == xml
    series = attributes(tmp_path / "a.zarr/OME")["ome"]["series"]
    group = zarr.open_group(tmp_path / "a.zarr", mode="r")
    for path, array in zip(series, arrays, strict=True):
        np.testing.assert_array_equal(np.asarray(group[f"{path}/0"]), array)


def test_a_plate_becomes_a_plate(tmp_path: Path, validate_ngff: Validate) -> None:
    images = [field_image(row, column, field) for row in (0, 2) for column in (1, 3) for field in (1, 0)]
    write_image_file(ArrayFile(*images, plates=[PlateDescription("P", rows=3, columns=4)]), tmp_path / "p.zarr")
    validate_ngff(attributes(tmp_path / "p.zarr"), "plate")
    validate_ngff(attributes(tmp_path / "p.zarr"), "strict_plate")
    plate = attributes(tmp_path / "p.zarr")["ome"]["plate"]
    assert [well["path"] for well in plate["wells"]] == ["A/2", "A/4", "C/2", "C/4"]
    assert [(well["rowIndex"], well["columnIndex"]) for well in plate["wells"]] == [(0, 1), (0, 3), (2, 1), (2, 3)]
    assert (len(plate["rows"]), len(plate["columns"]), plate["field_count"]) == (3, 4, 2)
    for well in plate["wells"]:
        validate_ngff(attributes(tmp_path / "p.zarr" / well["path"]), "well")
        for field in (0, 1):
            value = np.asarray(zarr.open_group(tmp_path / "p.zarr", mode="r")[f"{well['path']}/{field}/0"])[0, 0, 0, 0, 0]
            assert value == 100 * well["rowIndex"] + 10 * well["columnIndex"] + field
    v05.HCS.from_zarr(zarr.open_group(tmp_path / "p.zarr", mode="r"))


def test_runs_of_a_plate_are_told_apart(tmp_path: Path) -> None:
    images = [field_image(0, 0, field, run=run) for run in (0, 1) for field in (0, 1)]
    write_image_file(ArrayFile(*images, plates=[PlateDescription("P", rows=1, columns=1)]), tmp_path / "p.zarr")
    fields = attributes(tmp_path / "p.zarr/A/1")["ome"]["well"]["images"]
    assert [field["acquisition"] for field in fields] == [0, 0, 1, 1]
    assert [run["id"] for run in attributes(tmp_path / "p.zarr")["ome"]["plate"]["acquisitions"]] == [0, 1]


def test_a_plate_beside_other_images_becomes_part_of_a_collection(tmp_path: Path) -> None:
    overview = ArraySource(make_pixels((1, 1, 1, 20, 30), "uint8"))
    images = [field_image(0, 0, 0), overview, field_image(0, 1, 0, plate=1)]
    plates = [PlateDescription("P", rows=1, columns=2), PlateDescription("Q", rows=1, columns=2)]
    write_image_file(ArrayFile(*images, plates=plates), tmp_path / "p.zarr")
    assert attributes(tmp_path / "p.zarr/OME")["ome"]["series"] == ["plate-0/A/1/0", "1", "plate-1/A/2/0"]
    for plate in ("plate-0", "plate-1"):
        v05.HCS.from_zarr(zarr.open_group(tmp_path / "p.zarr" / plate, mode="r"))
    np.testing.assert_array_equal(np.asarray(zarr.open_group(tmp_path / "p.zarr/1", mode="r")["0"]), overview.arrays[0])


def test_what_exists_is_not_overwritten_unasked(tmp_path: Path) -> None:
    out = tmp_path / "a.zarr"
    out.mkdir()
    (out / "mine").write_text("mine")
    file = ArrayFile(ArraySource(make_pixels((1, 1, 1, 20, 30), "uint8")))
    with pytest.raises(OutputExists, match=r"a\.zarr exists already"):
        write_image_file(file, out)
    assert [p.name for p in out.iterdir()] == ["mine"]
    write_image_file(file, out, overwrite=True)
    assert not (out / "mine").exists()
    assert (out / "zarr.json").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["a.zarr"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_nothing_half_written_stays_after_an_interruption(error: type[BaseException], tmp_path: Path) -> None:
    out = tmp_path / "a.zarr"
    write_image_file(ArrayFile(ArraySource(make_pixels((1, 1, 1, 20, 30), "uint8"))), out)
    before = (out / "zarr.json").read_bytes()

    def stop(part: float) -> None:
        if part > 0.4:
            raise error

    planes = ArraySource(make_pixels((4, 1, 1, 2100, 2100), "uint16", seed=1))
    with pytest.raises(error):
        write_image_file(ArrayFile(planes), out, overwrite=True, progress=stop)
    assert [p.name for p in tmp_path.iterdir()] == ["a.zarr"]
    assert (out / "zarr.json").read_bytes() == before


def test_a_source_that_fails_fails_the_writing(tmp_path: Path) -> None:
    class Broken(ArraySource):
        def read(self, region: Region, *, level: int = 0) -> np.ndarray[Any, np.dtype[Any]]:
            if region.start.t == 2:
                raise OSError("cut short")
            return super().read(region, level=level)

    with pytest.raises(OSError, match="cut short"):
        write_image_file(ArrayFile(Broken(make_pixels((4, 1, 1, 2100, 2100), "uint8"))), tmp_path / "a.zarr")
    assert list(tmp_path.iterdir()) == []


def test_progress_covers_all_images(tmp_path: Path) -> None:
    seen: list[float] = []
    images = [ArraySource(make_pixels((1, 1, 1, side, 30), "uint8")) for side in (10, 30)]
    write_image_file(ArrayFile(*images), tmp_path / "a.zarr", progress=seen.append)
    assert seen == [0.25, 1.0]


GENERATED = """
import re, sys
import numpy as np
from pathlib import Path
from micrarium.geometry import Size
from micrarium.pixels.source import Level, Source
from micrarium.pixels.writing import write_image

class Generated(Source):
    def __init__(self, side):
        self.levels = (Level(Size(1, 1, 1, side, side), Size(1, 1, 1, 512, 512)),)
        self.dtype = np.dtype("uint16")

    def read(self, region, *, level=0):
        y = np.arange(region.start.y, region.start.y + region.shape.y, dtype=np.uint16)
        x = np.arange(region.start.x, region.start.x + region.shape.x, dtype=np.uint16)
        return (y[:, None] ^ x[None, :])[None, None, None]

write_image(Generated(int(sys.argv[1])), Path(sys.argv[2]))
# Not getrusage: its peak includes that of the process this one was forked from.
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1)) // 1024)
"""


def test_memory_does_not_grow_with_the_image(tmp_path: Path) -> None:
    """A plane of 900 MB takes no more than one of 140 MB, but for what the allocator keeps."""
    peaks_mib = []
    for side in (8192, 20480):
        command = [sys.executable, "-c", GENERATED, str(side), str(tmp_path / str(side))]
        peaks_mib.append(int(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    assert peaks_mib[1] < peaks_mib[0] + 150, peaks_mib
    assert peaks_mib[1] < 700, peaks_mib

"""The demo data are real files that hold what is said of them, the same for the same seed."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
import zarr

from micrarium.actions.demonstrating import DemoFile, cells, describing, write_demo_files
from micrarium.actions.demonstrating.tissue import BrainSection, StainedSlide

Array = np.ndarray[Any, np.dtype[Any]]


def read_zarr(path: Path) -> Array:
    """A whole array of an OME-Zarr."""
    return np.asarray(zarr.open_array(path, mode="r")[:])


def test_progress_is_told_for_every_file_and_reaches_the_end(
    demo: dict[str, DemoFile], demo_progress: list[tuple[str, float]]
) -> None:
    parts = [part for _, part in demo_progress]
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    assert {name for name, _ in demo_progress} == {*demo, ""}


def test_the_stack_is_an_ome_tiff_of_three_channels_with_its_acquisition(demo: dict[str, DemoFile]) -> None:
    with tifffile.TiffFile(demo[describing.STACK].path) as tiff:
        series = tiff.series[0]
        assert (series.axes, series.shape, series.dtype) == ("ZCYX", (24, 3, 512, 512), np.dtype("uint16"))
        assert tiff.ome_metadata is not None
        for part in ('PhysicalSizeZ="0.3"', 'Name="DAPI"', 'Fluor="Alexa Fluor 488"', 'LensNA="1.4"', "<AcquisitionDate>2026"):
            assert part in tiff.ome_metadata


def test_every_outlined_nucleus_is_bright_on_its_plane(demo: dict[str, DemoFile]) -> None:
    file = demo[describing.STACK]
    dapi = tifffile.imread(file.path)[:, 0]
    assert len(file.outlines) >= 10
    for outline in file.outlines:
        assert outline.z is not None
        inside = np.zeros(dapi.shape[1:], np.uint8)
        cv2.fillPoly(inside, [np.round(np.array(outline.points)).astype(np.int32)], 1)
        assert dapi[outline.z][inside > 0].mean() > 2 * np.median(dapi[0])


def test_the_film_is_an_imagej_hyperstack_in_which_cells_divide(demo: dict[str, DemoFile]) -> None:
    with tifffile.TiffFile(demo[describing.FILM].path) as tiff:
        assert tiff.is_imagej
        assert tiff.series[0].axes == "TCYX"
        assert tiff.series[0].shape == (30, 2, 512, 512)
        histone = tiff.series[0].asarray()[:, 0]
    counts = []
    for frame in (histone[0], histone[-1]):
        bright = (cv2.GaussianBlur(frame, (0, 0), 2) > 260).astype(np.uint8)
        counts.append(cv2.connectedComponents(bright)[0] - 1)
    assert counts[0] >= 10
    assert counts[1] > 1.3 * counts[0]


def test_the_brain_is_one_tiled_plane_without_a_pyramid(demo: dict[str, DemoFile]) -> None:
    with tifffile.TiffFile(demo[describing.BRAIN].path) as tiff:
        assert len(tiff.pages) == 1
        page = tiff.pages.first
        assert page.is_tiled
        assert (page.shape, page.dtype, len(tiff.series[0].levels)) == ((8192, 8192), np.dtype("uint16"), 1)


def test_the_slide_is_rgb_with_two_smaller_levels(demo: dict[str, DemoFile]) -> None:
    with tifffile.TiffFile(demo[describing.SLIDE].path) as tiff:
        levels = tiff.series[0].levels
        assert [level.shape for level in levels] == [(3072, 4096, 3), (1536, 2048, 3), (768, 1024, 3)]
        full, half = levels[0].asarray(), levels[1].asarray()
    assert np.array_equal(half, cv2.resize(full, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    assert full.max(axis=2).mean() > full.min(axis=2).mean() + 20, "stained tissue has colour"


def test_the_labels_name_the_nuclei_of_the_segmented_field(demo: dict[str, DemoFile]) -> None:
    path = demo[describing.SEGMENTED].path
    dna, labels = read_zarr(path / "0")[0, 0, 0], read_zarr(path / "labels" / "nuclei" / "0")[0, 0, 0]
    assert labels.dtype == np.int32
    assert len(np.unique(labels)) > 100
    assert dna[labels > 0].mean() > 3 * dna[labels == 0].mean()


def test_the_plate_has_every_well_with_two_fields(demo: dict[str, DemoFile]) -> None:
    path = demo[describing.PLATE].path
    plate = json.loads((path / "zarr.json").read_text())["attributes"]["ome"]["plate"]
    assert [well["path"] for well in plate["wells"]] == [f"{row}/{column}" for row in "ABCDEFGH" for column in range(1, 13)]
    for well in plate["wells"]:
        for number in "01":
            assert zarr.open_array(path / well["path"] / number / "0", mode="r").shape == (1, 2, 1, 256, 256)
    assert set(demo[describing.PLATE].wells) == {f"{row}{column}" for row in "ABCDEFGH" for column in range(1, 13)}


def test_the_reporter_moves_into_the_nuclei_as_the_dose_grows(demo: dict[str, DemoFile]) -> None:
    ratios = []
    for column in ("1", "6", "12"):
        dna, reporter = read_zarr(demo[describing.PLATE].path / "A" / column / "0" / "0")[0, :, 0].astype(float)
        nuclei = dna > 300
        around = cv2.dilate(nuclei.astype(np.uint8), np.ones((9, 9))) > nuclei
        ratios.append(reporter[nuclei].mean() / reporter[around].mean())
    assert ratios[0] < 1 < ratios[1] < ratios[2]


def test_what_is_said_of_a_file_names_organism_method_and_licence(demo: dict[str, DemoFile]) -> None:
    for file in demo.values():
        assert {"Organism", "Imaging Method", "Licence"} <= {key for key, _ in file.key_values}
        assert file.tags
        assert (file.screen is None) == (file.project is not None and file.dataset is not None)


def test_the_same_seed_draws_the_same_and_another_seed_another() -> None:
    assert np.array_equal(cells.StackScene(3).plane(7), cells.StackScene(3).plane(7))
    assert not np.array_equal(cells.StackScene(3).plane(7), cells.StackScene(4).plane(7))
    assert np.array_equal(BrainSection(3, side=1024).band(256, 128), BrainSection(3, side=1024).band(256, 128))
    slide = StainedSlide(3, size=(512, 1024))
    assert np.array_equal(slide.band(256, 128), StainedSlide(3, size=(512, 1024)).band(256, 128))


def test_a_large_plane_is_drawn_in_the_memory_of_a_band() -> None:
    section = BrainSection(1, side=8192)
    tracemalloc.start()
    try:
        for top in (0, 4096):
            section.band(top, 256)
        assert tracemalloc.get_traced_memory()[1] < 8192 * 8192 * 2
    finally:
        tracemalloc.stop()


def test_an_interruption_leaves_no_half_written_file_and_a_second_run_goes_on(tmp_path: Path) -> None:
    def interrupt(part: float, name: str) -> None:
        if name == describing.BRAIN and part > 0.25:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_demo_files(tmp_path, progress=interrupt)
    assert [path.name for path in tmp_path.iterdir()] == [describing.PLATE]
    before = (tmp_path / describing.PLATE / "zarr.json").stat()
    with pytest.raises(KeyboardInterrupt):
        write_demo_files(tmp_path, progress=interrupt)
    assert (tmp_path / describing.PLATE / "zarr.json").stat().st_mtime_ns == before.st_mtime_ns, "what is complete is kept"

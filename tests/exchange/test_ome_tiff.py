"""OME-TIFF that is exported reads back the same, with tifffile and with our own reader, and its XML is valid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from micrarium.errors import InvalidInput, OutputExists
from micrarium.exchange.descriptions import CrateComment, CrateDescription
from micrarium.exchange.key_names import Person
from micrarium.exchange.ome_tiff import export_ome_tiff
from micrarium.exchange.ome_xml import write_ome_xml
from micrarium.formats import open_image_file
from micrarium.geometry import Quantity, Region, Size
from micrarium.pixels.source import ChannelDescription, ImageDescription
from micrarium.testing.sources import ArraySource

SAID = CrateDescription(
    name="Cells «α» & <b>",
    date_published=date(2025, 1, 2),
    description="Two lines\nof text",
    authors=(Person("Ada B. Lovelace"),),
    keywords=("mitosis",),
    key_values=(("Dose", "1 µM"), ("Dose", "2 µM"), ("", "<&>")),
    comments=(CrateComment("Nice\x00 one"),),
)
DESCRIBED = ImageDescription(
    name="in the file",
    acquisition_date=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
    physical_size_x=Quantity(0.25, "micron"),
    physical_size_y=Quantity(250, "nm"),
    physical_size_z=Quantity(1.5, "µm"),
    time_increment=Quantity(2, "min"),
    significant_bits=12,
    channels=(
        ChannelDescription(
            "DAPI", "0000FF", "Hoechst", 358, 461, "Fluorescence", "LaserScanningConfocalMicroscopy", exposure_s=0.1
        ),
        ChannelDescription("µ", "FF8000", contrast_method="none such", pinhole_um=50),
    ),
    objective={"manufacturer": "Z", "lens_na": 1.4, "nominal_magnification": 63.0, "immersion": "oil", "correction": "odd"},
    instrument={"manufacturer": "Z", "model": "900", "type": "Inverted"},
    stage_position_um=(10.0, 20.0, None),
)


def random_pixels(shape: Sequence[int], dtype: str = "uint16") -> np.ndarray[Any, Any]:
    random = np.random.default_rng(5).random(tuple(shape))
    if np.dtype(dtype).kind == "c":
        return (random + 1j * random[::-1]).astype(dtype)
    return (random * 250).astype(dtype) if dtype != "bool" else random > 0.5


def read_back(path: Path, level: int = 0) -> np.ndarray[Any, Any]:
    with open_image_file(path) as file:
        source = file.images[0]
        return source.read(Region.whole(source.levels[level].shape), level=level)


@cache
def ome_schema() -> Any:
    import ome_types
    import xmlschema

    return xmlschema.XMLSchema(str(Path(ome_types.__file__).parent / "ome-2016-06.xsd"), allow="local")


def check_schema(xml: str) -> None:
    """Refuse XML that the OME schema 2016-06 refuses."""
    ome_schema().validate(xml)


@pytest.mark.parametrize(
    "dtype",
    ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64", "complex64", "complex128", "bool", "float16"],
)
def test_every_pixel_type_reads_back_the_same(dtype: str, tmp_path: Path) -> None:
    pixels = random_pixels((1, 2, 1, 50, 70), dtype)
    export_ome_tiff(ArraySource(pixels), tmp_path / "a.ome.tif")
    np.testing.assert_array_equal(read_back(tmp_path / "a.ome.tif"), pixels)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.ome.tif"), pixels[0, :, 0])


@pytest.mark.parametrize("shape", [(2, 3, 4, 33, 65), (1, 1, 1, 1, 1), (1, 1, 1, 513, 1025), (3, 1, 1, 16, 1), (1, 1, 5, 700, 20)])
def test_every_shape_reads_back_the_same(shape: tuple[int, ...], tmp_path: Path) -> None:
    pixels = random_pixels(shape)
    export_ome_tiff(ArraySource(pixels, description=DESCRIBED), tmp_path / "a.ome.tif", description=SAID)
    np.testing.assert_array_equal(read_back(tmp_path / "a.ome.tif"), pixels)
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        assert file.is_ome
        found = file.series[0].asarray().reshape(pixels.transpose(0, 2, 1, 3, 4).shape)
        np.testing.assert_array_equal(found, pixels.transpose(0, 2, 1, 3, 4))


@pytest.mark.parametrize(("samples", "dtype"), [(3, "uint8"), (4, "uint8"), (3, "uint16"), (3, "float32"), (2, "uint8")])
def test_rgb_stays_rgb(samples: int, dtype: str, tmp_path: Path) -> None:
    pixels = random_pixels((1, samples, 2, 600, 530), dtype)
    export_ome_tiff(ArraySource(pixels, samples=samples), tmp_path / "a.ome.tif")
    np.testing.assert_array_equal(read_back(tmp_path / "a.ome.tif"), pixels)
    with open_image_file(tmp_path / "a.ome.tif") as file:
        assert file.images[0].samples == (samples if samples >= 3 else 1)  # two samples are two channels
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        assert file.pages.first.samplesperpixel == samples
        check_schema(file.ome_metadata or "")


def test_a_large_image_gets_a_pyramid_of_means_in_subifds(tmp_path: Path) -> None:
    pixels = random_pixels((1, 2, 1, 2300, 1700))
    export_ome_tiff(ArraySource(pixels), tmp_path / "a.ome.tif")
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        levels = file.series[0].levels
        assert [level.shape[-2:] for level in levels] == [(2300, 1700), (1150, 850), (575, 425), (288, 213)]
        first = [level.keyframe for level in levels]
        assert all(page.is_tiled and page.compression == tifffile.COMPRESSION.ADOBE_DEFLATE for page in first)
    half = pixels[0, :, 0].reshape(2, 1150, 2, 850, 2).mean(axis=(2, 4))
    assert np.abs(read_back(tmp_path / "a.ome.tif", 1)[0, :, 0] - half).max() <= 0.5
    assert [path.name for path in tmp_path.iterdir()] == ["a.ome.tif"]


def test_levels_the_source_has_are_taken_as_they_are(tmp_path: Path) -> None:
    full, half = random_pixels((1, 1, 1, 1500, 1200)), random_pixels((1, 1, 1, 750, 600))
    export_ome_tiff(ArraySource(full, half), tmp_path / "a.ome.tif")
    np.testing.assert_array_equal(read_back(tmp_path / "a.ome.tif", 1), half)


def test_what_the_file_and_people_said_is_in_the_xml(tmp_path: Path) -> None:
    export_ome_tiff(ArraySource(random_pixels((2, 2, 3, 40, 30)), description=DESCRIBED), tmp_path / "a.ome.tif", description=SAID)
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        xml = file.ome_metadata or ""
    check_schema(xml)
    from ome_types import from_xml, model

    ome = from_xml(xml)
    image, annotations = ome.images[0], list(ome.structured_annotations or ())
    assert (image.name, image.description) == (SAID.name, SAID.description)
    maps = [a for a in annotations if isinstance(a, model.MapAnnotation)]
    assert [(m.k, m.value) for m in maps[0].value.ms] == list(SAID.key_values)
    assert [a.value for a in annotations if isinstance(a, model.TagAnnotation)] == ["mitosis"]
    assert [a.value for a in annotations if isinstance(a, model.CommentAnnotation)] == ["Nice one"]
    assert len(image.annotation_refs) == 3
    assert (ome.experimenters[0].first_name, ome.experimenters[0].last_name) == ("Ada B.", "Lovelace")


def test_our_reader_finds_what_the_source_described(tmp_path: Path) -> None:
    export_ome_tiff(ArraySource(random_pixels((2, 2, 3, 40, 30)), description=DESCRIBED), tmp_path / "a.ome.tif")
    with open_image_file(tmp_path / "a.ome.tif") as file:
        found = file.images[0].description
    assert found.name == "in the file"
    assert found.acquisition_date == DESCRIBED.acquisition_date
    sizes = [found.physical_size_x, found.physical_size_y, found.physical_size_z]
    assert [size and size.um for size in sizes] == pytest.approx([0.25, 0.25, 1.5])
    assert found.time_increment is not None
    assert found.time_increment.seconds == 120
    assert found.significant_bits == 12
    first, second = found.channels
    assert (first.name, first.color, first.fluor, first.excitation_nm, first.emission_nm) == ("DAPI", "0000FF", "Hoechst", 358, 461)
    assert (first.contrast_method, first.acquisition_mode) == ("Fluorescence", "LaserScanningConfocalMicroscopy")
    assert first.exposure_s == pytest.approx(0.1)
    assert (second.name, second.color, second.contrast_method) == ("µ", "FF8000", None)
    assert second.pinhole_um == pytest.approx(50)
    assert (found.objective["lens_na"], found.objective["nominal_magnification"], found.objective["immersion"]) == (1.4, 63, "Oil")
    assert found.instrument["model"] == "900"
    assert found.stage_position_um == (10.0, 20.0, None)


@pytest.mark.parametrize("dtype", ["uint64", "int64"])
def test_pixels_ome_tiff_does_not_have_are_refused(dtype: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="OME-Zarr"):
        export_ome_tiff(ArraySource(random_pixels((1, 1, 1, 4, 4), dtype)), tmp_path / "a.ome.tif")
    assert not list(tmp_path.iterdir())


def test_an_output_that_exists_is_refused_and_an_error_leaves_it_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "a.ome.tif"
    out.write_text("mine")
    source = ArraySource(random_pixels((1, 1, 1, 2100, 40)))
    with pytest.raises(OutputExists):
        export_ome_tiff(source, out)

    def stop(part: float) -> None:
        if part > 0.6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_ome_tiff(source, out, overwrite=True, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["a.ome.tif"]
    assert out.read_text() == "mine"
    export_ome_tiff(source, out, overwrite=True)
    np.testing.assert_array_equal(read_back(out), source.arrays[0])


def test_progress_rises_to_one(tmp_path: Path) -> None:
    seen: list[float] = []
    export_ome_tiff(ArraySource(random_pixels((1, 1, 1, 2100, 1100))), tmp_path / "a.ome.tif", progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_no_more_than_a_band_of_tiles_is_read_at_once(tmp_path: Path) -> None:
    source = ArraySource(random_pixels((1, 2, 3, 1000, 800)))
    export_ome_tiff(source, tmp_path / "a.ome.tif")
    assert all(region.shape.y <= 512 and region.shape[:3] == (1, 1, 1) for region, _ in source.reads)


@pytest.mark.parametrize("kind", ["czi", "lif", "nd2", "ome-tiff"])
def test_the_xml_of_every_sample_is_valid(samples: Path, kind: str) -> None:
    count = 0
    for path in sorted((samples / "files" / kind).rglob("*")):
        if path.suffix.lower() not in (".czi", ".lif", ".nd2", ".tif", ".tiff"):
            continue
        with open_image_file(path) as file:
            for source in file.images[:3]:
                check_schema(write_ome_xml(source, description=SAID))
                count += 1
    assert count


def test_a_size_of_zero_or_of_no_known_unit_is_left_out() -> None:
    described = ImageDescription(physical_size_x=Quantity(0, "µm"), physical_size_y=Quantity(1, "furlong"))
    source = ArraySource(np.zeros(Size(1, 1, 1, 2, 2), "uint8"), description=described)
    xml = write_ome_xml(source)
    check_schema(xml)
    assert "PhysicalSize" not in xml

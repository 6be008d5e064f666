"""OME-Zarr folders that the tests write: every version, labels, plates, collections, and what else Zarr allows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest
import zarr

from micrarium.errors import UnreadableFile
from micrarium.formats import find_filesets, open_image_file
from micrarium.geometry import Quantity, Region, Size
from micrarium.pixels.source import PlateDescription, WellPosition
from micrarium.testing.readers import ReaderTests

Array = np.ndarray[Any, np.dtype[Any]]
_UNITS = {"t": "second", "z": "micrometer", "y": "micrometer", "x": "micrometer"}
_TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}


def pixels(*shape: int, dtype: str = "uint16") -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(3).integers(0, 200, shape).astype(dtype)


def multiscale(axes: str, levels: int, *, name: str = "cells") -> dict[str, Any]:
    """The multiscales block of 0.4 and 0.5, with pixels of 0.5 µm."""
    said = [{"name": axis, "type": _TYPES[axis]} | ({"unit": _UNITS[axis]} if axis in _UNITS else {}) for axis in axes]
    scales = [[0.5 * 2**n if axis in "yx" else (2.0 if axis == "z" else 1.0) for axis in axes] for n in range(levels)]
    datasets = [
        {"path": str(n), "coordinateTransformations": [{"type": "scale", "scale": scale}]} for n, scale in enumerate(scales)
    ]
    return {"name": name, "axes": said, "datasets": datasets}


_OMERO = {
    "channels": [
        {"label": "DAPI", "color": "0000ff", "active": True, "window": {"min": 0, "max": 255, "start": 3, "end": 99}},
        {"label": "GFP", "color": "00FF00", "active": False, "window": {"min": 0, "max": 255, "start": 0, "end": 200}},
    ]
}


def write_image(
    path: Path, whole: Array, axes: str, *, version: str, levels: int = 2, extra: dict[str, Any] | None = None, **kwargs: Any
) -> Path:
    """An image of version 0.4 (Zarr v2) or 0.5 (Zarr v3)."""
    zarr_format: Any = 2 if version == "0.4" else 3
    group = zarr.open_group(str(path), mode="w", zarr_format=zarr_format)
    for level in range(levels):
        step = tuple(slice(None, None, 2**level if axis in "yx" else 1) for axis in axes)
        chunks = tuple(1 if axis in "tcz" else 32 for axis in axes)
        options = {"chunks": chunks, **({"dimension_separator": "/"} if zarr_format == 2 else {}), **kwargs}
        array = group.create_array(str(level), shape=whole[step].shape, dtype=whole.dtype, **_v2_options(options, zarr_format))
        array[...] = whole[step]
    block = multiscale(axes, levels)
    if version == "0.4":
        group.attrs.update({"multiscales": [block | {"version": version}], **(extra or {})})
    else:
        group.attrs.update({"ome": {"version": version, "multiscales": [block], **(extra or {})}})
    return path


def _v2_options(options: dict[str, Any], zarr_format: int) -> dict[str, Any]:
    separator = options.pop("dimension_separator", None)
    if zarr_format == 2 and separator:
        options["chunk_key_encoding"] = {"name": "v2", "separator": separator}
    return options


def image_04(folder: Path) -> Path:
    return write_image(folder / "a.ome.zarr", pixels(2, 2, 3, 70, 90), "tczyx", version="0.4", extra={"omero": _OMERO})


def image_05_sharded(folder: Path) -> Path:
    return write_image(
        folder / "b.ome.zarr", pixels(2, 2, 64, 96), "czyx", version="0.5", extra={"omero": _OMERO}, shards=(2, 2, 64, 64)
    )


def image_yx(folder: Path) -> Path:
    return write_image(folder / "flat.zarr", pixels(70, 90, dtype="float32"), "yx", version="0.5", levels=1)


def image_old(folder: Path) -> Path:
    """Version 0.1 names no axes; its arrays are always 5-D."""
    group = zarr.open_group(str(folder / "old.zarr"), mode="w", zarr_format=2)
    group.create_array("0", data=pixels(1, 2, 1, 40, 50), chunks=(1, 1, 1, 16, 16))
    group.attrs["multiscales"] = [{"version": "0.1", "datasets": [{"path": "0"}]}]
    return folder / "old.zarr"


def image_03(folder: Path) -> Path:
    group = zarr.open_group(str(folder / "three.zarr"), mode="w", zarr_format=2)
    group.create_array("0", data=pixels(3, 40, 50), chunks=(1, 16, 16))
    group.attrs["multiscales"] = [{"version": "0.3", "axes": ["z", "y", "x"], "datasets": [{"path": "0"}]}]
    return folder / "three.zarr"


def image_with_labels(folder: Path) -> Path:
    path = write_image(folder / "labelled.ome.zarr", pixels(2, 70, 90), "cyx", version="0.4", extra={"omero": _OMERO})
    zarr.open_group(str(path / "labels"), mode="w", zarr_format=2).attrs["labels"] = ["nuclei"]
    write_image(
        path / "labels" / "nuclei", pixels(70, 90, dtype="int32"), "yx", version="0.4", extra={"image-label": {"version": "0.4"}}
    )
    return path


def plate(folder: Path) -> Path:
    path = folder / "plate.ome.zarr"
    wells: list[dict[str, Any]] = [
        {"path": f"{row}/{column}", "rowIndex": r, "columnIndex": c}
        for r, row in enumerate("AB")
        for c, column in enumerate(("1", "2", "3"))
    ]
    block: dict[str, Any] = {
        "name": "screen",
        "rows": [{"name": "A"}, {"name": "B"}],
        "columns": [{"name": n} for n in "123"],
        "wells": wells[:4],
    }
    zarr.open_group(str(path), mode="w", zarr_format=3).attrs["ome"] = {"version": "0.5", "plate": block}
    for well in wells[:4]:
        images: list[Any] = [{"path": "0", "acquisition": 0}, {"path": "1", "acquisition": 0}]
        zarr.open_group(str(path / well["path"]), mode="w", zarr_format=3).attrs["ome"] = {
            "version": "0.5",
            "well": {"images": images},
        }
        for field in "01":
            write_image(path / well["path"] / field, pixels(2, 40, 50) + int(field), "cyx", version="0.5", levels=1)
    return path


_XML = """<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Instrument ID="Instrument:0">
<Objective ID="Objective:0" NominalMagnification="40" LensNA="0.95" Immersion="Air"/></Instrument>
<Image ID="Image:0" Name="first"><AcquisitionDate>2024-02-03T04:05:06</AcquisitionDate><ObjectiveSettings ID="Objective:0"/>
<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="50" SizeY="40" SizeZ="1" SizeC="1" SizeT="1" PhysicalSizeX="0.3">
<Channel ID="Channel:0:0" Name="TRITC"/></Pixels></Image></OME>"""


def collection(folder: Path) -> Path:
    path = folder / "collection.zarr"
    zarr.open_group(str(path), mode="w", zarr_format=2).attrs["bioformats2raw.layout"] = 3
    for name in "01":
        write_image(path / name, pixels(1, 1, 1, 40, 50) + int(name), "tczyx", version="0.4", levels=1)
    zarr.open_group(str(path / "OME"), mode="w", zarr_format=2).attrs["series"] = ["0", "1"]
    (path / "OME" / "METADATA.ome.xml").write_text(_XML)
    return path


class TestOmeZarr(ReaderTests):
    reader = "ome-zarr"
    paths = (image_04, image_05_sharded, image_yx, image_old, image_03, image_with_labels, plate, collection)


def _read(path: Path, index: int = 0) -> Array:
    with open_image_file(path) as opened:
        source = opened.images[index]
        return source.read(Region.whole(source.shape))


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_an_image_gives_back_what_was_written(version: str, tmp_path: Path) -> None:
    whole = pixels(2, 2, 3, 70, 90)
    path = write_image(tmp_path / "x.ome.zarr", whole, "tczyx", version=version, extra={"omero": _OMERO})
    np.testing.assert_array_equal(_read(path), whole)
    with open_image_file(path) as opened:
        about = opened.images[0].description
        assert (about.name, about.physical_size_x, about.physical_size_z) == (
            "cells",
            Quantity(0.5, "micrometer"),
            Quantity(2.0, "micrometer"),
        )
        assert [channel.name for channel in about.channels] == ["DAPI", "GFP"]
        assert [channel.color for channel in about.channels] == ["0000FF", "00FF00"]
        assert about.channels[0].window == (3.0, 99.0)
        assert [channel.active for channel in about.channels] == [True, False]
        assert opened.images[0].levels[1].shape == Size(2, 2, 3, 35, 45)


def test_the_chunk_of_a_shard_is_what_can_be_read_alone(tmp_path: Path) -> None:
    with open_image_file(image_05_sharded(tmp_path)) as opened:
        assert opened.images[0].levels[0].chunk == Size(1, 1, 1, 32, 32)


def test_labels_lie_over_their_image(tmp_path: Path) -> None:
    path = image_with_labels(tmp_path)
    with open_image_file(path) as opened:
        (label,) = opened.images[0].labels.values()
        assert label.description.is_label
        assert label.dtype == np.int32
        np.testing.assert_array_equal(label.read(Region.whole(label.shape))[0, 0, 0], pixels(70, 90, dtype="int32"))
    with open_image_file(path / "labels" / "nuclei") as opened:
        assert opened.images[0].description.is_label


def test_a_plate_has_its_wells_and_fields(tmp_path: Path) -> None:
    path = plate(tmp_path)
    with open_image_file(path) as opened:
        assert opened.plates == (PlateDescription("screen", 2, 3),)
        wells = [source.description.well for source in opened.images]
        assert wells[:3] == [WellPosition(0, 0, 0, 0), WellPosition(0, 0, 0, 1), WellPosition(0, 0, 1, 0)]
        assert wells[-1] == WellPosition(0, 1, 0, 1)
        np.testing.assert_array_equal(opened.images[1].read(Region.whole(opened.images[1].shape))[0, :, 0], pixels(2, 40, 50) + 1)
    with open_image_file(path / "A" / "2") as opened:
        assert len(opened.images) == 2
    (found,) = find_filesets([tmp_path])
    assert len(found.files) > 20


def test_a_collection_joins_its_images_with_its_ome_xml(tmp_path: Path) -> None:
    with open_image_file(collection(tmp_path)) as opened:
        first, second = opened.images
        assert first.description.objective["lens_na"] == 0.95
        assert first.description.acquisition_date is not None
        assert first.description.channels[0].name == "TRITC"
        assert first.description.physical_size_x == Quantity(0.5, "micrometer")
        assert second.description.objective == {}
        np.testing.assert_array_equal(second.read(Region.whole(second.shape)), pixels(1, 1, 1, 40, 50) + 1)


@pytest.mark.parametrize("options", [{"order": "F"}, {"compressors": numcodecs.LZMA()}, {"filters": numcodecs.Delta(dtype="<u2")}])
def test_codecs_filters_and_orders_of_zarr_v2_do_not_matter(options: dict[str, Any], tmp_path: Path) -> None:
    whole = pixels(2, 70, 90)
    np.testing.assert_array_equal(_read(write_image(tmp_path / "v2.zarr", whole, "cyx", version="0.4", **options))[0, :, 0], whole)


@pytest.mark.parametrize("dtype", ["bool", ">u2", ">f4", "int8", "uint64"])
def test_pixel_types_become_native(dtype: str, tmp_path: Path) -> None:
    whole = pixels(70, 90, dtype=dtype)
    path = write_image(tmp_path / "typed.zarr", whole, "yx", version="0.4", levels=1)
    with open_image_file(path) as opened:
        read = opened.images[0].read(Region.whole(opened.images[0].shape))
        assert read.dtype.isnative
        assert read.dtype == opened.images[0].dtype
    np.testing.assert_array_equal(read[0, 0, 0], whole)


def test_axes_in_another_order_are_put_right(tmp_path: Path) -> None:
    whole = pixels(90, 70, 2)
    path = write_image(tmp_path / "turned.zarr", whole, "xyc", version="0.5", levels=1)
    np.testing.assert_array_equal(_read(path)[0, :, 0], whole.transpose(2, 1, 0))


def test_chunks_that_were_never_written_are_the_fill_value(tmp_path: Path) -> None:
    path = write_image(tmp_path / "sparse.zarr", pixels(70, 90), "yx", version="0.5", levels=1, fill_value=5)
    for chunk in (path / "0" / "c").rglob("2"):
        if chunk.is_file():
            chunk.unlink()
    assert (_read(path)[0, 0, 0, :, 64:] == 5).all()


def test_a_damaged_chunk_is_told_only_when_it_is_read(tmp_path: Path) -> None:
    path = write_image(tmp_path / "hurt.zarr", pixels(70, 90), "yx", version="0.5", levels=1)
    (path / "0" / "c" / "2" / "2").write_bytes(b"nothing like a chunk")
    with open_image_file(path) as opened:
        source = opened.images[0]
        np.testing.assert_array_equal(
            source.read(Region(Size(0, 0, 0, 0, 0), Size(1, 1, 1, 32, 32)))[0, 0, 0], pixels(70, 90)[:32, :32]
        )
        with pytest.raises(UnreadableFile):
            source.read(Region.whole(source.shape))


def _rewrite(path: Path, **changes: Any) -> None:
    found = json.loads(path.read_text())
    path.write_text(json.dumps(found | changes))


def test_metadata_that_makes_no_sense_is_one_clear_line(tmp_path: Path) -> None:
    damages: list[dict[str, Any]] = [
        {"shape": [0, 5]},
        {"shape": [10**7] * 3},
        {"data_type": "fish"},
        {"chunk_grid": {}},
        {"node_type": "tree"},
    ]
    for number, changes in enumerate(damages):
        path = write_image(tmp_path / f"{number}.zarr", pixels(70, 90), "yx", version="0.5", levels=1)
        _rewrite(path / "0" / "zarr.json", **changes)
        with pytest.raises(UnreadableFile) as caught:
            open_image_file(path)
        assert "\n" not in caught.value.detail


def test_more_channels_than_an_image_can_have_are_no_image(tmp_path: Path) -> None:
    path = write_image(tmp_path / "many.zarr", pixels(2, 70, 90), "cyx", version="0.5", levels=1)
    _rewrite(path / "0" / "zarr.json", shape=[10**9, 70, 90])
    with pytest.raises(UnreadableFile, match="claims 1000000000 channels"):
        open_image_file(path)


def test_a_path_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "secret.zarr", pixels(70, 90), "yx", version="0.5", levels=1)
    path = write_image(tmp_path / "a.zarr", pixels(70, 90), "yx", version="0.5", levels=1)
    block = multiscale("yx", 1) | {"datasets": [{"path": "../secret.zarr/0"}]}
    _rewrite(path / "zarr.json", attributes={"ome": {"version": "0.5", "multiscales": [block]}})
    with pytest.raises(UnreadableFile, match="outside of itself"):
        open_image_file(path)


def test_a_zarr_group_without_images_is_told(tmp_path: Path) -> None:
    zarr.open_group(str(tmp_path / "table.zarr"), mode="w", zarr_format=3).attrs["what"] = "a table"
    with pytest.raises(UnreadableFile, match="no OME-Zarr image"):
        open_image_file(tmp_path / "table.zarr")

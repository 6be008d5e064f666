"""The conformance suite over every sample file, and their pixels against what other libraries read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from micrarium.actions.inspecting import hash_first_plane, inspect_file
from micrarium.errors import UnreadableFile
from micrarium.formats import open_image_file
from micrarium.geometry import Region
from micrarium.testing.readers import ReaderTests, check_damaged_copies
from micrarium.testing.samples import sample_folder

_SAMPLES = sample_folder(Path(__file__).resolve().parents[2])


def _found(*patterns: str) -> list[Path]:
    return [] if _SAMPLES is None else sorted(path for pattern in patterns for path in (_SAMPLES / "files").glob(pattern))


class TestCziSamples(ReaderTests):
    reader = "czi"
    damages = 2
    paths = _found("czi/*.czi")


class TestLifSamples(ReaderTests):
    reader = "lif"
    damages = 2
    paths = _found("lif/*.lif")


class TestNd2Samples(ReaderTests):
    reader = "nd2"
    damages = 2
    paths = _found("nd2/*.nd2")


class TestOmeTiffSamples(ReaderTests):
    reader = "ome-tiff"
    damages = 2
    paths = _found("ome-tiff/*.tif*")


class TestTiffSamples(ReaderTests):
    reader = "tiff"
    damages = 2
    paths = _found("tiff/**/*.tif", "tiff-codecs/*.tif", "lif/expected/*.tif")


class TestOmeZarrSamples(ReaderTests):
    reader = "ome-zarr"
    damages = 2
    paths = _found("ome-zarr/*.zarr", "ome-zarr/*/*.zarr")


class TestRasterSamples(ReaderTests):
    reader = "raster"
    damages = 2
    paths = _found("raster/*.png", "raster/*.jpg")


class TestMrcSamples(ReaderTests):
    reader = "mrc"
    damages = 4
    paths = _found("mrc/*")


class TestDmSamples(ReaderTests):
    reader = "dm"
    damages = 10
    paths = _found("dm/*")


class TestHdf5Samples(ReaderTests):
    reader = "hdf5"
    damages = 4
    paths = _found("ilastik-h5/*.h5", "ilastik-h5/*/*.h5")


class TestDicomSamples(ReaderTests):
    reader = "dicom"
    damages = 2
    paths = _found("dicom/*", "dicom-wsi/*.dcm", "dicom-wsi/openslide_boxes", "dicom-wsi/BPAEC/8_0")


def _whole(path: Path, index: int = 0) -> np.ndarray[Any, np.dtype[Any]]:
    with open_image_file(path) as opened:
        return opened.images[index].read(Region.whole(opened.images[index].shape))


@pytest.mark.parametrize("path", _found("lif/*.lif"), ids=lambda path: path.name)
def test_every_pixel_of_a_lif_file_is_as_liffile_reads_it(path: Path) -> None:
    import liffile

    with liffile.LifFile(path) as other, open_image_file(path) as opened:
        number = 0
        for image in other.images:
            axes, whole = image.dims, image.asarray()
            tiles = whole.shape[axes.index("M")] if "M" in axes else 1
            for tile in range(tiles):
                expected = whole.take(tile, axes.index("M")) if "M" in axes else whole
                mine = opened.images[number].read(Region.whole(opened.images[number].shape))
                # The slower axes come in different orders, so planes are compared as a set.
                assert sorted(map(bytes, mine.reshape(-1, *mine.shape[3:]))) == sorted(
                    map(bytes, expected.reshape(-1, *expected.shape[-2:]))
                )
                number += 1
        assert number == len(opened.images)


@pytest.mark.parametrize("path", _found("nd2/*.nd2"), ids=lambda path: path.name)
def test_every_pixel_of_an_nd2_file_is_as_nd2_reads_it(path: Path) -> None:
    import nd2

    mine = _whole(path)
    np.testing.assert_array_equal(mine.squeeze(), nd2.imread(path).squeeze())


@pytest.mark.parametrize("path", _found("mrc/*"), ids=lambda path: path.name)
def test_every_pixel_of_an_mrc_file_is_as_mrcfile_reads_it(path: Path) -> None:
    import mrcfile

    with mrcfile.open(path, permissive=True) as other:
        np.testing.assert_array_equal(_whole(path)[0, 0], other.data)


@pytest.mark.parametrize("path", _found("czi/*.czi"), ids=lambda path: path.name)
def test_every_pixel_of_a_czi_file_is_as_libczi_reads_it(path: Path) -> None:
    from pylibCZIrw import czi

    with czi.open_czi(str(path)) as other, open_image_file(path) as opened:
        scenes = other.scenes_bounding_rectangle or {0: other.total_bounding_rectangle}
        assert len(scenes) == len(opened.images)
        for source, scene in zip(opened.images, sorted(scenes), strict=True):
            for c in range(source.shape.c // source.samples):
                mine = source.read(Region.whole(source.shape)._replace(shape=source.shape))
                plane = {"T": source.shape.t - 1, "C": c, "Z": source.shape.z - 1}
                kwargs = {"scene": scene} if other.scenes_bounding_rectangle else {}
                expected = other.read(plane=plane, **kwargs)[..., :: -1 if source.samples == 3 else 1]
                got = mine[-1, c * source.samples : (c + 1) * source.samples, -1]
                np.testing.assert_array_equal(np.moveaxis(got, 0, -1), expected)


@pytest.mark.parametrize("path", _found("dicom/*", "dicom-wsi/BPAEC/5_0"), ids=lambda path: path.name)
def test_every_frame_of_a_dicom_file_is_as_pydicom_reads_it(path: Path) -> None:
    import pydicom
    from pydicom.pixels.utils import pixel_array

    told = pydicom.dcmread(path, force=True)
    told.file_meta.TransferSyntaxUID = told.file_meta.get("TransferSyntaxUID", pydicom.uid.ImplicitVRLittleEndian)
    expected = np.squeeze(pixel_array(told))
    if "TotalPixelMatrixRows" in told:  # three channels of three by three tiles, without any at the edges
        expected = expected.reshape(3, 3, 3, 1024, 1024).swapaxes(2, 3).reshape(3, 3072, 3072)[:, :2304]
    mine = _whole(path)[0]
    mine = mine.transpose(1, 2, 3, 0) if mine.shape[0] == 3 and expected.shape[-1] == 3 else mine
    np.testing.assert_array_equal(mine.squeeze(), expected)


@pytest.mark.parametrize("path", _found("ome-tiff/*.tif*", "tiff/**/*.tif", "tiff-codecs/*.tif"), ids=lambda path: path.name)
def test_every_pixel_of_a_tiff_file_is_as_tifffile_reads_it(path: Path) -> None:
    import tifffile

    with tifffile.TiffFile(path) as other, open_image_file(path) as opened:
        assert len(other.series) == len(opened.images)
        for source, series in zip(opened.images, other.series, strict=True):
            for level, lower in enumerate(series.levels):
                shape = source.levels[level].shape
                mine = source.read(Region.whole(shape), level=level)
                pages = mine.reshape(shape.t, shape.c // source.samples, source.samples, *mine.shape[2:])
                expected, axes = lower.asarray().astype(source.dtype), lower.axes.replace("I", "T").replace("Q", "T")
                order = [("TCSZYX").index(axis) for axis in axes]
                np.testing.assert_array_equal(
                    pages.transpose([*order, *[n for n in range(6) if n not in order]]).squeeze(), expected.squeeze()
                )


def _zarr_truth() -> Iterator[Any]:
    if _SAMPLES is not None:
        for name, truth in json.loads((_SAMPLES / "TRUTH.json").read_text())["files"].items():
            if truth.get("format", "").startswith("OME-Zarr"):
                for image in truth.get("images") or []:
                    yield pytest.param(_SAMPLES / name / image["path"], image, id=f"{Path(name).name}/{image['path']}")


@pytest.mark.parametrize(("path", "truth"), list(_zarr_truth()))
def test_an_ome_zarr_image_is_as_zarr_reads_it(path: Path, truth: dict[str, Any]) -> None:
    with open_image_file(path) as opened:
        source = opened.images[0]
        assert hash_first_plane(source) == truth["plane0_sha256_c0"]
        assert source.dtype == np.dtype(truth["dtype"])
        squeezed = [[size for size in level.shape if size > 1] for level in source.levels]
        assert squeezed == [[size for size in shape if size > 1] for shape in truth["shapes"]]


def _dataset_truth() -> Iterator[Any]:
    if _SAMPLES is not None:
        for name, truth in json.loads((_SAMPLES / "TRUTH.json").read_text())["files"].items():
            if truth.get("format") == "ilastik HDF5":
                yield pytest.param(_SAMPLES / name, truth["readers"]["h5py"]["datasets"][0], id=Path(name).name)


@pytest.mark.parametrize(("path", "truth"), list(_dataset_truth()))
def test_a_dataset_of_ilastik_is_as_h5py_reads_it(path: Path, truth: dict[str, Any]) -> None:
    whole = _whole(path)
    axes = [tag["key"] for tag in json.loads(truth["attrs"]["axistags"])["axes"]]
    stored = whole.transpose(
        [*("tczyx".index(axis) for axis in axes), *("tczyx".index(axis) for axis in "tczyx" if axis not in axes)]
    )
    assert list(stored.shape[: len(axes)]) == truth["shape"]
    assert hashlib.sha256(np.ascontiguousarray(stored).tobytes()).hexdigest() == truth["full_sha256"]


def _hashes(truth: Any) -> set[str]:
    """Every hash of a first plane that some independent reader found."""
    if isinstance(truth, dict):
        return set().union(*(_hashes(part) for part in truth.values()))
    if isinstance(truth, list):
        return set().union(*(_hashes(part) for part in truth))
    return {truth} if isinstance(truth, str) and len(truth) == 64 else set()


def _plane_truth() -> Iterator[Any]:
    if _SAMPLES is not None:
        for name, truth in json.loads((_SAMPLES / "TRUTH.json").read_text())["files"].items():
            kinds = ("czi", "lif", "nd2", "ome-tiff", "tiff", "tiff-codecs", "raster", "mrc", "dm", "dicom", "dicom-wsi")
            if name.split("/")[1] in kinds and truth.get("plane0"):
                told = [
                    truth["plane0"],
                    truth.get("also"),
                    [reader["series"][0] for reader in truth["readers"].values() if reader.get("series")],
                ]
                yield pytest.param(_SAMPLES / name, _hashes(told), id=name)


@pytest.mark.parametrize(("path", "hashes"), list(_plane_truth()))
def test_the_first_plane_is_as_an_independent_reader_found_it(path: Path, hashes: set[str]) -> None:
    assert inspect_file(path, with_hash=True)["images"][0]["plane_sha256"] in hashes


_KINDS = {
    "czi": ("czi/*.czi",),
    "lif": ("lif/*.lif",),
    "nd2": ("nd2/*.nd2",),
    "mrc": ("mrc/*",),
    "hdf5": ("ilastik-h5/*.h5", "ilastik-h5/*/*.h5"),
    "dm": ("dm/*",),
    "ome-tiff": ("ome-tiff/*.tif*",),
    "tiff": ("tiff/**/*.tif", "tiff-codecs/*.tif"),
    "ome-zarr": ("ome-zarr/*.zarr",),
    "raster": ("raster/*.png", "raster/*.jpg"),
    "dicom": ("dicom/*", "dicom-wsi/*.dcm", "dicom-wsi/openslide_boxes", "dicom-wsi/BPAEC/8_0"),
}


@pytest.mark.soak
@pytest.mark.parametrize(("reader", "path"), [(reader, path) for reader, patterns in _KINDS.items() for path in _found(*patterns)])
def test_many_damaged_copies_are_read_or_told_in_one_line(reader: str, path: Path, tmp_path: Path) -> None:
    check_damaged_copies(path, tmp_path / "damaged", reader=reader, count=200)


@pytest.mark.parametrize("path", _found("malformed/*"), ids=lambda path: path.name)
def test_a_malformed_sample_is_read_or_told_in_one_line(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        assert inspect_file(path, with_hash=True)["images"]
    except UnreadableFile as error:
        assert "\n" not in error.detail  # noqa: PT017 (either outcome is right)
        assert path.name in error.detail  # noqa: PT017
    assert capfd.readouterr() == ("", "")

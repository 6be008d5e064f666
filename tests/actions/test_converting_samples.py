"""Every sample of a format that is read is converted, and its pixels are those of the file, stored and live."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import imagecodecs
import numpy as np

from micrarium.actions.converting import convert_file
from micrarium.errors import UnreadableFile
from micrarium.formats import open_image_file
from micrarium.geometry import Region
from micrarium.pixels.live import LiveImage
from micrarium.pixels.source import ImageFile, Source
from micrarium.pixels.stored import StoredImage

FOLDERS = ("ome-tiff", "tiff", "czi", "lif", "nd2", "ome-zarr", "raster", "mrc", "dm", "ilastik-h5")
LARGEST_FILE_BYTES = 25_000_000
LARGEST_PLANES = 12


def sample_paths(samples: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((samples / "files" / folder).iterdir()):
            if path.is_dir() or path.stat().st_size < LARGEST_FILE_BYTES:
                yield path


def image_paths(out: Path, count: int) -> list[Path]:
    """Where the images of a converted file are, in the file's order."""
    ome = json.loads((out / "zarr.json").read_text())["attributes"]["ome"]
    if "multiscales" in ome:
        return [out]
    if "plate" in ome:
        return sorted(path.parent for path in out.glob("*/*/*/zarr.json"))
    series = json.loads((out / "OME" / "zarr.json").read_text())["attributes"]["ome"]["series"]
    assert len(series) == count
    return [out / path for path in series]


def some_planes(source: Source) -> Iterator[Region]:
    shape = source.shape
    numbers = np.linspace(0, shape.t * shape.c * shape.z - 1, min(LARGEST_PLANES, shape.t * shape.c * shape.z)).astype(int)
    for number in numbers:
        t, c, z = np.unravel_index(int(number), shape[:3])
        yield Region.plane(shape, t=int(t), c=int(c), z=int(z))


def assert_live_chunks_are_crops(source: Source) -> None:
    live = LiveImage(source)
    assert live.get("zarr.json") is not None
    for number, level in enumerate(source.levels):
        chunk = live.layout(number).chunk
        for index in ((0, 0, 0, 0, 0), tuple((n - 1) // c for n, c in zip(level.shape, chunk, strict=True))):
            key = "c/" + "/".join(map(str, index))
            region = live.chunk_region(number, key)
            value = live.get(f"{number}/{key}")
            assert region is not None
            assert value is not None
            found = np.frombuffer(imagecodecs.blosc_decode(value), source.dtype.newbyteorder("<")).reshape(chunk)
            expected = source.read(region, level=number)
            np.testing.assert_array_equal(found[tuple(slice(0, n) for n in expected.shape)], expected)


def assert_stored_pixels_are_those_of(file: ImageFile, out: Path) -> None:
    paths = image_paths(out, len(file.images))
    assert len(paths) == len(file.images)
    if len(file.plates) == 1:  # the file's order of wells may be another
        return
    for source, path in zip(file.images, paths, strict=True):
        stored = StoredImage(path)
        assert stored.shape == source.shape
        assert stored.dtype == source.dtype.newbyteorder("=")
        for region in some_planes(source):
            np.testing.assert_array_equal(stored.read(region), source.read(region))


def check_sample(file: ImageFile, path: Path, out: Path) -> None:
    convert_file(path, out)
    assert_stored_pixels_are_those_of(file, out)
    for source in file.images[:3]:
        if math.prod(source.levels[0].shape[3:]) < 5e7:
            assert_live_chunks_are_crops(source)


def test_every_sample_is_converted_and_served_with_its_own_pixels(samples: Path, tmp_path: Path) -> None:
    converted = 0
    for path in sample_paths(samples):
        try:
            file = open_image_file(path)
        except UnreadableFile:
            continue  # what is read, and why not, is for the tests of formats
        try:
            with file:
                check_sample(file, path, tmp_path / f"{converted}.ome.zarr")
        except Exception as error:
            error.add_note(f"while converting {path}")
            raise
        converted += 1
    assert converted > 20

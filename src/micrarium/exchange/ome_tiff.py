"""OME-TIFF: tiled, deflated, with a pyramid in SubIFDs, written tile by tile."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.errors import InvalidInput
from micrarium.exchange.descriptions import CrateDescription
from micrarium.exchange.ome_xml import write_ome_xml
from micrarium.exchange.staging import staged_file
from micrarium.geometry import Region, Size
from micrarium.pixels.pyramids import PyramidSource, build_pyramid
from micrarium.pixels.source import Source
from micrarium.pixels.writing import Progress

Array = np.ndarray[Any, np.dtype[Any]]

_TILE = 512
#: Images whose lowest level is larger than this get more levels.
_LARGEST_LAST_LEVEL = 1024
#: A row of tiles is read at once up to this size, so that strips and planes are not decoded anew for each tile.
_BAND_BYTES = 64 * 2**20
#: Classic TIFF ends at 4 GiB; compression seldom makes pixels larger, and then by little.
_LARGEST_CLASSIC_BYTES = 3_900_000_000
_THREADS = 2
#: Tiles waiting for compression hold at most this much; tifffile's own limit is half a gigabyte.
_BUFFER_BYTES = 16 * 2**20
#: Of building the missing levels and writing the file, the part that building takes in the progress that is shown.
_BUILDING_PART = 0.5


def export_ome_tiff(
    source: Source,
    out: Path,
    *,
    description: CrateDescription | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Writes one image as OME-TIFF to ``out``, which appears when it is complete, or not at all.

    Pixels are as the source gives them; booleans become ``uint8`` and ``float16`` becomes ``float32``, which TIFF's
    readers know. Key-values, tags and comments of ``description`` become annotations. Memory does not depend on the size
    of the image. Raises ``OutputExists``, and ``InvalidInput`` for 64-bit integers, which OME-TIFF does not have.
    """
    dtype = stored_type(source.dtype)
    # The header is made first, so that what cannot be written is said before any work.
    header = write_ome_xml(source, dtype=dtype, description=description).encode("utf-8")
    with staged_file(out, overwrite=overwrite) as work, _with_levels(source, out.parent, progress) as (whole, report):
        _write_file(whole, work, header, dtype=dtype, progress=report)
        if progress is not None:
            progress(1.0)


def stored_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The pixel type an image of this type has in OME-TIFF; ``InvalidInput`` where there is none."""
    if dtype.kind == "b":
        return np.dtype("uint8")
    if dtype == np.float16:
        return np.dtype("float32")
    if dtype.kind in "iu" and dtype.itemsize > 4:
        raise InvalidInput(f"OME-TIFF has no pixels of type {dtype.name}; export the image as OME-Zarr", field="format")
    return dtype


@contextmanager
def _with_levels(source: Source, folder: Path, progress: Progress | None) -> Iterator[tuple[Source, Progress | None]]:
    """The source with levels down to a small one, some of them built beside the output where it lacks them."""
    last = source.levels[-1].shape
    if max(last.y, last.x) <= _LARGEST_LAST_LEVEL:
        yield source, progress
        return
    first = (lambda part: progress(part * _BUILDING_PART)) if progress else None
    rest = (lambda part: progress(_BUILDING_PART + part * (1 - _BUILDING_PART))) if progress else None
    with tempfile.TemporaryDirectory(prefix=".pyramid.", dir=folder) as scratch:
        path = Path(scratch) / "levels.zarr"
        build_pyramid(source, path, progress=first)
        yield PyramidSource(source, path), rest


def _write_file(source: Source, path: Path, header: bytes, *, dtype: np.dtype[Any], progress: Progress | None) -> None:
    import tifffile

    levels = _usable_levels(source)
    shapes = [source.levels[level].shape for level in levels]
    is_big = sum(math.prod(shape) for shape in shapes) * dtype.itemsize > _LARGEST_CLASSIC_BYTES
    is_rgb = source.samples in (3, 4) and dtype.kind == "u" and dtype.itemsize <= 2
    total, done = sum(math.prod(shape) for shape in shapes), 0

    def count(pixels: int) -> None:
        nonlocal done
        done += pixels
        if progress is not None:
            progress(done / total)

    with tifffile.TiffWriter(path, bigtiff=is_big, ome=False, byteorder="<") as writer:
        for number, level in enumerate(levels):
            tile = _tile_shape(shapes[number])
            writer.write(
                _cut_tiles(source, level, tile, dtype, count),
                shape=_page_shape(shapes[number], source.samples),
                dtype=dtype,
                tile=tile,
                compression="zlib",
                predictor=dtype.kind in "iu",
                photometric="rgb" if is_rgb else "minisblack",
                planarconfig="contig" if source.samples > 1 else None,
                extrasamples=_extra_samples(source.samples, is_rgb=is_rgb),
                subifds=len(levels) - 1 if number == 0 else None,
                subfiletype=0 if number == 0 else 1,
                description=header if number == 0 else None,
                metadata=None,
                software="Micrarium" if number == 0 else None,
                maxworkers=_THREADS,
                buffersize=_BUFFER_BYTES,
            )


def _usable_levels(source: Source) -> list[int]:
    """The levels that a pyramid of SubIFDs can hold: smaller in y and x only, each smaller than the one before."""
    found = [0]
    for level in range(1, len(source.levels)):
        shape, above = source.levels[level].shape, source.levels[found[-1]].shape
        if shape[:3] == above[:3] and (shape.y, shape.x) != (above.y, above.x) and shape.y <= above.y and shape.x <= above.x:
            found.append(level)
    return found


def _tile_shape(shape: Size) -> tuple[int, int]:
    """The sides of a tile, multiples of 16 as TIFF requires."""
    return min(_TILE, -(-shape.y // 16) * 16), min(_TILE, -(-shape.x // 16) * 16)


def _page_shape(shape: Size, samples: int) -> tuple[int, ...]:
    pages = shape.t * shape.z * (shape.c // samples)
    return (pages, shape.y, shape.x) if samples == 1 else (pages, shape.y, shape.x, samples)


def _extra_samples(samples: int, *, is_rgb: bool) -> tuple[str, ...] | None:
    if is_rgb:
        return ("unassalpha",) if samples == 4 else None
    return ("unspecified",) * (samples - 1) or None


def _cut_tiles(source: Source, level: int, tile: tuple[int, int], dtype: np.dtype[Any], count: Any) -> Iterator[Array]:
    """All tiles of a level in the order of the file: by t, z, channel, then row by row; filled up with zeros at the edges."""
    shape, samples = source.levels[level].shape, source.samples
    width = shape.x if shape.x * tile[0] * samples * dtype.itemsize <= _BAND_BYTES else tile[1]
    for t in range(shape.t):
        for z in range(shape.z):
            for c in range(0, shape.c, samples):
                for y in range(0, shape.y, tile[0]):
                    for x in range(0, shape.x, width):
                        size = Size(1, samples, 1, min(tile[0], shape.y - y), min(width, shape.x - x))
                        band = source.read(Region(Size(t, c, z, y, x), size), level=level)[0, :, 0]
                        yield from _split_band(band.astype(dtype, copy=False), tile)
                        count(math.prod(size))


def _split_band(band: Array, tile: tuple[int, int]) -> Iterator[Array]:
    samples, height, width = band.shape
    for x in range(0, width, tile[1]):
        part = band[:, :, x : x + tile[1]]
        whole = np.zeros((*tile, samples), band.dtype)
        whole[:height, : part.shape[2]] = np.moveaxis(part, 0, -1)
        yield whole if samples > 1 else whole[..., 0]

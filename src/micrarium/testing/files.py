"""Real image files for tests: small, and with pixels that tell where they belong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from micrarium.geometry import Quantity
from micrarium.pixels.source import ChannelDescription, ImageDescription, PlateDescription, WellPosition
from micrarium.pixels.writing_files import write_image_file
from micrarium.testing.sources import ArrayFile, ArraySource

Array = np.ndarray[Any, np.dtype[Any]]

_UM = Quantity(0.5, "µm")


def numbered_pixels(*shape: int, dtype: str = "uint16", seed: int = 0) -> Array:
    """An array in which hardly two pixels are alike."""
    generator = np.random.default_rng(seed)
    return generator.integers(0, 1000, shape).astype(dtype)


def write_ome_tiff(path: Path, pixels: Array, *, names: tuple[str, ...] = ()) -> Path:
    """An OME-TIFF of pixels along ``tczyx``, half a micrometre each."""
    import tifffile

    channels = {"Channel": {"Name": list(names)}} if names else {}
    size: dict[str, Any] = {"PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.5, "PhysicalSizeYUnit": "µm"}
    tifffile.imwrite(path, pixels, ome=True, photometric="minisblack", metadata={"axes": "TCZYX", **channels, **size})
    return path


def write_big_tiff(path: Path, side: int = 4096) -> tuple[Path, Array]:
    """A tiled TIFF without lower resolutions, and its pixels."""
    import tifffile

    pixels = numbered_pixels(side, side, dtype="uint8")
    tifffile.imwrite(path, pixels, tile=(256, 256), photometric="minisblack", compression="zlib")
    return path, pixels


def write_rgb_png(path: Path, *, height: int = 40, width: int = 60) -> tuple[Path, Array]:
    """A colour picture and its pixels (y, x, 3)."""
    from PIL import Image

    pixels = numbered_pixels(height, width, 3, dtype="uint8")
    Image.fromarray(pixels).save(path)
    return path, pixels


def write_ome_zarr(path: Path, pixels: Array, *, label: Array | None = None) -> Path:
    """An OME-Zarr of pixels along ``tczyx`` with named channels, and with ``label`` over them as ``cells``."""
    names = ("DNA", "Actin", "Tubulin")[: pixels.shape[1]]
    channels = tuple(ChannelDescription(name=name) for name in names)
    described = ImageDescription(name=path.stem, channels=channels, physical_size_x=_UM, physical_size_y=_UM)
    labels = {} if label is None else {"cells": ArraySource(label, description=ImageDescription(is_label=True))}
    write_image_file(ArrayFile(ArraySource(pixels, description=described, labels=labels)), path)
    return path


def write_plate(
    path: Path, *, wells: tuple[tuple[int, int], ...] = ((0, 0), (0, 1), (1, 11)), fields: int = 2, seed: int = 0
) -> Path:
    """An OME-Zarr plate of 8 x 12 wells, some of which have images; those of two runs where there are two fields.

    A plate of another ``seed`` has other pixels, so that a server does not take the two for the same file.
    """
    images = []
    for number, (row, column) in enumerate(wells):
        for field in range(fields):
            pixels = numbered_pixels(1, 2, 1, 32, 48, seed=seed + 100 * number + field)
            position = WellPosition(0, row, column, field)
            images.append(ArraySource(pixels, description=ImageDescription(name=f"{row}-{column}-{field}", well=position)))
    write_image_file(ArrayFile(*images, plates=(PlateDescription("Screen 7", 8, 12),)), path)
    return path


_DEADLY_READER = """
import ctypes, os, time
from micrarium.errors import UnreadableFile

class DeadlyReader:
    name, suffixes, version = "deadly", (".img",), "1"

    def recognises(self, head, path):
        return head.startswith(b"DEADLY ")

    def open(self, path):
        deed = path.read_bytes().split()[1].decode()
        if opened := getattr(self, deed)():
            return opened
        raise UnreadableFile(f"{path.name} is of no use")

    def segfault(self):
        ctypes.string_at(0)

    def abort(self):
        os.abort()

    def exit(self):
        os._exit(7)

    def fill(self):
        held = [bytearray(64 << 20) for _ in range(1000)]

    def crawl(self):
        import numpy
        from micrarium.testing.sources import ArrayFile, ArraySource

        class Slow(ArraySource):
            def read(self, region, *, level=0):
                time.sleep(0.6)
                return super().read(region, level=level)

        return ArrayFile(*(Slow(numpy.zeros((1, 1, 1, 8, 8), "uint8")) for _ in range(4)))

    def hang(self):
        time.sleep(1000)

    def print(self):
        print('{"result": null}', flush=True)
        os.write(1, b'{"result": null}')

    def environment(self):
        raise UnreadableFile(f"{os.getpid()} {os.environ}"[:100_000])
"""


def write_deadly_reader(folder: Path) -> Path:
    """A folder for ``PYTHONPATH`` in which a reader is installed: of files ``DEADLY DEED``, which do to it what they say."""
    told = folder / "deadly_reader-1.0.dist-info"
    told.mkdir(parents=True)
    (folder / "deadly_reader.py").write_text(_DEADLY_READER, encoding="utf-8")
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: deadly-reader\nVersion: 1.0\n", encoding="utf-8")
    (told / "entry_points.txt").write_text("[micrarium.formats]\ndeadly = deadly_reader:DeadlyReader\n", encoding="utf-8")
    return folder

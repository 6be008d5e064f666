"""The image of an MRC file: its header, how its axes lie, and what the header and its extension say in OME's terms.

Layout: "The MRC2014 file format" (CCP-EM), and IMOD's notes on its own use of the header.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from mrcfile.dtypes import HEADER_DTYPE, get_ext_header_dtype

from micrarium.errors import UnreadableFile
from micrarium.formats.mrc import HEADER_BYTES, byte_order
from micrarium.formats.opening import read_head
from micrarium.formats.spooling import Spool, first_bytes, is_compressed
from micrarium.formats.strided import Block, BlockSource, StridedFile, check_holds, packed_block
from micrarium.geometry import Quantity, Size
from micrarium.pixels.source import ChannelDescription, ImageDescription

Array = np.ndarray[Any, np.dtype[Any]]
_TYPES = {0: "i1", 1: "i2", 2: "f4", 4: "c8", 6: "u2", 12: "f2", 16: "u1"}
_IMOD_STAMP, _SIGNED_BYTES = 1146047817, 1
_LARGEST_EXTENSION_BYTES = 256 << 20
_LARGEST_KEPT_EXTENSION_BYTES = 16 << 20
_LONGEST_VALUE = 65536
_OLE_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)


class MrcFile(StridedFile):
    """An opened MRC file: one image."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        head = first_bytes(path, HEADER_BYTES)
        order = byte_order(head)
        if len(head) < HEADER_BYTES or not order:
            raise UnreadableFile(f"{path.name} is damaged or cut short: its first 1024 bytes are no header of an MRC file")
        self.header = np.frombuffer(head, HEADER_DTYPE.newbyteorder(order))[0]
        extension_bytes = int(self.header["nsymbt"])
        if not 0 <= extension_bytes <= _LARGEST_EXTENSION_BYTES:
            raise UnreadableFile(f"{path.name} is damaged: its extended header claims {extension_bytes} bytes")
        kept = min(extension_bytes, _LARGEST_KEPT_EXTENSION_BYTES)
        self.extension = _read_extension(first_bytes(path, HEADER_BYTES + kept)[HEADER_BYTES:], self.header, order)
        block = _lay_out(path, self.header, order)
        if is_compressed(read_head(path)):
            self.descriptors = Spool(path, block.end)  # before the source is made, which reads by it
        else:
            check_holds(path, block, path.stat().st_size)
        self.images = (BlockSource(self, 0, block, _describe(path, self.header, self.extension, block)),)

    def original_metadata(self) -> dict[str, str]:
        """Every field of the header and of an extended header of FEI; a field of many sections holds all their values."""
        found: dict[str, str] = {}
        for name in self.header.dtype.names:
            if name not in ("extra1", "extra2", "label", "map"):
                found[name] = _text(self.header[name])
        found |= {f"label {number + 1}": text for number, text in enumerate(_labels(self.header))}
        for name, values in self.extension.items():
            same = len(values) == 1 or bool((values == values[0]).all())
            found[f"extended header.{name}"] = ", ".join(_text(one) for one in (values[:1] if same else values))[:_LONGEST_VALUE]
        return found


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.split(b"\0")[0].decode("latin-1").strip()
    if isinstance(value, np.void):
        return ", ".join(str(part) for part in value.tolist())
    return ", ".join(str(part) for part in value.tolist()) if isinstance(value, np.ndarray) else str(value)


def _labels(header: Any) -> list[str]:
    return [text for text in (_text(bytes(label)) for label in header["label"]) if text]


def _lay_out(path: Path, header: Any, order: str) -> Block:
    """Where the pixels lie; axes by the header's map of columns, rows and sections."""
    mode = int(header["mode"])
    if mode not in _TYPES:
        raise UnreadableFile(f"{path.name} holds pixels of mode {mode}, which cannot be read; modes 0, 1, 2, 4, 6, 12 and 16 can")
    kind = "u1" if mode == 0 and _holds_unsigned_bytes(header, order) else _TYPES[mode]
    sizes = [int(header[name]) for name in ("nx", "ny", "nz")]
    codes = [int(header[name]) for name in ("mapc", "mapr", "maps")]
    codes = codes if sorted(codes) == [1, 2, 3] else [1, 2, 3]
    named = dict(zip(("xyz"[code - 1] for code in codes), sizes, strict=True))
    stored = "".join("xyz"[code - 1] for code in reversed(codes))  # the slowest first
    t, z = _volumes(header, named["z"], stored)
    shape = Size(t, 3 if mode == 16 else 1, z, named["y"], named["x"])
    axes = f"t{stored}c" if mode == 16 else f"tc{stored}"
    start = HEADER_BYTES + int(header["nsymbt"])
    return packed_block(start, shape, np.dtype(order + kind), axes, samples=3 if mode == 16 else 1)


def _holds_unsigned_bytes(header: Any, order: str) -> bool:
    """IMOD marks its files and says whether their bytes are signed; in all others the standard holds: they are."""
    stamp, flags = np.frombuffer(header["extra2"].tobytes()[40:48], np.dtype(f"{order}i4"))
    return bool(stamp == _IMOD_STAMP and not flags & _SIGNED_BYTES)


def _volumes(header: Any, sections: int, stored: str) -> tuple[int, int]:
    """How many volumes or images of a stack there are, and the sections of each."""
    group, depth = int(header["ispg"]), int(header["mz"])
    is_stack = (401 <= group <= 630 and 0 < depth < sections) or (group == 0 and depth == 1)
    if stored[0] == "z" and is_stack and sections % depth == 0:
        return sections // depth, depth
    return 1, sections


def _read_extension(data: bytes, header: Any, order: str) -> dict[str, Array]:
    """The fields of an extended header that FEI wrote, a value for each section; nothing of any other kind."""
    with suppress(ValueError, KeyError, TypeError):
        dtype = get_ext_header_dtype(bytes(header["exttyp"]), order)
        if dtype is not None and dtype.names and len(data) >= dtype.itemsize:
            (size,) = np.frombuffer(data[:4], np.dtype(f"{order}i4")).tolist()
            count = min(len(data) // max(size, dtype.itemsize), max(1, int(header["nz"])))
            records = np.ndarray((count,), dtype, buffer=data, strides=(max(size, dtype.itemsize),))
            return {name: records[name] for name in dtype.names}
    return {}


def _describe(path: Path, header: Any, extension: dict[str, Array], block: Block) -> ImageDescription:
    told = {name: values[0] for name, values in extension.items()}
    found: dict[str, Any] = {"name": path.stem.removesuffix(".mrc").removesuffix(".map"), "description": "\n".join(_labels(header))}
    for axis, grid in zip("xyz", ("mx", "my", "mz"), strict=True):
        cell, steps = float(header["cella"][axis]), int(header[grid])
        size = cell / steps if steps > 0 and np.isfinite(cell) else 0.0
        pixel = _number(told.get(f"Pixel size {axis.upper()}"))
        is_deep = axis != "z" or block.shape.z > 1
        if size > 0 and is_deep:
            found[f"physical_size_{axis}"] = Quantity(size, "Å")
        elif pixel and pixel > 0:
            found[f"physical_size_{axis}"] = Quantity(pixel * 1e9, "nm")
    exposure = _number(told.get("Integration time"))
    channels = block.shape.c // block.samples
    found["channels"] = (ChannelDescription(exposure_s=exposure if exposure and exposure > 0 else None),) * channels
    return ImageDescription(**found, **_describe_microscope(told))


def _number(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _describe_microscope(told: dict[str, Any]) -> dict[str, Any]:
    """What FEI's extended header says of the microscope and of the moment of the first section."""
    if not told:
        return {}
    found: dict[str, Any] = {}
    names = {"model": "Microscope type", "serial_number": "D-Number", "software": "Application"}
    found["instrument"] = {key: text for key, name in names.items() if (text := _text(told[name]))}
    magnification = _number(told["Magnification"])
    found["objective"] = {"nominal_magnification": magnification} if magnification and magnification > 0 else {}
    stage = [_number(told[f"{axis}-Stage"]) for axis in "XYZ"]
    if any(stage):
        x, y, z = (None if value is None else value * 1e6 for value in stage)
        found["stage_position_um"] = (x, y, z)
    with suppress(OverflowError, ValueError):
        days = _number(told["Timestamp"])
        found["acquisition_date"] = _OLE_EPOCH + timedelta(days=days) if days and days > 0 else None
    return found
